"""Images and masks belong together by name, never by position."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseg.datasets.pairing import MASK_SUFFIXES, Pairing, Several, pair_by_stem


def paths(*names: str) -> list[Path]:
    return [Path(name) for name in names]


def test_byte_sorted_samples_pair_by_name() -> None:
    numbers = [str(k) for k in range(1, 12)]
    images = paths(*sorted(f"i/{n}.tif" for n in numbers))  # 1, 10, 11, 2 …
    masks = paths(*sorted(f"m/{n}_mask.tif" for n in numbers))  # 10, 11, 1, 2 …

    pairing = pair_by_stem(images, masks)

    assert [p.stem for p in images] != [p.stem.removesuffix("_mask") for p in masks]
    assert [image for image, _ in pairing.pairs] == images
    assert all(
        [mask.stem for mask in masks] == [f"{image.stem}_mask"]
        for image, masks in pairing.pairs
    )
    assert not pairing.images_without_mask
    assert not pairing.masks_without_image
    assert not pairing.ambiguous


@pytest.mark.parametrize("suffix", MASK_SUFFIXES)
def test_every_usual_suffix_is_known(suffix: str) -> None:
    image, mask = Path("i/leaf.v1.jpg"), Path(f"m/leaf.v1{suffix}.png")

    assert pair_by_stem([image], [mask]).pairs == ((image, (mask,)),)


def test_a_suffix_of_ones_own_can_be_given() -> None:
    image, mask = Path("i/1.tif"), Path("m/1-truth.tif")

    assert not pair_by_stem([image], [mask]).pairs
    assert pair_by_stem([image], [mask], suffixes=["-truth"]).pairs == (
        (image, (mask,)),
    )


def test_a_stem_that_merely_begins_alike_is_no_partner() -> None:
    pairing = pair_by_stem(paths("i/1.tif"), paths("m/10.tif", "m/11_mask.tif"))

    assert pairing.pairs == ()
    assert pairing.images_without_mask == tuple(paths("i/1.tif"))
    assert pairing.masks_without_image == tuple(paths("m/10.tif", "m/11_mask.tif"))


def test_two_candidate_masks_are_ambiguous() -> None:
    masks = paths("m/1.png", "m/1_mask.png", "m/2.png")

    pairing = pair_by_stem(paths("i/1.tif", "i/2.tif"), masks)

    assert pairing.pairs == ((Path("i/2.tif"), (Path("m/2.png"),)),)
    assert pairing.ambiguous == (Path("i/1.tif"),)
    assert pairing.masks_without_image == (masks[0], masks[1])


def test_no_mask_serves_two_images() -> None:
    images = paths("site1/1.tif", "site2/1.tif")

    pairing = pair_by_stem(images, paths("m/1.png"))

    assert pairing.pairs == ()
    assert pairing.ambiguous == tuple(images)


def test_images_and_masks_can_share_a_folder() -> None:
    files = paths("d/1.tif", "d/1_mask.tif", "d/2.tif", "d/2_mask.tif", "d/3.tif")
    expected = tuple((i, (m,)) for i, m in zip(files[:4:2], files[1:4:2], strict=True))

    for images, masks in [(files, files), (files, files[1:4:2])]:
        assert pair_by_stem(images, masks).pairs == expected


def test_a_file_in_both_lists_is_an_image_unless_its_name_says_otherwise() -> None:
    shared = paths("d/3.tif", "d/4_mask.tif", "d/label_5.tif", "d/6_mask_2.tif")

    pairing = pair_by_stem(shared, shared)

    assert pairing.pairs == ()
    assert pairing.images_without_mask == tuple(shared[:1])
    assert pairing.masks_without_image == tuple(shared[1:])


@pytest.mark.parametrize(
    ("image", "mask"), [("jpg", "png"), ("bmp", "png"), ("tif", "png"), ("png", "json")]
)
def test_of_two_files_of_one_stem_the_photograph_is_the_image(
    image: str, mask: str
) -> None:
    files = paths(f"d/1.{mask}", f"d/1.{image}", "d/2.jpg")

    pairing = pair_by_stem(files, files)

    assert pairing.pairs == ((files[1], (files[0],)),)
    assert pairing.images_without_mask == (files[2],)


def test_nothing_pairs_with_nothing() -> None:
    pairing = pair_by_stem([], [])

    assert pairing.pairs == pairing.images_without_mask == ()


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("i/1.jpg", "m/1.png"),
        ("i/IMG_1.JPG", "m/img_1_mask.png"),
        ("i/img_1.jpg", "m/1_mask.png"),
        ("i/image_1.jpg", "m/mask_1.png"),
        ("i/1_image.png", "m/1_mask.png"),
        ("i/1.jpg", "m/1.jpg.png"),
        ("i/1.ome.tif", "m/1_mask.tif"),
        ("i/leaf.v1.jpg", "m/leaf.v1_mask.png"),
        ("i/benign (100).png", "m/benign (100)_mask.png"),
    ],
)
def test_the_usual_names_pair(image: str, mask: str) -> None:
    pairing = pair_by_stem([Path(image)], [Path(mask)])

    assert pairing.pairs == ((Path(image), (Path(mask),)),)


def test_a_name_of_ones_own_goes_before_a_shortened_one() -> None:
    images = paths("i/1.png", "i/img_1.png")

    pairing = pair_by_stem(images, paths("m/1_mask.png", "m/img_1_mask.png"))

    assert [pair.masks[0].name for pair in pairing.pairs] == [
        "1_mask.png",
        "img_1_mask.png",
    ]


@pytest.mark.parametrize(
    ("masks", "several", "result"),
    [
        (["1_mask_1", "1_mask_2"], "numbered", "united"),
        (["1_mask", "1_mask_1", "1_mask_10"], "numbered", "united"),
        (["1_mask1", "1_mask2"], "numbered", "united"),
        (["1", "1_mask"], "numbered", "ambiguous"),
        (["1", "1_mask"], "all", "united"),
        (["1_mask_1", "1_mask_2"], "one", "ambiguous"),
        (["1_mask_1", "1_label_1"], "numbered", "ambiguous"),
    ],
)
def test_numbered_masks_are_united_and_others_if_asked(
    masks: list[str], several: Several, result: str
) -> None:
    image, files = Path("i/1.jpg"), paths(*(f"m/{name}.png" for name in masks))

    pairing = pair_by_stem([image], files, several=several)

    assert pairing.pairs == (((image, tuple(files)),) if result == "united" else ())
    assert pairing.ambiguous == ((image,) if result == "ambiguous" else ())


def test_a_number_belongs_to_the_image_where_the_mask_has_no_mark() -> None:
    images = paths("i/1.jpg", "i/1_2.jpg")

    pairing = pair_by_stem(images, paths("m/1.png", "m/1_2.png"))

    assert [pair.masks[0].stem for pair in pairing.pairs] == ["1", "1_2"]


def test_messages_name_what_is_left_out() -> None:
    pairing = pair_by_stem(paths("i/1.jpg", "i/2.jpg"), paths("m/2.png", "m/3.png"))

    assert pairing.messages() == [
        "no mask for i/1.jpg; left out.",
        "no image for m/3.png; left out.",
    ]
    assert pairing.images == (Path("i/2.jpg"),)
    assert pairing.masks == ((Path("m/2.png"),),)


def test_pairings_can_be_joined() -> None:
    first = pair_by_stem(paths("i/1.jpg"), paths("m/1.png", "m/x.png"))
    second = pair_by_stem(paths("i/2.jpg", "i/y.jpg"), paths("m/2.png"))

    joined = Pairing.joined([first, second])

    assert joined.pairs == first.pairs + second.pairs
    assert joined.masks_without_image == (Path("m/x.png"),)
    assert joined.images_without_mask == (Path("i/y.jpg"),)


NAMES = ["a", "b", "c_mask", "a_mask", "a_mask_1", "a_mask_2", "mask_b", "img_b", "e"]


@pytest.mark.parametrize("several", ["numbered", "all", "one"])
@given(
    images=st.lists(st.sampled_from([*"abcd", "img_b", "a_1"]), unique=True),
    masks=st.lists(st.sampled_from(NAMES), unique=True),
    folders=st.sampled_from([1, 2]),
)
def test_every_file_is_accounted_for_once(
    images: list[str], masks: list[str], folders: int, several: Several
) -> None:
    image_paths = paths(*(f"d/{name}.jpg" for name in images))
    mask_paths = paths(*(f"d/{name}.png" for name in masks))
    files = image_paths + mask_paths if folders == 1 else []

    pairing = pair_by_stem(files or image_paths, files or mask_paths, several=several)

    as_images = [*pairing.images, *pairing.images_without_mask, *pairing.ambiguous]
    as_masks = [*chain.from_iterable(pairing.masks), *pairing.masks_without_image]
    assert sorted(as_images + as_masks) == sorted(image_paths + mask_paths)
    if folders == 2:
        assert sorted(as_images) == sorted(image_paths)
