"""Scores against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as reference

from imageseg.errors import ShapeMismatchError
from imageseg.metrics.scores import Scores, confusion_matrix

CLASSES = 4
IDS = list(range(1, CLASSES + 1))


@st.composite
def label_pairs(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Draw an annotation (0 = none) with an annotated pixel, and a prediction."""
    shape = draw(hnp.array_shapes(min_dims=2, max_dims=3, max_side=6))
    truth = draw(hnp.arrays(np.uint8, shape, elements=st.integers(0, CLASSES)))
    truth.flat[0] = draw(st.integers(1, CLASSES))
    predicted = draw(hnp.arrays(np.uint8, shape, elements=st.integers(1, CLASSES)))
    return truth, predicted


@given(label_pairs())
def test_the_matrix_is_that_of_scikit_learn_on_annotated_pixels(
    pair: tuple[np.ndarray, np.ndarray],
) -> None:
    truth, predicted = pair
    on = truth > 0

    expected = reference.confusion_matrix(truth[on], predicted[on], labels=IDS)
    np.testing.assert_array_equal(confusion_matrix(truth, predicted, CLASSES), expected)


@given(label_pairs())
def test_scores_are_those_of_scikit_learn_and_nan_for_absent_classes(
    pair: tuple[np.ndarray, np.ndarray],
) -> None:
    truth, predicted = pair
    t, p = truth[truth > 0], predicted[truth > 0]
    scores = Scores.of(truth, predicted, CLASSES)
    options = {"labels": IDS, "average": None}

    f1 = reference.f1_score(t, p, **options, zero_division=np.nan)
    np.testing.assert_allclose(scores.dice, f1, rtol=1e-12)
    precision = reference.precision_score(t, p, **options, zero_division=np.nan)
    np.testing.assert_allclose(scores.precision, precision, rtol=1e-12)
    recall = reference.recall_score(t, p, **options, zero_division=np.nan)
    np.testing.assert_allclose(scores.recall, recall, rtol=1e-12)
    there = np.isin(IDS, np.union1d(t, p))
    iou = reference.jaccard_score(t, p, **options, zero_division=0)
    np.testing.assert_allclose(scores.iou, np.where(there, iou, np.nan), rtol=1e-12)
    assert scores.accuracy == pytest.approx(reference.accuracy_score(t, p))
    assert scores.mean_dice == pytest.approx(np.nanmean(f1))
    assert scores.pixels == t.size


@given(label_pairs())
def test_class_fractions_are_shares_of_the_annotated_pixels(
    pair: tuple[np.ndarray, np.ndarray],
) -> None:
    truth, predicted = pair
    on = truth > 0
    scores = Scores.of(truth, predicted, CLASSES)

    np.testing.assert_allclose(
        scores.true_fractions, [(truth[on] == k).mean() for k in IDS]
    )
    np.testing.assert_allclose(
        scores.predicted_fractions, [(predicted[on] == k).mean() for k in IDS]
    )


@given(label_pairs(), st.integers(1, CLASSES))
def test_predictions_off_the_annotation_never_count(
    pair: tuple[np.ndarray, np.ndarray], other: int
) -> None:
    truth, predicted = pair
    changed = np.where(truth > 0, predicted, other).astype(np.uint8)

    np.testing.assert_array_equal(
        confusion_matrix(truth, predicted, CLASSES),
        confusion_matrix(truth, changed, CLASSES),
    )


@given(label_pairs(), label_pairs())
def test_adding_scores_pools_the_pixels(
    one: tuple[np.ndarray, np.ndarray], two: tuple[np.ndarray, np.ndarray]
) -> None:
    pooled = Scores.of(*one, CLASSES) + Scores.of(*two, CLASSES)

    truth, predicted = (
        np.concatenate([a.ravel(), b.ravel()]) for a, b in zip(one, two, strict=True)
    )
    np.testing.assert_array_equal(
        pooled.matrix, confusion_matrix(truth, predicted, CLASSES)
    )


def test_a_case_worked_by_hand() -> None:
    truth = np.array([[1, 1, 1, 2], [2, 2, 0, 0]], np.uint8)
    predicted = np.array([[1, 1, 2, 2], [2, 1, 1, 2]], np.uint8)
    scores = Scores.of(truth, predicted, 3)

    np.testing.assert_array_equal(scores.matrix, [[2, 1, 0], [1, 2, 0], [0, 0, 0]])
    np.testing.assert_allclose(scores.dice, [4 / 6, 4 / 6, np.nan])
    np.testing.assert_allclose(scores.iou, [2 / 4, 2 / 4, np.nan])
    assert scores.accuracy == pytest.approx(4 / 6)
    assert scores.mean_dice == pytest.approx(4 / 6)


def test_three_classes_worked_by_hand() -> None:
    truth = np.array([[1, 1, 1, 1], [2, 2, 2, 3], [3, 3, 0, 0]], np.uint8)
    predicted = np.array([[1, 1, 2, 3], [2, 2, 1, 3], [3, 2, 1, 3]], np.uint8)
    scores = Scores.of(truth, predicted, 3)

    # Rows are the truth. Class 1: 2 of 4 found, 3 called so; 2: 2 of 3, 4 called so;
    # 3: 2 of 3, 3 called so.
    np.testing.assert_array_equal(scores.matrix, [[2, 1, 1], [1, 2, 0], [0, 1, 2]])
    np.testing.assert_allclose(scores.precision, [2 / 3, 2 / 4, 2 / 3])
    np.testing.assert_allclose(scores.recall, [2 / 4, 2 / 3, 2 / 3])
    np.testing.assert_allclose(scores.dice, [4 / 7, 4 / 7, 4 / 6])
    np.testing.assert_allclose(scores.iou, [2 / 5, 2 / 5, 2 / 4])
    assert scores.mean_iou == pytest.approx((2 / 5 + 2 / 5 + 2 / 4) / 3)
    assert scores.accuracy == pytest.approx(6 / 10)
    assert scores.majority == pytest.approx(4 / 10)


def test_many_classes_do_not_overflow_the_label_type() -> None:
    truth = np.array([[254, 200]], np.uint8)
    matrix = confusion_matrix(truth, truth, 254)

    assert matrix[253, 253] == 1
    assert matrix[199, 199] == 1
    assert matrix.sum() == 2


def test_nothing_annotated_gives_nan_and_no_warning() -> None:
    empty = np.zeros((3, 3), np.uint8)
    scores = Scores.of(empty, empty + 1, 2)

    assert scores.pixels == 0
    values = [scores.accuracy, scores.mean_dice, *scores.dice, *scores.iou]
    assert np.isnan([*values, *scores.true_fractions]).all()


def test_arrays_of_different_shape_are_refused_with_both_shapes() -> None:
    with pytest.raises(ShapeMismatchError, match=r"\(2, 3\).*\(3, 2\)"):
        Scores.of(np.ones((2, 3), np.uint8), np.ones((3, 2), np.uint8), 2)


def test_the_majority_baseline_calls_everything_by_the_commonest_class() -> None:
    truth = np.array([[1, 1, 1, 2, 0]], np.uint8)
    predicted = np.array([[2, 2, 1, 1, 1]], np.uint8)
    scores = Scores.of(truth, predicted, 2)

    assert scores.majority == 0.75
    assert scores.accuracy == 0.25
    assert scores.mean_iou == pytest.approx((1 / 4 + 0) / 2)
