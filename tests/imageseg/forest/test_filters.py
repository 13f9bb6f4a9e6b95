"""Filters of the pixel classifier against SciPy, scikit-image and arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from imageseg.forest.filters import (
    eigenvalues,
    gaussian,
    hessian,
    line_masks,
    line_means,
    sobel,
)


@pytest.fixture
def plane():
    return np.random.default_rng(0).random((31, 40)).astype(np.float32)


@pytest.mark.parametrize("sigma", [0.4, 1.6, 6.4])
def test_gaussian_is_a_sampled_bell_cut_at_three_sigmas(sigma):
    spot = np.zeros((61, 61), np.float32)
    spot[30, 30] = 1
    at = np.arange(-30, 31)
    bell = np.exp(-(at**2) / (2 * sigma**2)) * (abs(at) <= np.ceil(3 * sigma))
    bell /= bell.sum()

    assert gaussian(spot, sigma) == pytest.approx(np.outer(bell, bell), abs=1e-7)


def test_a_sigma_of_zero_changes_nothing(plane):
    assert gaussian(plane, 0) is plane


def test_sobel_is_eight_times_the_slope_of_a_ramp():
    y, x = np.mgrid[:9, :9].astype(np.float32)

    dy, dx = sobel(3 * y - 2 * x)

    assert (dy[1:-1, 1:-1] == 24).all()
    assert (dx[1:-1, 1:-1] == -16).all()


def test_hessian_of_a_quadric_has_the_eigenvalues_of_its_matrix():
    """Of (y² + 4 yx + 3 x²) / 2 it is [[1, 2], [2, 3]]: 2 ± √5."""
    y, x = np.mgrid[-6:7, -6:7].astype(np.float32)

    first, second = eigenvalues(*hessian(*sobel((y**2 + 4 * y * x + 3 * x**2) / 2)))

    assert first[6, 6] == pytest.approx(64 * (2 + np.sqrt(5)), rel=1e-6)
    assert second[6, 6] == pytest.approx(64 * (2 - np.sqrt(5)), rel=1e-6)


def test_eigenvalues_are_those_of_numpy():
    yy, yx, xx = np.random.default_rng(1).normal(size=(3, 5, 6))
    matrices = np.stack([np.stack([yy, yx], -1), np.stack([yx, xx], -1)], -1)

    first, second = eigenvalues(yy, yx, xx)

    assert np.stack([second, first], -1) == pytest.approx(np.linalg.eigvalsh(matrices))


def test_line_means_are_correlations_with_lines(plane):
    masks = line_masks(19, 10)

    means = line_means(plane, 19, 10)

    for mean, mask in zip(means, masks, strict=True):
        wanted = ndimage.correlate(plane, mask / mask.sum(), mode="nearest")
        assert mean == pytest.approx(wanted, abs=1e-6)


def test_lines_are_one_pixel_wide_and_turn_by_equal_angles():
    masks = line_masks(19, 10)

    assert masks[0].nonzero()[0].tolist() == [9] * 19
    assert masks[5].nonzero()[1].tolist() == [9] * 19
    for i, mask in enumerate(masks):
        y, x = np.argwhere(mask).T - 9
        steps = np.hypot(y, x) > 3
        turned = np.degrees(np.arctan2(y, x)[steps]) - 18 * i
        assert abs((turned + 90) % 180 - 90).max() < 10
        assert (mask == mask[::-1, ::-1]).all()
