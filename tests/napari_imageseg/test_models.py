"""The model that opens by itself, and classes that are changed meanwhile."""

from __future__ import annotations

import pytest

from imageseg.classes import CANOPY
from napari_imageseg import jobs


@pytest.fixture
def opening(make_session, inline_runner, held_runner, threshold_model, monkeypatch):
    """Return a session whose first model, of canopy and sky, is being opened."""
    lane, model = held_runner(), threshold_model(CANOPY)
    session = make_session(inline_runner(), inline_runner())
    object.__setattr__(session.runners, "models", lane)

    def found(_):
        yield from ()
        return model

    monkeypatch.setattr(jobs, "open_model_task", found)
    session.models.open("canopy", automatic=True)
    assert lane.busy
    return session, lane, model


@pytest.mark.parametrize(
    "change",
    [
        lambda classes: classes.edit(1, name="trees"),
        lambda classes: classes.edit(1, colour="#000000"),
        lambda classes: classes.add(),
        lambda classes: (classes.add(), classes.edit(1, name="trees")),
    ],
    ids=["renamed", "recoloured", "added", "added and renamed"],
)
def test_the_first_model_takes_classes_that_are_changed_meanwhile(
    opening, listen_to, change
) -> None:
    session, lane, model = opening
    told = listen_to(session)
    change(session.classes)
    mine, title = session.classes.scheme, session.journal.undo_title
    lane.release()

    assert session.models.current is session.models.base is model
    assert session.classes.scheme is mine
    assert session.labels.of(model) == ()
    assert session.journal.undo_title == title
    assert (told.notes, told.errors) == ([], [])


def test_the_first_model_takes_classes_that_were_moved_meanwhile(
    opening, make_item
) -> None:
    session, lane, model = opening
    session.classes.add()
    session.class_editor.move(2, 1)
    assert session.classes.scheme.names == ("sky", "canopy", "class 3")
    lane.release()
    assert session.models.current is model
    session.images.add(make_item("plot", bright=2))
    session.predictor.predict()
    assert session.images.current.prediction[0, 0] == 1  # bright is sky, now the first
    for _ in range(2):  # the prediction, and the move
        session.journal.undo()
    session.predictor.predict()
    assert session.images.current.prediction[0, 0] == 2


@pytest.mark.parametrize("before", [True, False])
def test_the_first_model_is_not_used_for_other_classes(
    opening, listen_to, before
) -> None:
    session, lane, _ = opening
    if before:  # before it was asked for, too
        lane.cancel()
    session.classes.edit(1, name="nucleus")
    session.classes.edit(2, name="glass")
    if before:
        session.models.open("canopy", automatic=True)
    else:
        session.class_editor.move(2, 1)
    told, mine = listen_to(session), session.classes.scheme
    lane.release()

    assert session.models.current is None
    assert session.models.expected == ""
    assert session.classes.scheme is mine
    (note,) = told.notes
    assert note == (
        "threshold is not used: it tells canopy, sky apart, and your classes are "
        "others. Train makes a new model for them; Choose in the Model section takes "
        "this one or another."
    )


def test_the_first_model_waits_for_an_edit_of_classes(opening, held_runner) -> None:
    session, lane, model = opening
    saving = held_runner()
    object.__setattr__(session.runners, "saving", saving)
    session.class_editor.move(2, 1)
    assert session.classes.busy
    lane.release()
    assert session.models.current is None
    assert session.models.expected == "canopy"
    saving.release()

    assert session.models.current is model
    assert session.classes.scheme.names == ("sky", "canopy")
    assert session.labels.of(model) == (2, 1)


def test_the_first_model_is_not_waited_for_where_another_is_chosen(
    opening, held_runner, make_model
) -> None:
    session, lane, _ = opening
    saving, mine = held_runner(), make_model(2)
    object.__setattr__(session.runners, "saving", saving)
    session.class_editor.move(2, 1)
    lane.release()
    session.models.restore(mine, "")
    saving.release()

    assert session.models.current is mine
