"""Errors over blocks, against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t

from imageseg.metrics.chance import (
    dice_where_annotated,
    jackknife_error,
    t_quantile,
)


def test_a_class_that_is_only_predicted_does_not_halve_the_mean() -> None:
    """99 of 100 pixels right: Dice 2 × 99 / 199; the stray class is not annotated."""
    assert dice_where_annotated(np.array([[99, 1], [0, 0]])) == pytest.approx(198 / 199)


def test_nothing_annotated_has_no_dice() -> None:
    assert np.isnan(dice_where_annotated(np.zeros((2, 2), int)))


def test_the_error_is_that_of_leaving_blocks_out() -> None:
    """One class annotated, so that Dice is 2 h / (h + n) with h hits of n pixels.

    Before, 10 of 10 in each block; after, 10, 8 and 6. Without each: 14, 16 and 18 of
    20, Dice 28/34, 32/36, 36/38, against 1 before.
    """
    before = np.array([[[10, 0], [0, 0]]] * 3)
    after = np.array([[[h, 10 - h], [0, 0]] for h in (10, 8, 6)])
    changes = np.array([28 / 34, 32 / 36, 36 / 38]) - 1
    expected = np.sqrt(2 / 3 * ((changes - changes.mean()) ** 2).sum())

    assert jackknife_error(before, after) == pytest.approx(expected)


def test_equal_blocks_have_no_error() -> None:
    blocks = np.array([[[8, 2], [1, 9]]] * 4)

    assert jackknife_error(blocks, blocks[:, ::-1]) == pytest.approx(0, abs=1e-12)


def test_the_quantile_is_that_of_scipy() -> None:
    assert t_quantile(0.95, 4) == pytest.approx(t.ppf(0.95, 4))
