"""The next images are predicted while nothing else is done, and only then."""

from __future__ import annotations

import threading
import time

import pytest

from imageseg.tasks import Progress
from napari_imageseg import ahead as module
from napari_imageseg import idle
from napari_imageseg.ahead import Ahead
from napari_imageseg.workers import TaskRunner


@pytest.fixture
def user_lane(qtbot) -> TaskRunner:
    """Return the lane of what users wait for."""
    runner = TaskRunner()
    yield runner
    runner.cancel()
    qtbot.waitUntil(lambda: not runner.busy)


@pytest.fixture
def quiet(qtbot) -> TaskRunner:
    """Return the lane that gives way."""
    return TaskRunner()


@pytest.fixture
def ahead(qtbot, ready, quiet, user_lane, make_item, monkeypatch) -> Ahead:
    """Return a session's, with five images of which the first is on show."""
    monkeypatch.setattr(idle, "IDLE_MS", 1)
    for name in "abcde":
        ready.images.add(make_item(name))
    ready.images.select(ready.images.items[0])
    ahead = Ahead(ready, quiet, [user_lane])
    yield ahead
    ahead.close()
    qtbot.waitUntil(lambda: not quiet.busy)


def predicted(session) -> str:
    return "".join(i.name for i in session.images.items if i.prediction is not None)


def test_the_next_two_images_are_predicted_and_no_more(qtbot, ready, ahead) -> None:
    shown = []
    ready.predictor.predicted.connect(lambda item: shown.append(item.name))
    ahead.enable(enabled=True)
    qtbot.waitUntil(lambda: predicted(ready) == "bc")
    qtbot.wait(50)

    assert predicted(ready) == "bc"
    assert shown == ["b", "c"]
    assert ready.images.items[1].density is not None

    ready.images.step(1)
    qtbot.waitUntil(lambda: predicted(ready) == "bcd")


def test_nothing_is_predicted_that_has_work_on_it_or_failed(
    qtbot, ready, ahead
) -> None:
    _, b, c, *_ = ready.images.items
    ready.annotator.review(b, reviewed=True)
    c.error = "the file is gone"
    ahead.enable(enabled=True)
    qtbot.wait(50)

    assert predicted(ready) == ""


def test_it_is_off_until_it_is_switched_on(qtbot, ready, ahead) -> None:
    ready.images.step(1)
    qtbot.wait(50)

    assert predicted(ready) == ""


def test_undo_takes_back_what_users_did_not_what_was_ahead(qtbot, ready, ahead) -> None:
    before = ready.journal.undo_title
    ahead.enable(enabled=True)
    qtbot.waitUntil(lambda: predicted(ready) == "bc")

    assert ready.journal.undo_title == before


def test_it_waits_while_anything_else_is_done(qtbot, ready, ahead, user_lane) -> None:
    go_on = threading.Event()

    def long_task():
        while not go_on.wait(0.01):
            yield Progress(done=0, total=0)

    user_lane.submit("Long", long_task(), lambda _: None)
    ahead.enable(enabled=True)
    qtbot.wait(50)
    assert predicted(ready) == ""
    go_on.set()
    qtbot.waitUntil(lambda: predicted(ready) == "bc")


def test_it_gives_way_to_whatever_begins(
    qtbot, ready, ahead, quiet, user_lane, monkeypatch
) -> None:
    stopped = []

    def endless(*_):
        try:
            while True:
                yield Progress(done=0, total=0)
                time.sleep(0.002)  # as work takes; else reports alone fill the loop
        finally:
            stopped.append(True)

    monkeypatch.setattr(
        module.Predictor,
        "predict_with",
        lambda *_: quiet.submit("Predicting", endless(), lambda _: None),
    )
    ahead.enable(enabled=True)
    qtbot.waitUntil(lambda: quiet.busy)
    ahead.enable(enabled=False)
    qtbot.waitUntil(lambda: not quiet.busy)
    assert stopped == [True]

    ahead.enable(enabled=True)
    qtbot.waitUntil(lambda: quiet.busy)
    hold = threading.Event()

    def short():
        yield Progress(done=0, total=0)
        hold.wait(5)

    user_lane.submit("Predict", short(), lambda _: None)
    qtbot.waitUntil(lambda: not quiet.busy)
    assert stopped == [True, True]
    hold.set()


def test_without_a_model_it_rests(qtbot, ready, ahead) -> None:
    ready.models.current = None
    ahead.enable(enabled=True)
    qtbot.wait(50)

    assert predicted(ready) == ""
