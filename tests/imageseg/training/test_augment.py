"""Image and labels change together, and labels stay labels."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy import ndimage

from imageseg.training.augment import Augmenter

KINDS = ["flips", "photo", "microscopy"]
VALUES = (0.25, 0.5, 0.75)  # of the classes 1 to 3


def scene(count: int, channels: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Three regions without any symmetry, whose grey values are their labels."""
    labels = torch.ones(count, 64, 64, dtype=torch.uint8)
    labels[:, :25, :40] = 2
    labels[:, 30:52, 14:30] = 3
    grey = torch.tensor([0.0, *VALUES])[labels.long()]
    return grey[:, None].repeat(1, channels, 1, 1), labels


@pytest.mark.parametrize("kind", KINDS)
def test_image_and_labels_move_together(kind: str) -> None:
    torch.manual_seed(0)
    images, labels = scene(60, 1)
    moved = 0
    for image, label, old in zip(
        *Augmenter(kind, 1)(images, labels), labels, strict=True
    ):
        moved += not torch.equal(label, old)
        grey, found = image[0].numpy(), label.numpy()
        flat = ndimage.minimum_filter(found, 5) == ndimage.maximum_filter(found, 5)
        groups = [grey[flat & (found == k)] for k in (1, 2, 3)]
        for darker, brighter in pairwise(groups):
            if len(darker) and len(brighter):  # light changes keep the order
                middle = (np.median(darker) + np.median(brighter)) / 2
                assert np.median(brighter) > np.median(darker)
                assert (darker < middle).mean() > 0.98
                assert (brighter > middle).mean() > 0.98

    assert moved > 30


@pytest.mark.parametrize("kind", KINDS)
def test_regions_keep_their_centres_of_mass(kind: str) -> None:
    """A shift of half a pixel between image and labels would show here."""
    torch.manual_seed(1)
    labels = torch.ones(80, 64, 64, dtype=torch.uint8)
    labels[:, 26:38, 28:38] = 2
    images = (labels == 2).float()[:, None].repeat(1, 1, 1, 1)
    changed, masks = Augmenter(kind, 1)(images, labels)
    shifts = []
    for image, mask in zip(changed[:, 0].numpy(), masks.numpy(), strict=True):
        bright = np.clip(image - np.median(image[mask == 1]) - 0.2, 0, None)
        centre = ndimage.center_of_mass(np.where(mask > 0, bright, 0))
        shifts.append(np.subtract(centre, ndimage.center_of_mass(mask == 2)))

    assert np.abs(np.mean(shifts, 0)).max() < 0.15
    assert np.abs(shifts).max() < 0.8


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("values", [(0, 5, 254), (1, 7)])
def test_no_label_is_ever_invented(kind: str, values: tuple[int, ...]) -> None:
    torch.manual_seed(2)
    labels = torch.tensor(values)[torch.randint(len(values), (40, 32, 32))]
    labels = labels.to(torch.uint8)
    _, changed = Augmenter(kind, 3)(torch.rand(40, 3, 32, 32), labels)

    assert changed.dtype == torch.uint8
    assert set(changed.unique().tolist()) <= {0, *values}


@pytest.mark.parametrize("kind", ["photo", "microscopy"])
def test_what_comes_from_outside_is_not_annotated(kind: str) -> None:
    torch.manual_seed(3)
    changed = Augmenter(kind, 1)(torch.ones(60, 1, 32, 32), torch.ones(60, 32, 32))[1]
    corners = changed[:, [0, 0, -1, -1], [0, -1, 0, -1]]

    assert set(changed.unique().tolist()) == {0, 1}
    assert (corners == 0).any()
    assert (changed[:, 16, 16] == 1).all()  # turned about the middle


def test_flips_only_flip() -> None:
    torch.manual_seed(4)
    images = torch.rand(1, 3, 8, 8).repeat(60, 1, 1, 1)
    labels = torch.randint(0, 4, (1, 8, 8), dtype=torch.uint8).repeat(60, 1, 1)
    changed, masks = Augmenter("flips", 3)(images, labels)
    seen = set()
    for image, mask in zip(changed, masks, strict=True):
        for axes in [(), (1,), (2,), (1, 2)]:
            if torch.equal(image, images[0].flip(axes)):
                assert torch.equal(mask, labels[0].flip([a - 1 for a in axes]))
                seen.add(axes)
                break
        else:
            pytest.fail("a patch was not flipped but changed")

    assert len(seen) == 4


def test_none_changes_nothing() -> None:
    images, labels = scene(2, 3)
    same_images, same_labels = Augmenter("none", 3)(images, labels)

    assert torch.equal(same_images, images)
    assert torch.equal(same_labels, labels)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_any_number_of_channels_stays_between_zero_and_one(
    kind: str, channels: int
) -> None:
    torch.manual_seed(5)
    images = torch.rand(16, channels, 32, 32)
    changed, _ = Augmenter(kind, channels)(images, torch.ones(16, 32, 32))

    assert changed.shape == images.shape
    assert changed.dtype == torch.float32
    assert torch.isfinite(changed).all()
    assert changed.min() > -0.2
    assert changed.max() < 1.2


@pytest.mark.parametrize("kind", KINDS)
def test_equal_seeds_change_equally_and_patches_differ(kind: str) -> None:
    images, labels = scene(8, 3)
    runs = []
    for seed in (6, 6, 7):
        torch.manual_seed(seed)
        runs.append(Augmenter(kind, 3)(images, labels))

    assert torch.equal(runs[0][0], runs[1][0])
    assert torch.equal(runs[0][1], runs[1][1])
    assert not torch.equal(runs[0][0], runs[2][0])
    assert not all(torch.equal(runs[0][1][0], other) for other in runs[0][1])


@pytest.mark.parametrize("kind", ["photo", "microscopy"])
@pytest.mark.parametrize("channels", [1, 3])
def test_light_changes_are_even_about_the_original(kind: str, channels: int) -> None:
    torch.manual_seed(8)
    images = torch.full((800, channels, 8, 8), 0.5)
    changed, masks = Augmenter(kind, channels)(images, torch.ones(800, 8, 8))
    means = torch.stack(
        [i[:, m > 0].mean() for i, m in zip(changed, masks, strict=True)]
    )

    assert abs(float(means.mean()) - 0.5) < 0.03
    assert float(means.std()) > 0.05  # and they do change


def test_hues_change_in_photographs_only() -> None:
    torch.manual_seed(9)
    green = torch.tensor([0.2, 0.6, 0.2])[:, None, None].expand(200, 3, 32, 32)
    shares = {}
    for kind in KINDS:  # light alone keeps red and blue equal
        changed, _ = Augmenter(kind, 3)(green.clone(), torch.ones(200, 32, 32))
        red, _, blue = changed[:, :, 12:20, 12:20].mean((2, 3)).T
        shares[kind] = float(((red - blue).abs() > 0.02).float().mean())

    assert 0.05 < shares["photo"] < 0.5
    assert shares["flips"] == shares["microscopy"] == 0


@pytest.mark.parametrize("kind", KINDS)
def test_the_given_batch_is_not_changed(kind: str) -> None:
    images, labels = scene(4, 3)
    before = images.clone(), labels.clone()
    Augmenter(kind, 3)(images, labels)

    assert torch.equal(images, before[0])
    assert torch.equal(labels, before[1])
