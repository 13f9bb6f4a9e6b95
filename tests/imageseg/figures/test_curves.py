"""Curves and reliability are drawn as they were counted."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex
from sklearn.calibration import calibration_curve
from sklearn.metrics import precision_recall_curve

from imageseg.classes import CANOPY, ClassScheme
from imageseg.figures import reliability_figure, threshold_figure
from imageseg.metrics import ProbabilityCounts

RNG = np.random.default_rng(5)
TRUTH = RNG.integers(1, 3, 3000).astype(np.uint8)
P = (RNG.beta(2, 2, 3000) * 0.7 + 0.3 * (TRUTH == 2)).round(2)
COUNTS = ProbabilityCounts.of(TRUTH, np.stack([1 - P, P]))


def test_precision_and_recall_are_those_of_scikit_learn() -> None:
    precision, rates = threshold_figure(COUNTS, CANOPY).axes

    (sky,) = (
        line
        for line in precision.lines
        if to_hex(line.get_color()) == CANOPY[2].colour and len(line.get_xdata()) > 1
    )
    drawn = {
        (round(x, 9), round(y, 9))
        for x, y in zip(*sky.get_data(), strict=True)
        if np.isfinite(y)
    }
    expected, recall, _ = precision_recall_curve(TRUTH == 2, P)
    points = set(zip(recall.round(9), expected.round(9), strict=True))
    assert drawn <= points
    assert len(points - drawn) <= 1  # (0, 1), where nothing is called
    assert (precision.get_xlabel(), precision.get_ylabel()) == ("recall", "precision")
    assert (rates.get_xlabel(), rates.get_ylabel()) == ("false positive rate", "recall")


def test_the_best_threshold_is_marked_and_said_to_be_of_these_images() -> None:
    figure = threshold_figure(COUNTS, CANOPY)

    best = COUNTS.curve(2)
    at = round(1000 * best.best)
    points = [
        line.get_xydata()[0].tolist()
        for line in figure.axes[0].lines
        if len(line.get_xdata()) == 1
    ]
    assert pytest.approx([best.recall[at], best.precision[at]]) in points
    texts = [text.get_text() for text in figure.texts]
    assert f"best from p ≥ {at / 1000:.2f}" in texts[1]
    assert any("on these images" in text for text in texts)


def test_classes_that_are_nowhere_have_no_curve() -> None:
    scheme = ClassScheme.from_names(["low", "middle", "high"])
    truth = np.array([1, 2, 1, 2], np.uint8)
    counts = ProbabilityCounts.of(truth, np.full((3, 4), 1 / 3))

    texts = [text.get_text() for text in threshold_figure(counts, scheme).texts]

    assert [text.split(":")[0] for text in texts[:2]] == ["low", "middle"]
    assert not any("high" in text for text in texts)


def test_reliability_is_that_of_scikit_learn() -> None:
    figure = reliability_figure(COUNTS, CANOPY)

    observed, shares = figure.axes
    sky = observed.lines[-1]
    expected, predicted = calibration_curve(TRUTH == 2, P + 1e-9, n_bins=10)
    np.testing.assert_allclose(sky.get_xdata(), predicted, atol=1e-3)
    np.testing.assert_allclose(sky.get_ydata(), expected)
    values = shares.patches[-1].get_data().values
    np.testing.assert_allclose(values, np.histogram(P + 1e-9, 10, (0, 1))[0] / 3000)


def test_without_annotation_there_is_an_empty_plot() -> None:
    counts = ProbabilityCounts.of(np.zeros((2, 2), np.uint8), np.full((2, 2, 2), 0.5))

    threshold_figure(counts, CANOPY)
    figure = reliability_figure(counts, CANOPY)

    assert [text.get_text() for text in figure.texts] == ["canopy", "sky"]
