"""Images and masks belong together by name, never by position."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseg.images.pair import MASK_SUFFIXES, pair_by_stem


def paths(*names: str) -> list[Path]:
    return [Path(name) for name in names]


def test_byte_sorted_samples_pair_by_name() -> None:
    numbers = [str(k) for k in range(1, 12)]
    images = paths(*sorted(f"i/{n}.tif" for n in numbers))  # 1, 10, 11, 2 …
    masks = paths(*sorted(f"m/{n}_mask.tif" for n in numbers))  # 10, 11, 1, 2 …

    pairing = pair_by_stem(images, masks)

    assert [p.stem for p in images] != [p.stem.removesuffix("_mask") for p in masks]
    assert [image for image, _ in pairing.pairs] == images
    assert all(mask.stem == f"{image.stem}_mask" for image, mask in pairing.pairs)
    assert not pairing.images_without_mask
    assert not pairing.masks_without_image
    assert not pairing.ambiguous


@pytest.mark.parametrize("suffix", MASK_SUFFIXES)
def test_every_usual_suffix_is_known(suffix: str) -> None:
    image, mask = Path("i/leaf.v1.jpg"), Path(f"m/leaf.v1{suffix}.png")

    assert pair_by_stem([image], [mask]).pairs == ((image, mask),)


def test_a_suffix_of_ones_own_can_be_given() -> None:
    image, mask = Path("i/1.tif"), Path("m/1-truth.tif")

    assert not pair_by_stem([image], [mask]).pairs
    assert pair_by_stem([image], [mask], suffixes=["-truth"]).pairs == ((image, mask),)


def test_a_stem_that_merely_begins_alike_is_no_partner() -> None:
    pairing = pair_by_stem(paths("i/1.tif"), paths("m/10.tif", "m/11_mask.tif"))

    assert pairing.pairs == ()
    assert pairing.images_without_mask == tuple(paths("i/1.tif"))
    assert pairing.masks_without_image == tuple(paths("m/10.tif", "m/11_mask.tif"))


def test_two_candidate_masks_are_ambiguous() -> None:
    masks = paths("m/1.png", "m/1_mask.png", "m/2.png")

    pairing = pair_by_stem(paths("i/1.tif", "i/2.tif"), masks)

    assert pairing.pairs == ((Path("i/2.tif"), Path("m/2.png")),)
    assert pairing.ambiguous == (Path("i/1.tif"),)
    assert pairing.masks_without_image == (masks[0], masks[1])


def test_no_mask_serves_two_images() -> None:
    images = paths("site1/1.tif", "site2/1.tif")

    pairing = pair_by_stem(images, paths("m/1.png"))

    assert pairing.pairs == ()
    assert pairing.ambiguous == tuple(images)


def test_images_and_masks_can_share_a_folder() -> None:
    files = paths("d/1.tif", "d/1_mask.tif", "d/2.tif", "d/2_mask.tif", "d/3.tif")
    expected = tuple(zip(files[:4:2], files[1:4:2], strict=True))

    for images, masks in [(files, files), (files, files[1:4:2])]:
        assert pair_by_stem(images, masks).pairs == expected


def test_a_file_in_both_lists_that_has_no_mask_counts_as_a_mask() -> None:
    shared = paths("d/3.tif")

    pairing = pair_by_stem(shared, shared)

    assert pairing.images_without_mask == ()
    assert pairing.masks_without_image == tuple(shared)


def test_nothing_pairs_with_nothing() -> None:
    pairing = pair_by_stem([], [])

    assert pairing.pairs == pairing.images_without_mask == ()


@given(
    images=st.lists(st.sampled_from("abcd"), unique=True),
    masks=st.lists(st.sampled_from(["a", "b", "c_mask", "a_mask", "e"]), unique=True),
)
def test_every_file_is_accounted_for_once(images: list[str], masks: list[str]) -> None:
    image_paths = paths(*(f"i/{name}.tif" for name in images))
    mask_paths = paths(*(f"m/{name}.png" for name in masks))

    pairing = pair_by_stem(image_paths, mask_paths)

    used_images = [image for image, _ in pairing.pairs]
    used_masks = [mask for _, mask in pairing.pairs]
    assert sorted(
        [*used_images, *pairing.images_without_mask, *pairing.ambiguous]
    ) == sorted(image_paths)
    assert sorted([*used_masks, *pairing.masks_without_image]) == sorted(mask_paths)
