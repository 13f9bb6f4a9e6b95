"""Commands of the palette act on the viewer in front."""

from __future__ import annotations

from unittest.mock import MagicMock

import pytest

from napari_imageseg import commands


@pytest.fixture
def session(ready, monkeypatch) -> MagicMock:
    """Stand in for the session of the viewer in front."""
    session = MagicMock(spec=ready)
    room = MagicMock(session=session)
    monkeypatch.setattr(commands, "current_viewer", object)
    monkeypatch.setattr(commands, "room_of", lambda _: room)
    return session


def test_commands_do_what_the_buttons_do(session) -> None:
    commands.predict_current()
    session.predictor.predict.assert_called_once_with()
    commands.train()
    session.trainer.train.assert_called_once_with()
    commands.predict_all()
    session.predictor.predict.assert_called_with(everything=True)
    commands.accept_model()
    session.models.accept.assert_called_once_with()
    commands.accept_image()
    session.annotator.accept.assert_called_once_with(session.images.current)
    commands.undo()
    session.journal.undo.assert_called_once_with()
    commands.redo()
    session.journal.redo.assert_called_once_with()
    commands.show_hints()
    session.messages.hints_wanted.emit.assert_called_once_with()
    commands.cancel()
    session.cancel.assert_called_once_with()


def test_commands_step_through_the_images(session) -> None:
    commands.next_image()
    commands.previous_image()

    assert [call.args for call in session.images.step.call_args_list] == [(1,), (-1,)]


@pytest.mark.parametrize(
    "command",
    [
        commands.predict_current,
        commands.predict_all,
        commands.accept_model,
        commands.accept_image,
        commands.undo,
        commands.redo,
        commands.show_hints,
        commands.train,
        commands.cancel,
        commands.next_image,
        commands.previous_image,
    ],
    ids=lambda command: command.__name__,
)
def test_without_a_viewer_a_command_says_so(monkeypatch, command) -> None:
    said = []
    monkeypatch.setattr(commands, "current_viewer", lambda: None)
    monkeypatch.setattr(commands, "show_warning", said.append)
    command()

    assert said == ["There is no viewer to work in. Open napari first."]
