"""Image and labels change together, and labels stay labels."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from imageseg.augmentation import AugmentSettings, preset
from imageseg.augmentation.augmenter import Augmenter

NAMES = ["flips", "photo", "understory", "microscopy"]
VALUES = (0.25, 0.5, 0.75)  # of the classes 1 to 3
EVERYTHING = replace(
    preset("photo"),
    quarter_turns=0.5,
    flip_z=0.5,
    shift=0.1,
    elastic=3.0,
    blur=1.0,
    noise=0.05,
)
IN_PLANE = AugmentSettings(
    **dict.fromkeys(("flip_horizontal", "flip_vertical", "quarter_turns"), 0.5),
    rotation=180,
    shift=0.2,
    shear=20,
    scale_max=2,
    elastic=4,
    elastic_share=0.7,
    brightness=30,
    gamma=2,
    blur=2,
    blur_share=1,
)


def scene(count: int, channels: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Three regions without any symmetry, whose grey values are their labels."""
    labels = torch.ones(count, 64, 64, dtype=torch.uint8)
    labels[:, :25, :40] = 2
    labels[:, 30:52, 14:30] = 3
    grey = torch.tensor([0.0, *VALUES])[labels.long()]
    return grey[:, None].repeat(1, channels, 1, 1), labels


@pytest.mark.parametrize("name", NAMES)
def test_image_and_labels_move_together(name: str) -> None:
    images, labels = scene(60, 1)
    moved = 0
    for image, label, old in zip(*Augmenter(name)(images, labels), labels, strict=True):
        moved += not torch.equal(label, old)
        grey, found = image[0].numpy(), label.numpy()
        flat = ndimage.minimum_filter(found, 9) == ndimage.maximum_filter(found, 9)
        groups = [grey[flat & (found == k)] for k in (1, 2, 3)]
        for darker, brighter in pairwise(groups):
            if len(darker) and len(brighter):  # light changes keep the order
                middle = (np.median(darker) + np.median(brighter)) / 2
                assert np.median(brighter) > np.median(darker)
                assert (darker < middle).mean() > 0.95
                assert (brighter > middle).mean() > 0.95

    assert moved > 30


@pytest.mark.parametrize("name", NAMES)
def test_regions_keep_their_centres_of_mass(name: str) -> None:
    """A shift of half a pixel between image and labels would show here."""
    labels = torch.ones(80, 64, 64, dtype=torch.uint8)
    labels[:, 26:38, 28:38] = 2
    images = (labels == 2).float()[:, None].repeat(1, 1, 1, 1)
    changed, masks = Augmenter(name)(images, labels)
    shifts = []
    for image, mask in zip(changed[:, 0].numpy(), masks.numpy(), strict=True):
        bright = np.clip(image - np.median(image[mask == 1]) - 0.2, 0, None)
        centre = ndimage.center_of_mass(np.where(mask > 0, bright, 0))
        shifts.append(np.subtract(centre, ndimage.center_of_mass(mask == 2)))

    assert np.abs(np.mean(shifts, 0)).max() < 0.15
    assert np.abs(shifts).max() < 0.8


def test_an_image_of_its_labels_stays_one_where_nothing_is_interpolated() -> None:
    settings = AugmentSettings(
        flip_horizontal=0.5, flip_vertical=0.5, quarter_turns=0.75
    )
    labels = torch.randint(0, 255, (40, 16, 16), dtype=torch.uint8)
    images, changed = Augmenter(settings)(labels[:, None].float() / 255, labels)

    assert torch.equal((images[:, 0] * 255).round().to(torch.uint8), changed)
    assert not torch.equal(labels, changed)


@given(
    values=st.sets(st.integers(0, 254), min_size=1, max_size=4),
    height=st.integers(1, 24),
    width=st.integers(1, 24),
    seed=st.integers(0, 1000),
)
def test_no_label_is_ever_invented(
    values: set[int], height: int, width: int, seed: int
) -> None:
    known = torch.tensor(sorted(values))
    generator = torch.Generator().manual_seed(seed)
    places = torch.randint(len(known), (6, height, width), generator=generator)
    labels = known[places].to(torch.uint8)
    images = torch.rand(6, 3, height, width, generator=generator)
    _, changed = Augmenter(EVERYTHING, seed=seed)(images, labels)

    assert changed.dtype == torch.uint8
    assert set(changed.unique().tolist()) <= {0, *values}


