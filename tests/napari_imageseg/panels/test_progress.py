"""The strip at the foot of the dock."""

from __future__ import annotations

from unittest.mock import MagicMock

import pytest

from imageseg.tasks import Progress
from napari_imageseg.panels import progress as module
from napari_imageseg.panels.progress import ProgressStrip


@pytest.fixture
def stop() -> MagicMock:
    """Stand in for what the cross does."""
    return MagicMock()


@pytest.fixture
def strip(qtbot, stop) -> ProgressStrip:
    """Return a strip at rest."""
    strip = ProgressStrip(stop)
    qtbot.addWidget(strip)
    return strip


def test_at_rest_there_is_nothing_to_stop(strip) -> None:
    assert strip._text.full_text() == "Ready"
    assert strip.cancel_button.isHidden()
    assert strip._bar.isHidden()


def test_a_started_task_is_named_and_can_be_stopped(strip, stop) -> None:
    strip.start("Training")
    assert strip._text.full_text() == "Training"
    assert (strip._bar.minimum(), strip._bar.maximum()) == (0, 0)

    strip.cancel_button.click()
    stop.assert_called_once_with()


@pytest.mark.parametrize(
    ("passed", "left"),
    [(10, "30 s left"), (100, "5 min left")],
    ids=["seconds", "minutes"],
)
def test_the_time_left_follows_from_the_time_passed(
    strip, monkeypatch, passed, left
) -> None:
    now = iter([0.0, passed])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(now))
    strip.start("Predicting")
    strip.report("Predicting", Progress(done=5, total=20, message="tile 5 of 20"))

    assert strip._text.full_text() == f"Predicting · tile 5 of 20 · {left}"
    assert strip._bar.value() / strip._bar.maximum() == 0.25


def test_another_phase_is_timed_by_itself(strip, monkeypatch) -> None:
    """After 60 s of other things, five of twenty steps take 10 s."""
    now = iter([0.0, 30.0, 60.0, 70.0])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(now))
    strip.start("Training")
    strip.report("Training", Progress(done=25, total=50, message="tree 25 of 50"))
    strip.report("Training", Progress(done=0, total=20, message="step 0 of 20"))
    strip.report("Training", Progress(done=5, total=20, message="step 5 of 20"))

    assert strip._text.full_text() == "Training · step 5 of 20 · 30 s left"


def test_no_time_is_guessed_at_first_or_without_a_total(strip) -> None:
    strip.start("Training")
    strip.report("Training", Progress(done=1, total=100))
    assert strip._text.full_text() == "Training"

    strip.report("Training", Progress(done=1, total=0, message="reading"))
    assert strip._text.full_text() == "Training · reading"


def test_a_bar_that_moves_all_the_time_is_shown_until_a_total_is_known(strip) -> None:
    strip.start("Training")
    strip.report("Training", Progress(done=0, total=0, message="reading"))
    assert strip._bar.maximum() == 0

    strip.report("Training", Progress(done=1, total=4))
    strip.report("Training", Progress(done=0, total=0, message="testing"))
    assert strip._bar.value() / strip._bar.maximum() == 0.25
