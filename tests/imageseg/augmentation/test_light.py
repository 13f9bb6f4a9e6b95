"""Light, blur and noise, against formulas written out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage

from imageseg.augmentation import AugmentSettings
from imageseg.augmentation.draws import Draws
from imageseg.augmentation.light import add_noise, blur, relight


def changed(change: object, images: torch.Tensor, seed: int = 0, **values: float):
    """Return changed copies; every share is 1."""
    shares = dict.fromkeys(("light_share", "blur_share", "noise_share"), 1.0)
    settings = AugmentSettings(**shares | values)
    copies = images.clone()
    change(copies, settings, Draws(seed))  # type: ignore[operator]
    return copies


@pytest.mark.parametrize(
    ("name", "extent"),
    [("brightness", 20), ("contrast", 20), ("saturation", 20), ("hue", 5)],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_changes_are_even_about_the_original(
    name: str, extent: float, channels: int
) -> None:
    generator = torch.Generator().manual_seed(1)
    one = 0.3 + 0.4 * torch.rand(1, channels, 8, 8, generator=generator)
    images = changed(relight, one.repeat(3000, 1, 1, 1), **{name: extent})

    torch.testing.assert_close(images.mean(0), one[0], atol=0.03, rtol=0)
    moves = name in {"brightness", "contrast"} or channels == 3
    assert bool(((images - one).abs() > 1e-3).any()) == moves


def test_gamma_is_as_often_above_one_as_below() -> None:
    images = changed(relight, torch.full((3000, 1, 2, 2), 0.5), gamma=2.0)
    exponents = images[:, 0, 0, 0].log2().neg()

    assert 0.5 <= float(exponents.min()) < 0.51
    assert 1.98 < float(exponents.max()) <= 2.0001
    assert float(exponents.log2().mean()) == pytest.approx(0, abs=0.05)


def test_contrast_is_about_the_mean_of_each_image() -> None:
    generator = torch.Generator().manual_seed(1)
    given = 0.4 + 0.2 * torch.rand(5, 2, 6, 6, generator=generator)
    given[2:] += 0.1
    images = changed(relight, given, contrast=50)
    old, new = given.flatten(1), images.flatten(1)
    factor = (new - new.mean(1, keepdim=True)) / (old - old.mean(1, keepdim=True))

    torch.testing.assert_close(new.mean(1), old.mean(1))
    assert float(factor.std(1).max()) < 1e-3
    assert float(factor.mean(1).std()) > 0.05


def test_brightness_multiplies_grey_values() -> None:
    generator = torch.Generator().manual_seed(1)
    given = 0.1 + 0.5 * torch.rand(50, 2, 4, 4, generator=generator)
    ratio = changed(relight, given, brightness=30) / given

    assert float(ratio.flatten(1).std(1).max()) < 1e-5
    assert 0.7 <= float(ratio.min()) < 0.75
    assert 1.25 < float(ratio.max()) <= 1.3001


def test_hue_and_saturation_leave_greys_alone() -> None:
    grey = torch.linspace(0, 1, 64).reshape(1, 1, 8, 8).repeat(20, 3, 1, 1)

    torch.testing.assert_close(
        changed(relight, grey, hue=50, saturation=50), grey, atol=1e-6, rtol=0
    )


def test_blur_is_that_of_scipy() -> None:
    generator = torch.Generator().manual_seed(1)
    given = torch.rand(1, 2, 24, 31, generator=generator)
    found = changed(blur, given, blur=2.0)
    sigma = float(Draws(0).between(1, 0.0, 2.0))
    reach = int(np.ceil(3 * sigma))
    for new, old in zip(found[0].numpy(), given[0].numpy(), strict=True):
        expected = ndimage.gaussian_filter(old, sigma, mode="mirror", radius=reach)
        np.testing.assert_allclose(new, expected, atol=1e-5)


def test_each_image_has_its_own_blur() -> None:
    point = torch.zeros(4, 1, 21, 21)
    point[..., 10, 10] = 1
    tops = changed(blur, point, blur=3.0).amax((1, 2, 3))

    assert len(set(tops.tolist())) == 4
    torch.testing.assert_close(
        changed(blur, point, blur=3.0).sum((1, 2, 3)), torch.ones(4)
    )


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (2, 2)])
def test_blur_takes_the_smallest_images(shape: tuple[int, int]) -> None:
    images = changed(blur, torch.full((2, 1, *shape), 0.5), blur=5.0)

    torch.testing.assert_close(images, torch.full((2, 1, *shape), 0.5))


def test_noise_has_its_standard_deviation_and_no_mean() -> None:
    given = torch.full((300, 1, 30, 30), 0.5)
    noise = changed(add_noise, given, noise=0.1) - given
    sigma = noise.flatten(1).std(1)

    assert float(noise.mean()) == pytest.approx(0, abs=1e-3)
    assert float(sigma.max()) == pytest.approx(0.1, abs=0.01)
    assert float(sigma.mean()) == pytest.approx(0.05, abs=0.01)


@pytest.mark.parametrize("change", [relight, blur, add_noise])
def test_everything_stays_between_zero_and_one(change: object) -> None:
    everything = {
        **dict.fromkeys(("brightness", "contrast", "saturation", "hue"), 100.0),
        "gamma": 5.0,
        "blur": 5.0,
        "noise": 1.0,
    }
    images = changed(change, torch.rand(40, 3, 9, 9), **everything)

    assert torch.isfinite(images).all()
    assert images.min() >= 0
    assert images.max() <= 1


@pytest.mark.parametrize("change", [relight, blur, add_noise])
def test_without_ranges_nothing_changes(change: object) -> None:
    images = torch.rand(8, 3, 9, 9) * 2 - 0.5  # not even what is out of range

    assert torch.equal(changed(change, images), images)
