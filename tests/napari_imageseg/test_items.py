"""What is known of an image: prediction, corrections, annotation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_imageseg.edits import Edit, whole_box
from napari_imageseg.items import Correction, ImageItem, unique_name


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


def paint(labels: np.ndarray, painted: np.ndarray) -> Edit:
    """Write labels as a brush does, and say what changed."""
    before = labels.copy()
    labels[...] = painted
    return Edit(whole_box(labels.shape), before, labels.copy())


def correct(item: ImageItem, painted: list[list[int]] | np.ndarray) -> Correction:
    edit = paint(item.corrected, np.array(painted, np.uint8))
    return item.record_correction(edit)


def test_what_is_painted_on_the_prediction_is_annotation() -> None:
    item = predicted([[1, 1], [1, 1]])
    correct(item, [[1, 2], [1, 1]])

    np.testing.assert_array_equal(item.annotation, [[0, 2], [0, 0]])
    assert item.annotated_pixels == 1


def test_painting_the_predicted_class_again_is_a_judgement_too() -> None:
    item = predicted([[1, 1]])
    correct(item, [[2, 1]])
    correct(item, [[1, 1]])

    np.testing.assert_array_equal(item.annotation, [[1, 0]])


def test_erased_on_the_prediction_is_no_annotation_and_shows_the_prediction() -> None:
    item = predicted([[1, 1, 1]])
    item.annotation = np.array([[2, 2, 0]], np.uint8)
    item.count_annotated()
    correct(item, [[0, 1, 1]])

    np.testing.assert_array_equal(item.annotation, [[0, 2, 0]])
    np.testing.assert_array_equal(item.corrected, [[1, 1, 1]])
    assert item.annotated_pixels == 1


def test_there_is_nothing_to_correct_or_accept_without_a_prediction() -> None:
    item = ImageItem(name="plot")
    edit = Edit(
        whole_box((1, 1)), np.zeros((1, 1), np.uint8), np.ones((1, 1), np.uint8)
    )

    with pytest.raises(ValueError, match="no prediction to correct"):
        item.record_correction(edit)
    with pytest.raises(ValueError, match="no prediction to accept"):
        item.accept(whole_box((1, 1)))


LABELS = arrays(np.uint8, (3, 4), elements=st.integers(0, 3))


@given(LABELS.map(lambda a: np.maximum(a, 1)), LABELS, LABELS, LABELS)
def test_corrections_taken_back_leave_all_as_it_was(
    prediction: np.ndarray,
    annotation: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
) -> None:
    item = ImageItem(name="plot", annotation=annotation.copy())
    item.count_annotated()
    item.set_prediction(prediction, "tiny")
    done = [correct(item, first), correct(item, second)]
    assert item.annotated_pixels == np.count_nonzero(item.annotation)
    for correction in reversed(done):
        correction.shown.undo(item.corrected)
        correction.annotated.undo(item.annotation)

    np.testing.assert_array_equal(item.annotation, annotation)
    np.testing.assert_array_equal(item.corrected, prediction)


def test_accepting_annotates_what_is_not_yet() -> None:
    item = predicted([[1, 1, 2], [2, 2, 2]])
    item.annotation = np.array([[0, 2, 0], [0, 0, 0]], np.uint8)
    item.count_annotated()
    item.accept((slice(0, 1), slice(0, 3)))

    np.testing.assert_array_equal(item.annotation, [[1, 2, 2], [0, 0, 0]])
    assert item.counts[1:4].tolist() == [1, 2, 0]


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
