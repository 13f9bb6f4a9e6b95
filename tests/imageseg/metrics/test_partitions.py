"""Partition errors against scikit-learn and scikit-image; warping by hand."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.measure import euler_number
from skimage.metrics import variation_of_information
from sklearn.metrics import adjusted_rand_score, rand_score

from imageseg.errors import ShapeMismatchError
from imageseg.metrics import PartitionErrors, warping_error


@pytest.fixture(params=range(5))
def partitions(request) -> tuple[np.ndarray, np.ndarray]:
    """Return two random partitions of one image."""
    rng = np.random.default_rng(request.param)
    return rng.integers(0, 6, (12, 15)), rng.integers(3, 8, (12, 15))


def test_rand_is_that_of_scikit_learn(partitions) -> None:
    truth, predicted = partitions
    errors = PartitionErrors.of(truth, predicted)
    flat = truth.ravel(), predicted.ravel()

    assert errors.rand_error == pytest.approx(1 - rand_score(*flat))
    assert errors.adjusted_rand == pytest.approx(adjusted_rand_score(*flat))


def test_information_is_that_of_scikit_image(partitions) -> None:
    truth, predicted = partitions
    errors = PartitionErrors.of(truth, predicted)
    split, merge = variation_of_information(truth, predicted)

    assert errors.split == pytest.approx(split)
    assert errors.merge == pytest.approx(merge)
    assert errors.variation_of_information == pytest.approx(split + merge)


def test_the_same_partition_under_other_numbers_has_no_error(partitions) -> None:
    errors = PartitionErrors.of(partitions[0], partitions[0] * 7 + 1)

    assert errors.rand_error == 0
    assert errors.adjusted_rand == 1
    assert errors.variation_of_information == pytest.approx(0, abs=1e-12)


def test_a_single_pixel_is_a_partition() -> None:
    assert PartitionErrors.of(np.zeros((1, 1)), np.ones((1, 1))).rand_error == 0


def disc(radius: float, centre: tuple[float, float] = (16, 16)) -> np.ndarray:
    """Return a disc in a plane of 32 × 32."""
    y, x = np.ogrid[:32, :32]
    return (y - centre[0]) ** 2 + (x - centre[1]) ** 2 <= radius**2


@pytest.mark.parametrize("seed", range(3))
def test_equal_pictures_have_no_warping_error(seed: int) -> None:
    picture = np.random.default_rng(seed).random((20, 20)) > 0.5

    assert warping_error(picture, picture) == 0


def test_a_border_that_moved_is_no_error() -> None:
    assert warping_error(disc(7), disc(11)) == 0
    assert warping_error(disc(11), disc(7)) == 0
    assert warping_error(disc(8), disc(8, (18, 14))) == 0


def test_a_split_costs_the_pixels_that_hold_it_together() -> None:
    cut = disc(10)
    cut[16] = False

    assert warping_error(disc(10), cut) == 1 / 32**2


def test_a_missing_object_costs_one_pixel() -> None:
    assert warping_error(disc(5), np.zeros((32, 32))) == 1 / 32**2


def test_a_hole_that_was_filled_costs_one_pixel() -> None:
    assert warping_error(disc(10) & ~disc(3), disc(10)) == 1 / 32**2


@pytest.mark.parametrize("seed", range(3))
def test_the_bent_truth_keeps_its_topology(seed: int) -> None:
    from imageseg.metrics.partitions import _warp_once  # noqa: PLC0415

    rng = np.random.default_rng(seed)
    warped, goal = np.pad(rng.random((2, 20, 20)) > 0.5, ((0, 0), (1, 1), (1, 1)))
    before = euler_number(warped, connectivity=2)
    while _warp_once(warped, goal):
        assert euler_number(warped, connectivity=2) == before


def test_pictures_of_other_sizes_are_refused() -> None:
    with pytest.raises(ShapeMismatchError, match=r"\(2, 2\).*\(3, 3\)"):
        warping_error(np.ones((2, 2)), np.ones((3, 3)))
