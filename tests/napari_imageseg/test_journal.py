"""One history of strokes and whole actions."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

from napari_imageseg import journal as module
from napari_imageseg.journal import Action, Journal


@pytest.fixture
def journal() -> Journal:
    """Return an empty history."""
    return Journal()


@pytest.fixture
def values() -> list[int]:
    """Return what actions append to."""
    return []


def add(journal: Journal, values: list[int], value: int, nbytes: int = 1) -> None:
    values.append(value)
    journal.record(
        Action(f"adding {value}", values.pop, lambda: values.append(value), nbytes)
    )


def test_the_last_action_is_taken_back_first(journal, values) -> None:
    add(journal, values, 1)
    add(journal, values, 2)
    assert journal.undo_title == "adding 2"
    journal.undo()
    assert values == [1]
    assert journal.redo_title == "adding 2"
    journal.undo()
    journal.undo()

    assert values == []
    assert journal.undo_title == ""


def test_what_was_taken_back_is_done_again(journal, values) -> None:
    for value in (1, 2):
        add(journal, values, value)
    for _ in range(3):
        journal.undo()
    for _ in range(3):
        journal.redo()

    assert values == [1, 2]


def test_a_new_action_ends_what_could_be_done_again(journal, values) -> None:
    add(journal, values, 1)
    journal.undo()
    add(journal, values, 2)
    journal.redo()

    assert values == [2]


def test_undoing_is_no_action_itself(journal) -> None:
    inner = Action("inner", Mock(), Mock())
    outer = Action("outer", lambda: journal.record(inner), Mock())
    journal.record(outer)
    journal.undo()

    assert journal.undo_title == ""
    assert journal.redo_title == "outer"


def test_an_undo_that_fails_does_not_stop_the_history(journal, values) -> None:
    journal.record(Action("broken", Mock(side_effect=OSError("disk full")), Mock()))
    with pytest.raises(OSError, match="disk full"):
        journal.undo()
    add(journal, values, 1)

    assert journal.undo_title == "adding 1"


def test_the_oldest_are_forgotten_when_memory_is_short(
    journal, values, monkeypatch
) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 10)
    for value in range(5):
        add(journal, values, value, nbytes=4)
    for _ in range(5):
        journal.undo()

    assert values == [0, 1, 2]


def test_the_last_action_is_kept_however_big(journal, values, monkeypatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 10)
    add(journal, values, 1, nbytes=1000)
    journal.undo()

    assert values == []


def test_every_change_is_told(journal, values) -> None:
    told: list[str] = []
    journal.changed.connect(lambda: told.append(journal.undo_title))
    add(journal, values, 1)
    journal.undo()
    journal.redo()
    journal.clear()

    assert told == ["adding 1", "", "adding 1", ""]
    assert journal.undo_title == journal.redo_title == ""


@pytest.fixture
def told(journal) -> list[str]:
    """Return what people are told."""
    told: list[str] = []
    journal.waits.connect(told.append)
    journal.failed.connect(lambda title, error: told.append(f"{title}: {error}"))
    return told


def release(journal: Journal, *, failed: bool = False) -> None:
    journal.go_on(failed=failed)
    journal.catch_up()


def test_while_it_is_held_nothing_is_taken_back(journal, values, told) -> None:
    add(journal, values, 1)
    journal.hold("merging")
    journal.undo()
    assert values == [1]
    assert told == ["Undo waits until this is done: merging."]
    release(journal)

    assert values == []
    assert journal.redo_title == "adding 1"


def test_however_often_it_is_asked_for_one_step_waits(journal, values, told) -> None:
    for value in (1, 2, 3):
        add(journal, values, value)
    journal.hold("merging")
    for _ in range(3):
        journal.undo()
    release(journal)

    assert values == [1, 2]
    assert told == ["Undo waits until this is done: merging."] * 3


def test_redo_takes_back_that_undo_waits(journal, values, told) -> None:
    add(journal, values, 1)
    journal.hold("merging")
    journal.undo()
    journal.redo()
    release(journal)

    assert values == [1]
    assert told[1:] == ["Undo waits no longer."]


def test_redo_waits_too(journal, values, told) -> None:
    add(journal, values, 1)
    journal.undo()
    journal.hold("merging")
    journal.redo()
    release(journal)

    assert values == [1]
    assert told == ["Redo waits until this is done: merging."]


def test_what_is_done_while_it_is_held_is_taken_back_first(journal, values) -> None:
    add(journal, values, 1)
    journal.hold("merging")
    journal.undo()
    add(journal, values, 2)
    release(journal)

    assert values == [1]


def test_nothing_is_taken_back_instead_of_what_failed(journal, values) -> None:
    add(journal, values, 1)
    journal.hold("merging")
    journal.undo()
    release(journal, failed=True)

    assert values == [1]


def test_what_is_begun_since_is_not_taken_back(journal, values, told) -> None:
    add(journal, values, 1)
    journal.hold("merging")
    journal.undo()
    journal.overtake()
    journal.overtake()
    release(journal)

    assert values == [1]
    assert told[1:] == [
        "Undo: Something else was done before it could begin. Try again."
    ]


def test_a_step_waits_for_the_image_of_another(values) -> None:
    bring, told = [], []
    journal = Journal(lambda _, then: bring.append(then))
    journal.waits.connect(told.append)
    add(journal, values, 1)
    values.append(2)
    journal.record(Action("stroke", values.pop, Mock(), item="image"))
    journal.undo()
    journal.undo()
    assert values == [1, 2]
    bring[0](None)

    assert values == []
    assert told == []  # it has taken no time


@pytest.mark.parametrize("reason", ["failed", "overtaken"])
def test_a_step_is_not_taken_without_the_one_before_it(values, reason) -> None:
    bring = []
    journal = Journal(lambda _, then: bring.append(then))
    add(journal, values, 1)
    journal.record(Action("stroke", Mock(), Mock(), item="image"))
    journal.undo()
    journal.undo()
    if reason == "overtaken":
        add(journal, values, 2)
    bring[0](OSError("gone") if reason == "failed" else None)

    assert values == ([1] if reason == "failed" else [1, 2])


def test_undo_of_nothing_waits_for_nothing(journal, told) -> None:
    journal.undo()
    journal.redo()
    journal.catch_up()

    assert told == []


def test_a_cleared_history_waits_for_nothing(journal, values) -> None:
    add(journal, values, 1)
    journal.hold("merging")
    journal.undo()
    journal.clear()
    add(journal, values, 2)
    release(journal)

    assert values == [1, 2]


def test_what_waited_for_its_image_is_not_taken_back_while_it_is_held(values) -> None:
    waiting = []
    journal = Journal(lambda _, then: waiting.append(then))
    journal.record(Action("stroke", values.clear, Mock(), item="image"))
    values.append(1)
    journal.undo()
    journal.hold("merging")
    waiting[0](None)

    assert values == [1]
    assert journal.undo_title == "stroke"


@pytest.mark.parametrize("back", [True, False])
def test_what_was_prepared_is_done_whatever_came_between(journal, back) -> None:
    waiting, undo, redo = [], Mock(), Mock()
    prepared = Action(
        "merging", undo, redo, prepare=lambda _, then: waiting.append(then)
    )
    journal.record(prepared)
    journal.undo()
    if not back:
        waiting.pop()(None)
        journal.redo()
    assert journal.is_next(prepared, back=back)
    journal.record(Action("stroke", Mock(), Mock()))
    assert not journal.is_next(prepared, back=back)
    waiting.pop()(None)

    assert undo.call_count == 1
    assert redo.call_count == (0 if back else 1)
    assert journal.undo_title == ("stroke" if back else "merging")
    assert journal.redo_title == ("merging" if back else "")
