"""Slices that the viewer comes to are answered while somebody speaks."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel

from imageseg.interactive import Answer
from napari_imageseg.items import ImageItem
from napari_imageseg.layers import LayerBook
from napari_imageseg.slice_watch import SETTLED_MS, SliceWatch

SLICES = 60


@pytest.fixture
def viewer(qapp, ready) -> ViewerModel:
    """Return a viewer without a window, which shows a session and watches slices."""
    viewer = ViewerModel()
    book = LayerBook(viewer, ready)
    watch = SliceWatch(viewer, ready)
    yield viewer
    watch.close()
    book.close()


@pytest.fixture
def stack(viewer, ready) -> ImageItem:
    """Return a stack on show in live mode, with somebody who answers for it."""
    item = ImageItem(name="stack", pixels=np.full((SLICES, 8, 10, 3), 20, np.uint8))
    item.axes = "ZYXC"
    ready.images.add(item)
    ready.trainer.live = True
    speak(ready)
    return item


def speak(session, kind: str = "network") -> Answer:
    """Let the model in use answer from now on."""
    model = session.models.current
    answer = Answer(model=model, kind=kind, scores=None, held_out="")
    session.trainer._speaking = answer
    return answer


def go(viewer: ViewerModel, at: int) -> None:
    viewer.dims.set_current_step(0, at)


def answered(item: ImageItem) -> list[int]:
    if item.prediction is None:
        return []
    return np.flatnonzero(item.prediction.any((1, 2))).tolist()


def settle(qtbot) -> None:
    qtbot.wait(2 * SETTLED_MS)


def test_a_slider_that_is_dragged_asks_for_the_slice_it_stops_at(
    qtbot, viewer, stack, work
) -> None:
    settle(qtbot)
    work.titles.clear()
    for at in range(50):
        go(viewer, at)
    settle(qtbot)

    assert answered(stack)[-1] == 49
    assert len(work.titles) == 1
    assert (stack.prediction[49] == 1).all()


def test_a_slice_is_answered_once_and_all_of_them_are_one_step_of_undo(
    qtbot, viewer, stack, ready, work
) -> None:
    for at in (3, 5, 3, 5):
        go(viewer, at)
        settle(qtbot)
    assert answered(stack) == [3, 5]
    assert len(work.titles) == 2

    ready.journal.undo()
    assert stack.prediction is None


def test_another_stack_is_answered_for_the_slice_on_show(
    qtbot, viewer, stack, ready
) -> None:
    go(viewer, 7)
    settle(qtbot)
    other = ImageItem(name="other", pixels=stack.pixels.copy(), axes="ZYXC")
    ready.images.add(other)
    settle(qtbot)

    assert answered(other) == [viewer.dims.current_step[0]]
    ready.images.select(stack)
    go(viewer, 9)
    settle(qtbot)
    assert answered(stack) == [7, 9]


@pytest.mark.parametrize("why", ["nobody speaks", "not live", "classes are edited"])
def test_nothing_is_asked_while(qtbot, viewer, stack, ready, monkeypatch, why) -> None:
    if why == "nobody speaks":
        ready.trainer.forget()
    elif why == "not live":
        ready.trainer.live = False
    else:
        monkeypatch.setattr(ready.classes, "busy", True)
    go(viewer, 7)
    settle(qtbot)

    assert answered(stack) == []


def test_slices_are_answered_while_a_model_is_learning(
    qtbot, viewer, stack, ready, held_runner
) -> None:
    training = held_runner()
    object.__setattr__(ready.runners, "training", training)
    training.submit("Training")
    ready.trainer.live = False
    go(viewer, 7)
    settle(qtbot)

    assert answered(stack) == [7]


def test_a_stroke_that_is_being_learned_is_not_forgotten_for_a_slice(
    qtbot, viewer, stack, ready, held_runner, monkeypatch
) -> None:
    """Strokes are learned in the lane that another look would empty."""
    training = held_runner()
    object.__setattr__(ready.runners, "training", training)
    training.submit("Training")
    speak(ready, "instant")
    taught = []
    monkeypatch.setattr(ready.looker, "take_over", lambda *job: taught.append(job))
    ready.trainer._answer_live()
    go(viewer, 7)
    settle(qtbot)
    assert len(taught) == 2
    assert answered(stack) == []

    ready.trainer._on_live(speak(ready, "instant"))
    go(viewer, 8)
    settle(qtbot)
    assert len(taught) == 2
    assert answered(stack) == [8]


def test_a_viewer_that_is_closed_asks_for_nothing(qtbot, viewer, stack, ready) -> None:
    watch = SliceWatch(viewer, ready)
    watch.close()
    asked = []
    watch._timer.timeout.connect(lambda: asked.append(1))
    go(viewer, 7)
    settle(qtbot)

    assert asked == []
