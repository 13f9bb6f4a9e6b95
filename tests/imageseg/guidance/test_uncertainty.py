"""How sure a model is, of pixels and of areas."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import entropy as shannon

from imageseg.guidance import block_means, entropy, margin
from imageseg.guidance.uncertainty import block_sums


def test_the_margin_is_zero_where_a_model_is_sure_and_one_where_two_are_alike() -> None:
    p = np.array([[1.0, 0.5, 0.6, 0.2], [0, 0.5, 0.3, 0.2], [0, 0, 0.1, 0.6]])

    np.testing.assert_allclose(margin(p), [0, 1, 0.7, 0.6], atol=1e-6)


def test_entropy_is_that_of_scipy_as_a_share_of_its_largest_value(
    rng: np.random.Generator,
) -> None:
    p = rng.dirichlet([0.5] * 4, (5, 6)).transpose(2, 0, 1)

    np.testing.assert_allclose(
        entropy(p), shannon(p, axis=0) / np.log(4), rtol=1e-5, atol=1e-6
    )


def test_entropy_of_a_sure_model_is_zero_and_of_an_undecided_one_is_one() -> None:
    np.testing.assert_allclose(entropy(np.array([[1, 0.5], [0, 0.5]])), [0, 1])


def test_squares_at_the_far_ends_are_smaller() -> None:
    values = np.arange(12).reshape(3, 4)

    np.testing.assert_array_equal(block_sums(values, 3), [[45, 21]])
    np.testing.assert_array_equal(block_means(values, 2), [[2.5, 4.5], [8.5, 10.5]])


def test_means_of_equal_values_are_that_value() -> None:
    assert block_means(np.full((7, 5), 0.3), 4) == pytest.approx(0.3)
