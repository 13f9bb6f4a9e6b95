"""The expected change of a density, against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from imageseg.guidance.effect import Masses, folded_mean, masses, share_changed

BOTH = np.array([True, True])


def found(second: np.ndarray, side: int, **values: np.ndarray) -> Masses:
    """Add up a plane of two classes, given the probability of the second."""
    p = np.stack([1 - second, second]).astype(np.float32)
    labels = np.where(second >= 0.5, 2, 1).astype(np.uint8)
    region = values.pop("region", np.ones(second.shape, bool))
    return masses(p, labels, side, region=region, **values)


def test_what_is_lost_and_gained_across_a_border_cancels() -> None:
    """Two pixels lose 0.4 each, two gain 0.4 each; elsewhere one class loses both."""
    border = found(np.array([[0.6, 0.6, 0.4, 0.4]]), 4)
    blob = found(np.array([[0.4, 0.4, 0.4, 0.4]]), 4)

    np.testing.assert_allclose(border.shift[:, 0, 0], [0, 0], atol=1e-6)
    np.testing.assert_allclose(blob.shift[:, 0, 0], [-1.6, 1.6], atol=1e-6)
    np.testing.assert_allclose(border.variance, blob.variance)
    assert share_changed(border, BOTH, border.area, piece=0) == pytest.approx(
        0, abs=1e-6
    )
    assert share_changed(blob, BOTH, blob.area, piece=0)[0, 0] == pytest.approx(0.4)


def test_of_two_classes_the_share_is_the_change_of_either_fraction() -> None:
    """Ten pixels, three of them with p = 0.3: the second class gains 0.9 of 10."""
    second = np.array([[0, 0, 0, 0, 0, 0.3, 0.3, 0.3, 1, 1]])
    own = found(second, 10)

    assert share_changed(own, BOTH, own.area, piece=0)[0, 0] == pytest.approx(0.09)


def test_a_pixel_that_leaves_an_excluded_class_enters_the_denominator() -> None:
    """Leaf 4, soil 4, glare 2 with p(leaf) = 0.5 each: leaf goes from 4/8 to 5/9.

    To first order it changes by (1 - 1/2) / 8 = 0.0625, soil by -0.0625.
    """
    p = np.zeros((3, 1, 10), np.float32)
    p[0, 0, :4], p[1, 0, 4:8] = 1, 1
    p[0, 0, 8:], p[2, 0, 8:] = 0.49, 0.51
    labels = np.array([[1] * 4 + [2] * 4 + [3] * 2], np.uint8)
    own = masses(p, labels, 10, region=np.ones((1, 10), bool))
    counted = np.array([True, True, False])

    assert share_changed(own, counted, own.area, piece=0)[0, 0] == pytest.approx(
        0.98 * 0.5 / 8, rel=1e-5
    )


def test_what_is_annotated_or_outside_the_region_changes_nothing() -> None:
    second = np.array([[0.4, 0.4, 0.4, 0.4]])
    region = np.array([[True, True, True, False]])
    annotated = np.array([[2, 0, 0, 0]], np.uint8)
    own = found(second, 4, region=region, annotated=annotated)

    np.testing.assert_allclose(own.shift[:, 0, 0], [-0.8, 0.8], atol=1e-6)
    np.testing.assert_array_equal(own.area, [2, 1])  # the annotation is the truth
    assert own.pixels == [[2]]


def test_the_spread_of_pieces_is_their_side_times_that_of_pixels() -> None:
    """100 pixels, 50 with p = 0.6 and 50 with 0.4: variance 24, no shift.

    With pieces of 2 px: E|change| = 2 √24 √(2/π) = 7.818 pixels of 100.
    """
    second = np.repeat([[0.6], [0.4]], 50, axis=1)
    own = found(second, 50)

    assert share_changed(own, BOTH, own.area, piece=2)[0, 0] == pytest.approx(
        2 * 24**0.5 * (2 / np.pi) ** 0.5 / 100, rel=1e-5
    )


def test_the_folded_mean_is_that_of_drawn_numbers() -> None:
    rng = np.random.default_rng(0)
    mean, deviation = np.array([0.0, 1.0, -3.0]), np.array([2.0, 1.5, 0.5])
    drawn = np.abs(rng.normal(mean, deviation, (400_000, 3))).mean(0)

    np.testing.assert_allclose(folded_mean(mean, deviation), drawn, rtol=5e-3)


def test_without_deviation_the_folded_mean_is_the_absolute_value() -> None:
    values = np.array([0.0, -1e6, 3.0])

    result = folded_mean(values, np.zeros(3))
    np.testing.assert_allclose(result, np.abs(values), atol=1e-6)
