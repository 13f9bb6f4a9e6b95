"""The metrics of the field by their names, on the worked example."""

from __future__ import annotations

import numpy as np
import pytest

from imageseg.metrics import NAMED_METRICS

TRUTH = np.array([1.0, 0.0, 1.0, 1.0])
PROBABILITY = np.array([0.9, 0.2, 0.4, 0.8])
WORKED = {
    "dice_coef": 0.8253968,
    "jaccard_index": 0.6666667,
    "iou": 0.7380952,
    "iou_thresholded": 0.75,
    "binary_accuracy": 0.75,
    "habitat_dice": 0.7924528,
    "habitat_jaccard": 0.65625,
    "platypus_dice": 0.9203540,
}


@pytest.mark.parametrize("name", NAMED_METRICS)
def test_the_worked_example(name: str) -> None:
    metric = NAMED_METRICS[name]

    assert metric(TRUTH, PROBABILITY) == pytest.approx(WORKED[name], abs=1e-6)


def test_one_half_is_background_in_imageseg_and_foreground_in_keras_unet() -> None:
    half, one = np.array([0.5]), np.array([1.0])

    assert NAMED_METRICS["jaccard_index"](one, half) < 1e-6
    assert NAMED_METRICS["iou_thresholded"](one, half) == 1


@pytest.mark.parametrize("name", sorted(set(NAMED_METRICS)))
def test_equal_masks_are_perfect(name: str) -> None:
    assert NAMED_METRICS[name](TRUTH, TRUTH) == pytest.approx(1)