@pytest.mark.parametrize("name", ["photo", "microscopy"])
def test_what_comes_from_outside_is_black_and_not_annotated(name: str) -> None:
    settings = replace(preset(name), noise=0.0, blur=0.0)
    images, labels = torch.ones(60, 1, 32, 32), torch.ones(60, 32, 32)
    images, changed = Augmenter(settings)(images, labels)
    corners = changed[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    outside = torch.from_numpy(ndimage.maximum_filter(changed.numpy(), (1, 5, 5)) == 0)

    assert set(changed.unique().tolist()) == {0, 1}
    assert (corners == 0).any()
    assert (images[:, 0][outside] == 0).all()
    assert (changed[:, 16, 16] == 1).all()  # turned about the middle


def test_none_changes_nothing() -> None:
    images, labels = scene(2, 3)
    same_images, same_labels = Augmenter("none")(images, labels)

    assert torch.equal(same_images, images)
    assert torch.equal(same_labels, labels)


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
@pytest.mark.parametrize("depth", [None, 4])
def test_any_number_of_channels_stays_between_zero_and_one(
    channels: int, depth: int | None
) -> None:
    space = (32, 24) if depth is None else (depth, 32, 24)
    images = torch.rand(16, channels, *space)
    changed, labels = Augmenter(EVERYTHING)(images, torch.ones(16, *space))

    assert changed.shape == images.shape
    assert labels.shape == (16, *space)
    assert changed.dtype == torch.float32
    assert torch.isfinite(changed).all()
    assert changed.min() >= 0
    assert changed.max() <= 1


@pytest.mark.parametrize("name", NAMES)
def test_equal_seeds_change_equally_and_patches_differ(name: str) -> None:
    images, labels = scene(8, 3)
    runs = []
    for i, seed in enumerate((6, 6, 7)):
        torch.manual_seed(i)  # has no say
        runs.append(Augmenter(name, seed=seed)(images, labels))

    assert torch.equal(runs[0][0], runs[1][0])
    assert torch.equal(runs[0][1], runs[1][1])
    assert not torch.equal(runs[0][0], runs[2][0])
    assert not all(torch.equal(runs[0][1][0], other) for other in runs[0][1])


def test_one_batch_is_not_changed_as_the_next() -> None:
    augment = Augmenter("photo")
    images, labels = scene(8, 3)

    assert not torch.equal(augment(images, labels)[0], augment(images, labels)[0])


@pytest.mark.parametrize("name", ["photo", "understory", "microscopy"])
@pytest.mark.parametrize("channels", [1, 3])
def test_light_changes_are_even_about_the_original(name: str, channels: int) -> None:
    images = torch.full((800, channels, 8, 8), 0.5)
    changed, masks = Augmenter(name)(images, torch.ones(800, 8, 8))
    means = torch.stack(
        [i[:, m > 0].mean() for i, m in zip(changed, masks, strict=True)]
    )

    assert abs(float(means.mean()) - 0.5) < 0.03
    assert float(means.std()) > 0.05  # and they do change


def test_hues_change_in_photographs_only() -> None:
    green = torch.tensor([0.2, 0.6, 0.2])[:, None, None].expand(200, 3, 32, 32)
    shares = {}
    for name in NAMES:  # light alone keeps red and blue equal
        changed, _ = Augmenter(name)(green, torch.ones(200, 32, 32))
        red, _, blue = changed[:, :, 12:20, 12:20].mean((2, 3)).T
        shares[name] = float(((red - blue).abs() > 0.02).float().mean())

    assert 0.2 < shares["photo"] < 0.6
    assert shares["flips"] == shares["understory"] == 0
    assert shares["microscopy"] < 0.05  # by noise


@pytest.mark.parametrize("name", NAMES)
def test_the_given_batch_is_not_changed(name: str) -> None:
    images, labels = scene(4, 3)
    before = images.clone(), labels.clone()
    Augmenter(name)(images, labels)

    assert torch.equal(images, before[0])
    assert torch.equal(labels, before[1])


@pytest.mark.parametrize("channels", [1, 2])
def test_planes_of_a_stack_move_as_images_do(channels: int) -> None:
    """A stack of equal planes stays one, and each is what the plane alone becomes."""
    images, labels = torch.rand(12, channels, 20, 20), torch.ones(12, 20, 20)
    stacks = images[:, :, None].repeat(1, 1, 5, 1, 1)
    flat = Augmenter(IN_PLANE, seed=3)(images, labels)
    deep = Augmenter(IN_PLANE, seed=3)(stacks, labels[:, None].repeat(1, 5, 1, 1))

    for z in range(5):
        torch.testing.assert_close(deep[0][:, :, z], flat[0])
        assert torch.equal(deep[1][:, z], flat[1])


def test_stacks_are_put_in_reverse_order_and_images_have_none() -> None:
    settings = AugmentSettings(flip_z=0.5)
    images = torch.rand(100, 2, 3, 8, 8)
    labels = torch.randint(0, 4, (100, 3, 8, 8), dtype=torch.uint8)
    changed, moved = Augmenter(settings)(images, labels)
    turned = [not torch.equal(*both) for both in zip(changed, images, strict=True)]

    assert 30 < sum(turned) < 70
    for i, flag in enumerate(turned):
        assert torch.equal(changed[i], images[i].flip(1) if flag else images[i])
        assert torch.equal(moved[i], labels[i].flip(0) if flag else labels[i])
    flat = Augmenter(settings)(images[:, :, 0], labels[:, 0])
    assert torch.equal(flat[0], images[:, :, 0])


def test_batches_in_any_memory_order_change_alike() -> None:
    images, labels = torch.rand(6, 3, 16, 16), torch.ones(6, 16, 16)
    striped = images.contiguous(memory_format=torch.channels_last)
    one, two = (Augmenter(EVERYTHING)(batch, labels)[0] for batch in (images, striped))

    assert torch.equal(one, two)
