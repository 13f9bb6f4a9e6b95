"""What is known of an image: prediction, corrections, annotation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_imageseg.items import ImageItem, final_labels, unique_name


def predicted(labels: list[list[int]]) -> ImageItem:
    item = ImageItem(name="plot")
    item.set_prediction(np.array(labels, np.uint8), "tiny")
    return item


def test_status_follows_the_work_on_an_image() -> None:
    item = ImageItem(name="plot")
    assert item.status == "new"

    item.set_prediction(np.ones((2, 2), np.uint8), "tiny")
    assert item.status == "predicted"

    item.ensure_annotation((2, 2))[0, 0] = 1
    item.count_annotated()
    assert item.status == "annotated"
    assert item.annotated_share == 0.25


def test_nothing_annotated_is_a_share_of_nought() -> None:
    assert ImageItem(name="plot").annotated_share == 0.0


def test_an_annotation_is_made_once() -> None:
    item = ImageItem(name="plot")
    first = item.ensure_annotation((2, 3))

    assert item.ensure_annotation((2, 3)) is first
    assert first.dtype == np.uint8
    assert first.shape == (2, 3)
    assert not first.any()


def test_final_labels_are_a_copy_in_which_the_annotation_wins() -> None:
    item = predicted([[1, 1, 2]])
    item.annotation = np.array([[0, 2, 0]], np.uint8)

    final = final_labels(item.prediction, item.annotation)
    np.testing.assert_array_equal(final, [[1, 2, 2]])
    final[:] = 0
    np.testing.assert_array_equal(item.prediction, [[1, 1, 2]])


@pytest.mark.parametrize("annotation", [None, np.ones((3, 3), np.uint8)])
def test_final_labels_are_the_prediction_without_a_fitting_annotation(
    annotation,
) -> None:
    prediction = np.array([[1, 2]], np.uint8)

    np.testing.assert_array_equal(final_labels(prediction, annotation), [[1, 2]])


def test_what_is_painted_on_the_prediction_is_recorded() -> None:
    item = predicted([[1, 1], [1, 1]])
    seen = item.corrected.copy()
    item.corrected[0, 1] = 2

    now = item.record_corrections(seen)

    np.testing.assert_array_equal(item.annotation, [[0, 2], [0, 0]])
    np.testing.assert_array_equal(now, item.corrected)
    assert now is not item.corrected


def test_what_is_back_at_the_predicted_class_is_not_annotated_any_more() -> None:
    item = predicted([[1, 1], [1, 1]])
    seen = item.corrected.copy()
    item.corrected[0, :] = 2
    seen = item.record_corrections(seen)
    item.corrected[0, 0] = 1

    item.record_corrections(seen)

    np.testing.assert_array_equal(item.annotation, [[0, 2], [0, 0]])


def test_erasing_on_the_prediction_takes_the_annotation_away() -> None:
    item = predicted([[1, 1]])
    item.annotation = np.array([[2, 2]], np.uint8)
    seen = item.corrected.copy()
    item.corrected[0, 0] = 0

    item.record_corrections(seen)

    np.testing.assert_array_equal(item.annotation, [[0, 2]])


def test_nothing_changed_is_said_by_the_same_object() -> None:
    item = predicted([[1, 2]])
    seen = item.corrected.copy()

    assert item.record_corrections(seen) is seen
    assert item.annotation is None
    assert ImageItem(name="new").record_corrections(seen) is seen


LABELS = arrays(np.uint8, (3, 4), elements=st.integers(0, 3))


@given(LABELS.map(lambda a: np.maximum(a, 1)), LABELS, LABELS)
def test_corrections_are_where_the_prediction_was_changed(
    prediction: np.ndarray, first: np.ndarray, second: np.ndarray
) -> None:
    """However it is painted, in one go or in two, only the end counts."""
    item = ImageItem(name="plot")
    item.set_prediction(prediction, "tiny")
    seen = item.corrected.copy()
    for painted in (first, second):
        item.corrected[...] = painted
        seen = item.record_corrections(seen)

    expected = np.where(second == prediction, 0, second)
    annotation = item.annotation
    found = np.zeros_like(expected) if annotation is None else annotation
    np.testing.assert_array_equal(found, expected)


def test_a_new_prediction_forgets_the_error_and_keeps_the_annotation() -> None:
    item = predicted([[1, 1]])
    item.error, item.annotation = "failed", np.array([[0, 2]], np.uint8)

    item.set_prediction(np.array([[2, 2]], np.uint8), "better")

    assert item.error == ""
    assert item.predicted_by == "better"
    np.testing.assert_array_equal(item.annotation, [[0, 2]])
    np.testing.assert_array_equal(item.corrected, [[2, 2]])
    assert item.corrected is not item.prediction


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        (set(), "plot"),
        ({"plot"}, "plot (2)"),
        ({"plot", "plot (2)"}, "plot (3)"),
    ],
    ids=["free", "taken", "taken twice"],
)
def test_names_are_numbered_when_taken(taken: set[str], expected: str) -> None:
    assert unique_name("plot", taken) == expected


def test_undo_on_the_prediction_gives_back_the_annotation_before() -> None:
    item = ImageItem(name="photo", annotation=np.array([[1, 0]], np.uint8))
    item.set_prediction(np.array([[1, 1]], np.uint8), "model")
    seen = item.corrected.copy()
    item.corrected[:] = 2
    seen = item.record_corrections(seen)
    assert item.annotation.tolist() == [[2, 2]]

    item.corrected[:] = 1
    item.record_corrections(seen)

    assert item.annotation.tolist() == [[1, 0]]
