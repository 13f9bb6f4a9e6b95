"""Quick answers to what is on show."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from napari_imageseg.edits import around, whole_box
from napari_imageseg.items import ImageItem
from napari_imageseg.look_jobs import LookProgress

DARK, BRIGHT = 1, 2


@pytest.fixture
def plot(ready, make_item) -> ImageItem:
    """Return an image shown, its first two of eight rows bright."""
    item = make_item("plot", bright=2)
    ready.images.add(item)
    return item


def test_a_look_answers_for_the_view_and_then_for_the_rest(ready, plot) -> None:
    shares = []
    ready.looker.visible_box = lambda: (slice(0, 4), slice(0, 10))
    ready.looker.looked.connect(
        lambda item, new: shares.append((np.count_nonzero(item.prediction) / 80, new))
    )
    ready.looker.look(ready.models.current, "instant")

    assert shares == [(0.5, True), (1.0, False)]
    assert (plot.prediction[:2] == BRIGHT).all()
    assert (plot.prediction[2:] == DARK).all()
    assert plot.predicted_by == "instant"
    assert plot.density.fractions["bright"] == 2 / 8


def test_what_was_predicted_before_the_looks_comes_back(ready, plot) -> None:
    ready.predictor.predict()
    before = plot.prediction
    before[7] = BRIGHT  # as another model would have it
    kept = before.copy()
    ready.looker.begin()
    for _ in range(3):
        ready.looker.look(ready.models.current, "instant")
    assert (plot.prediction[7] == DARK).all()
    ready.journal.undo()

    assert plot.prediction is before
    np.testing.assert_array_equal(before, kept)
    assert plot.predicted_by != "instant"
    ready.journal.redo()
    assert (plot.prediction[7] == DARK).all()


def test_a_look_after_undo_does_not_write_into_what_came_back(ready, plot) -> None:
    ready.predictor.predict()
    plot.prediction[7] = BRIGHT
    ready.looker.look(ready.models.current, "instant")
    ready.journal.undo()
    back = plot.prediction
    ready.looker.look(ready.models.current, "instant")

    assert (back[7] == BRIGHT).all()
    assert plot.prediction is not back


def test_a_prediction_asked_for_is_not_written_over(ready, plot) -> None:
    ready.looker.look(ready.models.current, "instant")
    ready.predictor.predict()
    asked = plot.prediction
    asked[7] = BRIGHT
    ready.looker.look(ready.models.current, "instant")
    ready.journal.undo()

    assert plot.prediction is asked
    assert (plot.prediction[7] == BRIGHT).all()


def test_strokes_are_not_touched_by_looks(ready, plot) -> None:
    annotation = plot.ensure_annotation((8, 10))
    annotation[7] = BRIGHT
    ready.annotator.recount(plot)
    ready.looker.look(ready.models.current, "instant")

    assert plot.counts[BRIGHT] == 10
    assert plot.density.fractions["bright"] == 3 / 8


def test_without_an_image_there_is_nothing_to_look_at(ready, work) -> None:
    ready.looker.look(ready.models.current, "instant")

    assert work.titles == []


@pytest.mark.parametrize(
    ("box", "shape"),
    [
        (whole_box((30, 40)), (30, 40)),
        ((slice(5, 20), slice(-3, 15)), (30, 40)),
        ((slice(0, 7), slice(0, 7)), (30, 40)),
        ((slice(25, 99), slice(0, 1)), (30, 40)),
    ],
    ids=["all", "inside", "corner", "beyond"],
)
def test_a_box_and_what_lies_around_it_are_the_whole(box, shape) -> None:
    found = np.zeros(shape, int)
    boxes = around(box, shape, side=7)
    for part in boxes:
        found[part] += 1

    assert found.all()
    middles = [np.array([s.start + s.stop for s in part]) / 2 for part in boxes]
    distances = [np.abs(middle - middles[0]).sum() for middle in middles]
    assert distances == sorted(distances)


def test_of_a_stack_only_the_slice_on_show_is_wanted() -> None:
    boxes = around((slice(2, 3), slice(0, 4), slice(0, 4)), (9, 20, 20), side=10)

    assert {(b[0].start, b[0].stop) for b in boxes} == {(2, 3)}


# -- which slices are answered ---------------------------------------------------


@pytest.fixture
def stack(ready) -> ImageItem:
    """Return a stack shown, two slices of two planes."""
    pixels = np.full((2, 2, 8, 10, 3), 20, np.uint8)
    item = ImageItem(name="stack", pixels=pixels, axes="TZYXC")
    ready.images.add(item)
    return item


def show(session, *place: int) -> None:
    """Have the upper half of a slice on show."""
    box = (*(slice(i, i + 1) for i in place), slice(0, 4), slice(0, 10))
    session.looker.visible_box = lambda: box


def test_an_image_without_a_prediction_is_not_answered(ready, stack) -> None:
    show(ready, 0, 0)

    assert not ready.looker.has_answered(stack)


def test_of_a_stack_only_the_slices_that_were_looked_at_are_answered(
    ready, stack
) -> None:
    show(ready, 0, 1)
    ready.looker.look(ready.models.current, "instant")
    answered = []
    for place in np.ndindex(2, 2):
        show(ready, *place)
        answered.append(ready.looker.has_answered(stack))

    assert answered == [False, True, False, False]
    assert np.flatnonzero(stack.prediction.any((2, 3))).tolist() == [1]


def test_where_no_slice_is_on_show_a_prediction_answers_it(ready, stack) -> None:
    show(ready, 0, 1)
    ready.looker.look(ready.models.current, "instant")
    ready.looker.visible_box = lambda: None

    assert ready.looker.has_answered(stack)


def test_a_prediction_in_the_project_is_an_answer(ready, stack) -> None:
    stack.prediction_away = True

    assert ready.looker.has_answered(stack)


def test_a_slice_is_answered_when_all_of_it_is(ready, stack) -> None:
    """A look that is ended half way through a slice leaves it to the next one."""
    show(ready, 0, 0)
    seen = []
    ready.looker.looked.connect(
        lambda item, _: seen.append(ready.looker.has_answered(item))
    )
    ready.looker.look(ready.models.current, "instant")

    assert seen == [False, True]


def test_a_prediction_asked_for_answers_what_a_look_left_half(
    ready, stack, monkeypatch
) -> None:
    show(ready, 0, 0)
    monkeypatch.setattr(ready.runners.looks, "submit", partial(half, ready))
    ready.looker.look(ready.models.current, "instant")
    assert not ready.looker.has_answered(stack)
    monkeypatch.undo()
    ready.predictor.predict()

    assert ready.looker.has_answered(stack)


def half(session, title, task, on_result, on_progress) -> None:
    """Run a look up to its first part, as one that is ended then."""
    for progress in task:
        on_progress(progress)
        if isinstance(progress, LookProgress):
            break
    task.close()
