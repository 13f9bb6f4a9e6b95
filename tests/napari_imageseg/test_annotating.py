"""Strokes become annotation, and whole actions are taken back."""

from __future__ import annotations

import numpy as np
import pytest

from napari_imageseg.edits import Edit
from napari_imageseg.items import ImageItem

DARK, BRIGHT = 1, 2


@pytest.fixture
def plot(ready, make_item) -> ImageItem:
    """Return an image shown and predicted, its first two of eight rows bright."""
    item = make_item("plot", bright=2)
    ready.images.add(item)
    ready.predictor.predict()
    return item


def stroke(session, item: ImageItem, kind: str, row: int, label: int) -> None:
    shape = item.pixels.shape[:2]
    labels = item.corrected if kind == "prediction" else item.ensure_annotation(shape)
    box = slice(row, row + 1), slice(0, shape[1])
    before = labels[box].copy()
    labels[box] = label
    session.annotator.record(item, kind, Edit(box, before, labels[box].copy()))


def bright(item: ImageItem) -> float:
    return item.density.fractions["bright"] * 8


def test_strokes_and_predictions_stand_in_one_history(ready, plot) -> None:
    stroke(ready, plot, "annotation", 7, BRIGHT)
    ready.predictor.predict()
    stroke(ready, plot, "prediction", 0, DARK)
    assert bright(plot) == 2
    ready.journal.undo()
    assert bright(plot) == 3
    ready.journal.undo()  # the second prediction
    assert plot.annotated_pixels == 10
    ready.journal.undo()
    assert plot.annotated_pixels == 0
    assert bright(plot) == 2
    ready.journal.undo()  # the first

    assert plot.prediction is None
    assert plot.density is None
    assert plot.status == "new"


def test_all_is_done_again(ready, plot) -> None:
    stroke(ready, plot, "annotation", 7, BRIGHT)
    stroke(ready, plot, "prediction", 6, BRIGHT)
    annotation, corrected = plot.annotation.copy(), plot.corrected.copy()
    for _ in range(3):
        ready.journal.undo()
    for _ in range(3):
        ready.journal.redo()

    np.testing.assert_array_equal(plot.annotation, annotation)
    np.testing.assert_array_equal(plot.corrected, corrected)
    assert plot.counts[BRIGHT] == 20
    assert bright(plot) == 4


def test_a_later_prediction_leaves_corrections_alone(ready, plot) -> None:
    stroke(ready, plot, "prediction", 7, BRIGHT)
    ready.predictor.predict()

    assert (plot.annotation[7] == BRIGHT).all()
    assert bright(plot) == 3


def test_an_accepted_view_is_annotated_and_not_reviewed(ready, plot) -> None:
    ready.annotator.accept(plot, (slice(0, 4), slice(0, 10)))

    assert plot.annotated_pixels == 40
    assert plot.status == "annotated"


def test_an_accepted_image_is_reviewed_until_that_is_taken_back(ready, plot) -> None:
    stroke(ready, plot, "annotation", 7, BRIGHT)
    ready.annotator.accept(plot)
    assert plot.annotated_share == 1
    assert plot.status == "reviewed"
    assert bright(plot) == 3

    ready.journal.undo()
    assert plot.annotated_pixels == 10
    assert plot.status == "annotated"


def test_without_a_prediction_there_is_nothing_to_accept(ready, make_item) -> None:
    item = make_item()
    ready.images.add(item)
    ready.annotator.accept(item)

    assert item.annotated_pixels == 0
    assert ready.journal.undo_title == ""


def test_erasing_everything_is_taken_back(ready, plot) -> None:
    stroke(ready, plot, "annotation", 7, BRIGHT)
    ready.annotator.erase(plot)
    assert plot.annotated_pixels == 0
    ready.journal.undo()

    assert plot.annotated_pixels == 10
    assert (plot.annotation[7] == BRIGHT).all()


def test_erasing_everything_leaves_locked_classes(ready, plot) -> None:
    stroke(ready, plot, "annotation", 7, BRIGHT)
    stroke(ready, plot, "annotation", 0, DARK)
    ready.classes.lock(BRIGHT)
    ready.annotator.erase(plot)

    assert plot.counts[[DARK, BRIGHT]].tolist() == [0, 10]
    assert (plot.annotation[7] == BRIGHT).all()


def test_erasing_nothing_is_no_action(ready, plot) -> None:
    title = ready.journal.undo_title
    ready.annotator.erase(plot)

    assert ready.journal.undo_title == title


def test_reviewing_is_taken_back(ready, plot) -> None:
    ready.annotator.review(plot, reviewed=True)
    assert plot.status == "reviewed"
    ready.annotator.review(plot, reviewed=True)
    ready.journal.undo()

    assert plot.status == "predicted"


def test_a_stroke_that_changes_nothing_is_no_action(ready, plot) -> None:
    title = ready.journal.undo_title
    stroke(ready, plot, "prediction", 7, DARK)

    assert ready.journal.undo_title == title


def test_another_model_is_taken_back_with_its_classes(ready, make_model) -> None:
    old, scheme = ready.models.current, ready.classes.scheme
    ready.models.use(make_model(), "tiny")
    assert ready.classes.scheme == ready.models.current.spec.scheme
    ready.journal.undo()

    assert ready.models.current is old
    assert ready.classes.scheme == scheme
    ready.journal.redo()
    assert ready.models.origin == "tiny"


def test_a_stroke_spares_locked_classes(ready, plot) -> None:
    stroke(ready, plot, "annotation", 7, BRIGHT)
    ready.classes.lock(BRIGHT)
    box = slice(6, 8), slice(0, 10)
    before = plot.annotation[box].copy()
    plot.annotation[box] = DARK
    ready.annotator.record(plot, "annotation", Edit(box, before, plot.annotation[box]))

    assert (plot.annotation[6] == DARK).all()
    assert (plot.annotation[7] == BRIGHT).all()
    assert list(plot.counts[[DARK, BRIGHT]]) == [10, 10]
    ready.journal.undo()
    assert (plot.annotation[6] == 0).all()


def test_a_stroke_on_locked_pixels_only_is_no_action(ready, plot) -> None:
    stroke(ready, plot, "annotation", 7, BRIGHT)
    ready.classes.lock(BRIGHT)
    title = ready.journal.undo_title
    stroke(ready, plot, "annotation", 7, DARK)

    assert (plot.annotation[7] == BRIGHT).all()
    ready.journal.undo()
    assert title.startswith("stroke")
    assert plot.annotated_pixels == 0


def test_what_is_locked_is_spared_on_the_prediction_too(ready, plot) -> None:
    stroke(ready, plot, "annotation", 7, BRIGHT)  # predicted dark
    ready.classes.lock(BRIGHT)
    stroke(ready, plot, "prediction", 0, DARK)  # predicted bright
    assert (plot.corrected[0] == BRIGHT).all()

    box = slice(7, 8), slice(0, 10)
    before, after = plot.corrected[box].copy(), np.zeros((1, 10), np.uint8)
    plot.corrected[box] = after
    ready.annotator.record(plot, "prediction", Edit(box, before, after))
    assert (plot.annotation[7] == BRIGHT).all()


def test_an_unlocked_class_is_painted_over_again(ready, plot) -> None:
    stroke(ready, plot, "annotation", 7, BRIGHT)
    ready.classes.lock(BRIGHT)
    ready.classes.lock(BRIGHT, locked=False)
    stroke(ready, plot, "annotation", 7, DARK)

    assert (plot.annotation[7] == DARK).all()
