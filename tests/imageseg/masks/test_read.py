"""Mask files become labels, and labels come back as written."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from imageseg.errors import (
    ImageReadError,
    MaskValueError,
    SettingsError,
    ShapeMismatchError,
)
from imageseg.images import write_labels
from imageseg.masks import (
    LabelReader,
    MaskCoding,
    choose_coding,
    read_labels,
    read_mask,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray


def png(path: Path, values: Any) -> Path:
    Image.fromarray(np.array(values, np.uint8)).save(path)
    return path


def tiff(path: Path, values: NDArray[Any]) -> Path:
    tifffile.imwrite(path, values)
    return path


def test_binary_masks_split_between_127_and_128(tmp_path: Path) -> None:
    mask = png(tmp_path / "a.png", [[0, 1, 127, 128, 254, 255]])

    (labels,) = read_labels([mask], 2, coding="binary")

    assert labels.dtype == np.uint8
    np.testing.assert_array_equal(labels, [[1, 1, 1, 2, 2, 2]])


@pytest.mark.parametrize(
    ("coding", "expected"), [("ids", [[1, 2, 3]]), ("labels", [[0, 1, 2]])]
)
def test_numbers_mean_what_the_coding_says(
    tmp_path: Path, coding: str, expected: list[list[int]]
) -> None:
    mask = png(tmp_path / "a.png", [[0, 1, 2]])

    np.testing.assert_array_equal(read_labels([mask], 3, coding=coding)[0], expected)


@pytest.mark.parametrize(
    ("values", "n_classes", "expected"),
    [
        ([[0, 1]], 2, [[1, 2]]),
        ([[0, 1, 2]], 2, [[0, 1, 2]]),
        ([[0, 255]], 2, [[1, 2]]),
        ([[0, 0]], 2, [[1, 1]]),
        ([[0, 1, 2]], 3, [[1, 2, 3]]),
        ([[0, 3]], 3, [[0, 3]]),
        ([[0, 1]], 3, [[1, 2]]),
    ],
)
def test_auto_tells_the_coding_from_the_largest_value(
    tmp_path: Path, values: Any, n_classes: int, expected: Any
) -> None:
    mask = png(tmp_path / "a.png", values)

    np.testing.assert_array_equal(read_labels([mask], n_classes)[0], expected)


def test_auto_looks_at_the_whole_set_because_a_mask_may_lack_classes(
    tmp_path: Path,
) -> None:
    empty = png(tmp_path / "empty.png", [[0, 0]])
    part = png(tmp_path / "part.png", [[0, 1]])
    full = png(tmp_path / "full.png", [[0, 3]])

    labels = read_labels([empty, part, full], 3)

    np.testing.assert_array_equal(np.vstack(labels), [[0, 0], [0, 1], [0, 3]])


def test_auto_asks_when_no_coding_explains_the_values(tmp_path: Path) -> None:
    mask = png(tmp_path / "a.png", [[0, 85, 170, 255]])

    with pytest.raises(
        SettingsError, match=r"perhaps '0,85,170,255'.*4 classes.*a\.png"
    ):
        read_labels([mask], 4)


def test_a_set_without_masks_has_no_labels() -> None:
    assert read_labels([], 2) == []


@pytest.mark.parametrize("coding", ["ids", "labels"])
@pytest.mark.parametrize("stray", [4, 254, 255])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.float32])
def test_a_value_of_no_class_names_file_and_value(
    tmp_path: Path, coding: str, stray: int, dtype: type
) -> None:
    mask = tiff(tmp_path / "stray.tif", np.array([[0, 1, stray]], dtype))

    with pytest.raises(ImageReadError, match=rf"stray\.tif.* {stray},.*'{coding}'"):
        read_labels([mask], 3, coding=coding)


@pytest.mark.parametrize("coding", ["ids", "labels"])
def test_the_largest_allowed_value_is_allowed(tmp_path: Path, coding: str) -> None:
    largest = 2 if coding == "ids" else 3
    mask = png(tmp_path / "a.png", [[0, largest]])

    assert read_labels([mask], 3, coding=coding)[0].max() == 3
    with pytest.raises(ImageReadError):
        read_labels([mask], 2, coding=coding)


def test_negative_numbers_are_no_classes(tmp_path: Path) -> None:
    mask = tiff(tmp_path / "a.tif", np.array([[-1, 0, 1]], np.int16))

    with pytest.raises(ImageReadError, match="the value -1"):
        read_labels([mask], 3, coding="ids")


@pytest.mark.parametrize("stray", [1.5, np.nan, np.inf, -0.5])
def test_fractions_are_no_classes(tmp_path: Path, stray: float) -> None:
    mask = tiff(tmp_path / "a.tif", np.array([[0, 1, stray]], np.float32))

    with pytest.raises(ImageReadError, match="fractions"):
        read_labels([mask], 2)


def test_whole_numbers_may_be_stored_as_floats(tmp_path: Path) -> None:
    mask = tiff(tmp_path / "a.tif", np.array([[0, 1, 2]], np.float32))

    np.testing.assert_array_equal(read_labels([mask], 3)[0], [[1, 2, 3]])


def test_grey_saved_as_colour_is_accepted_and_colour_refused(tmp_path: Path) -> None:
    grey = png(tmp_path / "grey.png", [[[0] * 3, [1] * 3, [2] * 3]])
    colour = png(tmp_path / "colour.png", [[[0, 0, 0], [0, 1, 0]]])

    np.testing.assert_array_equal(read_labels([grey], 3)[0], [[1, 2, 3]])
    with pytest.raises(ImageReadError, match=r"colour\.png.*coloured"):
        read_labels([grey, colour], 3, coding="ids")
    with pytest.raises(SettingsError, match=r"coloured: .*colour\.png"):
        read_labels([grey, colour], 3)


@pytest.mark.parametrize("suffix", ["png", "tif", "gif"])
def test_palette_masks_give_their_indices(tmp_path: Path, suffix: str) -> None:
    mask = Image.fromarray(np.array([[0, 1, 2]], np.uint8)).convert("P")
    mask.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    mask.save(tmp_path / f"a.{suffix}")

    (labels,) = read_labels([tmp_path / f"a.{suffix}"], 3)

    np.testing.assert_array_equal(labels, [[1, 2, 3]])


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_black_and_white_masks_have_two_classes(tmp_path: Path, suffix: str) -> None:
    Image.fromarray(np.array([[False, True]] * 4)).save(tmp_path / f"a.{suffix}")

    (labels,) = read_labels([tmp_path / f"a.{suffix}"], 2)

    np.testing.assert_array_equal(labels, [[1, 2]] * 4)


@given(
    values=hnp.arrays(np.uint8, (2, 3), elements=st.integers(0, 5)),
    n_classes=st.integers(2, 6),
    kind=st.sampled_from(["ids", "labels"]),
)
def test_decoded_labels_are_always_classes(
    values: NDArray[np.uint8], n_classes: int, kind: str
) -> None:
    offset = 1 if kind == "ids" else 0
    coding = MaskCoding.parse(kind)

    if not all(int(v) + offset <= n_classes for v in values.flat):
        with pytest.raises(MaskValueError):
            coding.decode(values, n_classes)
        return
    labels = coding.decode(values, n_classes)
    assert labels.tolist() == [[int(v) + offset for v in row] for row in values]


@pytest.mark.parametrize(
    ("name", "shape"),
    [("a.png", (6, 9)), ("a.PNG", (6, 9)), ("a.tif", (6, 9)), ("a.tif", (5, 6, 9))],
)
def test_labels_come_back_as_written(
    tmp_path: Path, rng: np.random.Generator, name: str, shape: tuple[int, ...]
) -> None:
    labels = rng.integers(0, 4, shape, dtype=np.uint8)

    write_labels(tmp_path / name, labels)

    (back,) = read_labels([tmp_path / name], 3, coding="labels")
    np.testing.assert_array_equal(back, labels)
    assert [p.name for p in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_other_programs_read_the_same_labels(
    tmp_path: Path, rng: np.random.Generator, name: str
) -> None:
    labels = rng.integers(0, 255, (6, 9), dtype=np.uint8)

    write_labels(str(tmp_path / name), labels)

    with Image.open(tmp_path / name) as file:
        np.testing.assert_array_equal(np.asarray(file), labels)


def test_three_thin_slices_stay_slices(tmp_path: Path) -> None:
    labels = np.ones((3, 4, 4), np.uint8)
    labels[1] = 2

    write_labels(tmp_path / "a.tif", labels)

    np.testing.assert_array_equal(
        read_labels([tmp_path / "a.tif"], 2, coding="labels")[0], labels
    )


def test_the_files_of_one_mask_are_united(tmp_path: Path) -> None:
    parts = [
        png(tmp_path / "1.png", [[0, 255, 255, 0]]),
        png(tmp_path / "2.png", [[0, 0, 255, 255]]),
    ]

    (labels,) = read_labels([parts], 2)

    np.testing.assert_array_equal(labels, [[1, 2, 2, 2]])


@given(
    masks=st.lists(
        hnp.arrays(np.uint8, (3, 4), elements=st.integers(0, 2)), min_size=1, max_size=4
    ),
    order=st.randoms(use_true_random=False),
)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_in_a_union_the_highest_class_wins_whatever_the_order(
    tmp_path: Path, masks: list[NDArray[np.uint8]], order: Random
) -> None:
    files = [png(tmp_path / f"{i}.png", mask) for i, mask in enumerate(masks)]
    order.shuffle(files)
    ids = MaskCoding.parse("ids")
    expected = [
        [1 + max(int(mask[y, x]) for mask in masks) for x in range(4)] for y in range(3)
    ]

    assert read_mask(files, ids).tolist() == expected
    assert read_mask([*files, *files], ids).tolist() == expected


def test_files_of_one_mask_must_have_one_size(tmp_path: Path) -> None:
    files = [png(tmp_path / "1.png", [[0, 1]]), png(tmp_path / "2.png", [[0], [1]])]

    with pytest.raises(ShapeMismatchError, match=r"2\.png has 1×2 px, .* 2×1 px"):
        read_mask(files, MaskCoding.parse("ids"))


def test_a_mask_must_have_the_size_of_its_image(tmp_path: Path) -> None:
    mask = png(tmp_path / "1.png", [[0, 1]])
    ids = MaskCoding.parse("ids")

    assert read_mask(mask, ids, shape=(1, 2)).shape == (1, 2)
    with pytest.raises(ShapeMismatchError, match=r"1\.png has 2×1 px, .* 3×4 px"):
        read_mask(mask, ids, shape=(4, 3))


def test_a_mask_without_a_file_is_refused() -> None:
    with pytest.raises(SettingsError, match="at least one"):
        read_mask([], MaskCoding.parse("ids"))


def test_soft_masks_of_fractions_are_split_in_the_middle(tmp_path: Path) -> None:
    values = np.array([[0, 127 / 255, 128 / 255, 1]], np.float32)
    mask = tiff(tmp_path / "a.tif", values)

    np.testing.assert_array_equal(
        read_labels([mask], 2, coding="binary")[0], [[1, 1, 2, 2]]
    )
    sharp = tiff(tmp_path / "b.tif", np.array([[0, 1]], np.float32))
    np.testing.assert_array_equal(read_labels([sharp], 2, coding="binary")[0], [[1, 2]])


def test_numbers_above_255_are_no_classes_and_objects_are_recognised(
    tmp_path: Path,
) -> None:
    mask = tiff(tmp_path / "cells.tif", np.arange(301, dtype=np.uint16)[None])

    with pytest.raises(ImageReadError, match=r"cells\.tif.* 2, 3, 4, 5, 6, …,"):
        read_labels([mask], 2, coding="ids")
    with pytest.raises(SettingsError, match=r"'binary,threshold=1'.*numbered objects"):
        read_labels([mask], 2)
    (labels,) = read_labels([mask], 2, coding="binary,threshold=1")
    assert np.bincount(labels.ravel()).tolist() == [0, 1, 300]


def test_masks_are_read_when_they_are_asked_for(tmp_path: Path) -> None:
    files = [png(tmp_path / f"{k}.png", [[0, k]]) for k in range(3)]

    reader = LabelReader(files, 3)
    png(files[0], [[2, 2]])

    assert len(reader) == 3
    assert str(reader.coding) == "ids"
    assert reader[0].tolist() == [[3, 3]]
    assert [labels.tolist() for labels in reader[1:]] == [[[1, 2]], [[1, 3]]]


def test_palettes_give_their_colours_if_the_coding_is_of_colours(
    tmp_path: Path,
) -> None:
    for k, palette in enumerate([[0, 0, 0, 200, 0, 0], [200, 0, 0, 0, 0, 0]]):
        mask = Image.fromarray(np.array([[k, 1 - k]], np.uint8)).convert("P")
        mask.putpalette(palette)
        mask.save(tmp_path / f"{k}.png")

    labels = read_labels(
        [tmp_path / "0.png", tmp_path / "1.png"], 2, coding="#000000,#c80000"
    )

    assert [array.tolist() for array in labels] == [[[1, 2]], [[1, 2]]]


def test_a_coding_that_was_named_is_not_looked_for(tmp_path: Path) -> None:
    missing = [tmp_path / "gone.png"]

    assert choose_coding(missing, 2, coding="inverted").inverted
    with pytest.raises(ImageReadError, match="gone"):
        choose_coding(missing, 2)
    with pytest.raises(SettingsError, match="mask coding"):
        choose_coding(missing, 2, coding="nonsense")
