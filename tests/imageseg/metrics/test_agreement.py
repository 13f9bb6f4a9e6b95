"""Density errors against scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

from imageseg.metrics import DensityAgreement


def test_errors_are_those_of_scikit_learn() -> None:
    true, predicted = np.random.default_rng(0).random((2, 20))
    agreement = DensityAgreement.of(true, predicted)

    assert agreement.n == 20
    assert agreement.bias == pytest.approx(predicted.mean() - true.mean())
    assert agreement.mae == pytest.approx(mean_absolute_error(true, predicted))
    assert agreement.rmse == pytest.approx(mean_squared_error(true, predicted) ** 0.5)
    assert agreement.r2 == pytest.approx(r2_score(true, predicted))


def test_images_without_a_share_are_left_out() -> None:
    agreement = DensityAgreement.of([0.1, np.nan, 0.5], [0.2, 0.9, np.nan])

    assert agreement.n == 1
    assert agreement.bias == pytest.approx(0.1)
    assert math.isnan(agreement.r2)


def test_no_image_has_no_error() -> None:
    assert math.isnan(DensityAgreement.of([], []).mae)
