"""Threshold curves and calibration against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import f1_score, precision_score, recall_score, roc_auc_score

from imageseg.errors import ShapeMismatchError
from imageseg.metrics import ProbabilityCounts


@pytest.fixture
def answers() -> tuple[np.ndarray, np.ndarray]:
    """Return labels with gaps and probabilities of three classes, in thousandths."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, (40, 50)).astype(np.uint8)
    parts = rng.integers(1, 100, (3, 40, 50)) + 60 * (
        truth == np.arange(1, 4)[:, None, None]
    )
    return truth, (parts * 1000 // parts.sum(0) + 0.5) / 1000


def binary(answers: tuple[np.ndarray, np.ndarray], k: int) -> tuple[np.ndarray, ...]:
    """Return truth and probability of one class on annotated pixels."""
    truth, p = answers
    return (truth == k)[truth > 0], p[k - 1][truth > 0]


@pytest.mark.parametrize("threshold", [0.25, 0.5, 0.7])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_the_curve_is_that_of_scikit_learn(answers, k: int, threshold: float) -> None:
    t, p = binary(answers, k)
    curve = ProbabilityCounts.of(*answers).curve(k)
    at = int(np.flatnonzero(np.isclose(curve.thresholds, threshold))[0])
    called = p >= threshold

    assert curve.precision[at] == pytest.approx(precision_score(t, called))
    assert curve.recall[at] == pytest.approx(recall_score(t, called))
    assert curve.dice[at] == pytest.approx(f1_score(t, called))
    assert curve.false_positive_rate[at] == pytest.approx(
        (called & ~t).sum() / (~t).sum()
    )


@pytest.mark.parametrize("k", [1, 2, 3])
def test_the_area_is_that_of_scikit_learn(answers, k: int) -> None:
    curve = ProbabilityCounts.of(*answers).curve(k)

    assert curve.area_under_roc == pytest.approx(roc_auc_score(*binary(answers, k)))


@pytest.mark.parametrize("k", [1, 2, 3])
def test_a_higher_threshold_never_calls_more(answers, k: int) -> None:
    curve = ProbabilityCounts.of(*answers).curve(k)

    assert (np.diff(curve.thresholds) > 0).all()
    assert (np.diff(curve.recall) <= 0).all()
    assert (np.diff(curve.false_positive_rate) <= 0).all()
    assert (curve.recall[0], curve.false_positive_rate[0]) == (1, 1)
    assert curve.precision[0] == pytest.approx(binary(answers, k)[0].mean())


def test_the_best_threshold_has_the_largest_dice(answers) -> None:
    t, p = binary(answers, 2)
    best = ProbabilityCounts.of(*answers).curve(2).best
    tried = [f1_score(t, p >= threshold) for threshold in np.linspace(0, 0.99, 100)]

    assert f1_score(t, p >= best) >= max(tried) - 1e-12


def test_reliability_is_that_of_scikit_learn(answers) -> None:
    t, p = binary(answers, 1)
    reliability = ProbabilityCounts.of(*answers).reliability(1)
    observed, predicted = calibration_curve(t, p, n_bins=10)
    full = reliability.pixels > 0

    np.testing.assert_allclose(reliability.observed[full], observed)
    np.testing.assert_allclose(reliability.predicted[full], predicted, atol=1e-9)
    gaps = np.abs(observed - predicted) * reliability.pixels[full] / len(t)
    assert reliability.error == pytest.approx(gaps.sum())


def test_images_add_up(answers) -> None:
    truth, p = answers
    top, bottom = (
        ProbabilityCounts.of(truth[rows], p[:, rows])
        for rows in (slice(0, 15), slice(15, None))
    )

    np.testing.assert_array_equal(
        (top + bottom).counts, ProbabilityCounts.of(truth, p).counts
    )


def test_a_certain_answer_is_in_the_last_bin() -> None:
    counts = ProbabilityCounts.of(
        np.array([[2, 1]], np.uint8), np.array([[[0.0, 1.0]], [[1.0, 0.0]]])
    )

    assert counts.curve(2).recall[-2] == 1
    assert counts.curve(2).best == pytest.approx(0.5)
    assert counts.reliability(2).error == pytest.approx(0, abs=1e-3)


def test_nothing_annotated_has_no_curve() -> None:
    counts = ProbabilityCounts.of(np.zeros((2, 2), np.uint8), np.ones((2, 2, 2)) / 2)

    assert np.isnan(counts.curve(1).recall).all()
    assert np.isnan(counts.reliability(1).error)


def test_probabilities_of_another_image_are_refused() -> None:
    with pytest.raises(ShapeMismatchError, match=r"\(2, 2\).*\(3, 3\)"):
        ProbabilityCounts.of(np.ones((2, 2), np.uint8), np.ones((2, 3, 3)))
