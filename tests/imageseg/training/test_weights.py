"""Class weights: none, by hand, or from frequencies."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from imageseg.errors import SettingsError
from imageseg.training.sample import Part
from imageseg.training.weights import class_weights

MakePlane = Callable[..., Part]


@pytest.fixture
def planes(make_plane: MakePlane) -> list[Part]:
    """Return 12 pixels of class 1, 4 of class 2 and 2 that are not annotated."""
    first = np.array([[1] * 6 + [2] * 2 + [0]])
    return [make_plane(first), make_plane(first)]


def test_equal_weights_are_none_at_all(planes: list[Part]) -> None:
    assert class_weights("equal", planes, 2) is None


def test_balanced_weights_are_inverse_frequencies_of_mean_one(
    planes: list[Part],
) -> None:
    weights = class_weights("balanced", planes, 2)

    np.testing.assert_allclose(weights, [0.5, 1.5])  # 1 : 3


def test_a_class_without_pixels_neither_counts_nor_fails(planes: list[Part]) -> None:
    np.testing.assert_allclose(class_weights("balanced", planes, 3), [0.5, 1.5, 1.0])


def test_numbers_are_taken_as_they_are(planes: list[Part]) -> None:
    weights = class_weights("1,1,1.2", planes, 3)

    np.testing.assert_allclose(weights, [1, 1, 1.2])
    assert weights is not None
    assert weights.dtype == np.float32


@pytest.mark.parametrize("wish", ["1,1", "0,0,0", "1,2,3,4"])
def test_other_numbers_than_classes_are_refused(wish: str, planes: list[Part]) -> None:
    with pytest.raises(SettingsError, match=r"class_weights.*3 numbers"):
        class_weights(wish, planes, 3)
