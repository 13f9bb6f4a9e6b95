"""The coding is told from the codes of all masks, or asked for."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageFilter

from imageseg.masks import DUBAI, Census, guess_coding


def census(*codes: int, counts: int = 100) -> Census:
    return Census.of(np.repeat(np.array(codes, np.int64), counts)[None])


@pytest.mark.parametrize(
    ("codes", "n_classes", "coding", "found"),
    [
        ((0, 1), None, "ids", 2),
        ((0,), None, "ids", 2),
        ((0, 1, 2, 3), None, "ids", 4),
        ((1, 2, 3), None, "labels", 3),
        ((0, 255), None, "binary", 2),
        ((0, 200), None, "binary", 2),
        ((255,), None, "binary", 2),
        ((0, 1, 2), 3, "ids", 3),
        ((0, 2), 3, "ids", 3),
        ((1, 2, 3), 3, "labels", 3),
        ((0, 1, 2, 3), 3, "labels", 3),
        ((0, 255), 2, "binary", 2),
        ((0, 65535), 2, "binary", 2),
    ],
)
def test_what_is_plain_is_known(
    codes: tuple[int, ...], n_classes: int | None, coding: str, found: int
) -> None:
    guess = guess_coding(census(*codes), n_classes)

    assert guess.sure
    assert str(guess.coding) == coding
    assert guess.n_classes == found


@pytest.mark.parametrize(
    ("codes", "n_classes", "coding"),
    [
        ((0, 128, 255), 3, "0,128,255"),
        ((0, 128, 255), None, "0,128,255"),
        ((0, 32, 64, 96), 4, "0,32,64,96"),
        ((5, 9), 2, "5,9"),
        ((0, 1, 2, 255), 3, "ids,void=255"),
        ((0, 1, 255), 2, "ids,void=255"),
        ((0, 1, 2, 255), None, "ids,void=255"),
        ((0, 15, 255), None, "ids,void=255"),
        ((0, 15, 255), 21, "ids,void=255"),
        ((2, 7, 15, 255), None, "ids,void=255"),
        ((0, 1, 8, 12, 20, 255), 21, "ids,void=255"),
        ((1, 255), 2, "ids,void=255"),
        ((0, 3, 65535), None, "ids,void=65535"),
        (tuple(range(31)), 2, "binary,threshold=1"),
    ],
)
def test_what_is_probable_is_proposed(
    codes: tuple[int, ...], n_classes: int | None, coding: str
) -> None:
    guess = guess_coding(census(*codes), n_classes)

    assert not guess.sure
    assert str(guess.coding) == coding
    assert str(codes[-1]) in guess.reason


@pytest.mark.parametrize(
    ("codes", "n_classes"),
    [
        ((0, 128, 255), 2),
        ((0, 128, 255), 4),
        ((-1, 0, 1), 2),
        ((-1, 200), 2),
        ((0, 15, 255), 2),
    ],
)
def test_what_nothing_explains_is_described(
    codes: tuple[int, ...], n_classes: int
) -> None:
    guess = guess_coding(census(*codes), n_classes)

    assert guess.coding is None
    assert f"the values {', '.join(map(str, codes))}" in guess.reason


def test_labels_that_begin_at_1_and_labels_with_0_are_told_to_people() -> None:
    one_based = guess_coding(census(1, 2), 2)
    assert one_based.odd
    assert one_based.reason.endswith("1 is class 1")
    doubtful = guess_coding(census(0, 1, 2), 2)
    assert doubtful.odd
    assert "0 is read as not annotated" in doubtful.reason


def test_masks_of_which_none_holds_both_0_and_the_last_class_are_asked_about() -> None:
    mixed = guess_coding(census(0, 1) + census(1, 2), 2)
    whole = guess_coding(census(0, 1) + census(0, 1, 2), 2)

    assert str(mixed.coding) == str(whole.coding) == "labels"
    assert (mixed.sure, whole.sure) == (False, True)
    assert "none holds both 0 and 2" in mixed.reason


def test_small_areas_of_other_values_are_not_taken_for_soft_edges() -> None:
    values = np.zeros((200, 200), np.uint8)
    values[:100] = 255
    soft = values.copy()
    soft[99] = 120  # an edge of one row
    values[150:160, 50:60] = 120

    assert guess_coding(Census.of(soft), 2).sure
    assert not guess_coding(Census.of(values), 2).sure


@pytest.mark.parametrize("quality", [75, 95])
def test_the_noise_of_jpeg_is_not_taken_for_ids(quality: int) -> None:
    values = np.zeros((64, 64), np.uint8)
    values[20:43, 11:37] = 255
    file = io.BytesIO()
    Image.fromarray(values).save(file, "jpeg", quality=quality)

    guess = guess_coding(Census.of(np.asarray(Image.open(file))), 2)

    assert guess.sure
    assert str(guess.coding) == "binary"


@pytest.mark.parametrize("how", ["jpeg", "blurred", "resized"])
def test_soft_masks_are_black_and_white(how: str, rng: np.random.Generator) -> None:
    sharp = rng.random((16, 16)) < 0.4
    values = np.kron(sharp, np.ones((17, 17))).astype(np.uint8) * 255
    picture = Image.fromarray(values)
    if how == "jpeg":
        file = io.BytesIO()
        picture.save(file, "jpeg")
        picture = Image.open(file)
    elif how == "blurred":
        picture = picture.filter(ImageFilter.GaussianBlur(4))
    else:
        picture = picture.resize((100, 100), Image.Resampling.BICUBIC)
    values = np.asarray(picture)

    guess = guess_coding(Census.of(values), 2)

    assert guess.sure
    assert guess.odd
    assert str(guess.coding) == "binary"
    grey = len(set(values.ravel().tolist()) - {0, 255})
    assert f"{grey} grey levels besides black and white" in guess.reason


def test_soft_masks_of_16_bits_are_split_in_their_own_middle() -> None:
    values = np.linspace(0, 65535, 3000).astype(np.uint16)[None]

    guess = guess_coding(Census.of(np.append(values, [[65535] * 500], 1)), 2)

    assert str(guess.coding) == "binary,threshold=32768"


@pytest.mark.parametrize("n_classes", [3, None])
def test_codes_blurred_by_jpeg_are_found_again(n_classes: int | None) -> None:
    mask = np.repeat(np.repeat(np.array([[0, 128, 255]] * 3, np.uint8), 40, 0), 40, 1)
    file = io.BytesIO()
    Image.fromarray(mask).save(file, "jpeg", quality=75)
    values = np.asarray(Image.open(file))

    guess = guess_coding(Census.of(values), n_classes)

    assert not guess.sure
    assert guess.n_classes == 3
    assert guess.coding is not None
    labels = guess.coding.decode(values)
    assert np.mean(labels == np.digitize(mask, [64, 192]) + 1) > 0.99


def test_published_colours_are_recognised_though_some_are_absent() -> None:
    colours = [DUBAI.colours[2], DUBAI.colours[0], DUBAI.void[0]]
    picture = np.array([[[c >> 16, c >> 8 & 255, c & 255] for c in colours]], np.uint8)

    guess = guess_coding(Census.of(picture), 5)

    assert str(guess.coding) == "dubai"
    assert guess.n_classes == 5


def test_other_colours_are_listed() -> None:
    picture = np.array([[[255, 0, 0], [0, 0, 0], [255, 0, 0]]], np.uint8)

    two, three = (guess_coding(Census.of(picture), n) for n in (2, 3))

    assert str(two.coding) == "#000000,#ff0000"
    assert three.coding is None
    assert "#ff0000, #000000" in three.reason
