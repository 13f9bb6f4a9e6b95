"""Which classes there are and which is painted."""

from __future__ import annotations

import pytest

from imageseg.classes import CANOPY, ClassScheme
from napari_imageseg.class_choice import ClassChoice
from napari_imageseg.journal import Journal

THREE = ClassScheme.from_names(["a", "b", "c"])


@pytest.fixture
def choice() -> ClassChoice:
    """Return the choice among three classes."""
    choice = ClassChoice(Journal())
    choice.set_scheme(THREE)
    return choice


@pytest.fixture
def selected(choice) -> list[int]:
    """Return the labels chosen, one after another."""
    labels: list[int] = []
    choice.selected.connect(labels.append)
    return labels


def test_a_session_starts_with_the_classes_of_the_canopy() -> None:
    assert ClassChoice(Journal()).scheme == CANOPY


def test_choosing_a_class_says_so_even_if_it_is_the_same(choice, selected) -> None:
    choice.select(2)
    choice.select(2)

    assert choice.label == 2
    assert selected == [2, 2]


@pytest.mark.parametrize("label", [-1, 0, 4, 9])
def test_a_class_that_is_not_there_is_not_chosen(choice, selected, label) -> None:
    choice.select(label)

    assert choice.label == 1
    assert selected == []


def test_swapping_goes_between_the_last_two(choice, selected) -> None:
    choice.select(3)
    choice.swap()
    choice.swap()

    assert selected == [3, 1, 3]


def test_choosing_the_same_again_does_not_spoil_the_swap(choice) -> None:
    choice.select(3)
    choice.select(3)
    choice.swap()

    assert choice.label == 1


def test_the_first_swap_of_two_classes_takes_the_other() -> None:
    choice = ClassChoice(Journal())
    choice.swap()

    assert choice.label == 2


def test_swapping_to_a_class_that_is_gone_does_nothing(choice) -> None:
    choice.select(3)
    choice.select(1)
    choice.set_scheme(CANOPY)
    choice.swap()

    assert choice.label == 1


def test_fewer_classes_move_the_choice_to_the_last(choice) -> None:
    choice.select(3)
    choice.set_scheme(CANOPY)

    assert choice.label == 2


def test_an_added_class_has_a_free_name_and_colour(choice) -> None:
    choice.set_scheme(THREE.changed(3, name="Class 4"))
    schemes = []
    choice.changed.connect(schemes.append)
    choice.add()

    assert choice.scheme.names == ("a", "b", "Class 4", "class 5")
    assert schemes == [choice.scheme]
    assert len({c.colour for c in choice.scheme}) == 4


@pytest.mark.parametrize(
    "values", [{"name": "x"}, {"colour": "#ff8800"}, {"excluded": True}]
)
def test_an_edit_is_taken_back_and_done_again(values) -> None:
    journal = Journal()
    choice = ClassChoice(journal)
    choice.edit(2, **values)
    edited = choice.scheme
    assert edited == CANOPY.changed(2, **values)

    journal.undo()
    assert choice.scheme == CANOPY
    journal.redo()
    assert choice.scheme == edited


def test_an_added_class_is_taken_back() -> None:
    journal = Journal()
    choice = ClassChoice(journal)
    choice.add()
    assert journal.undo_title == "adding class 3"
    choice.lock(3)
    choice.hide(3)
    journal.undo()

    assert choice.scheme == CANOPY
    assert not choice.locked
    assert not choice.hidden


def test_an_edit_that_changes_nothing_is_no_action() -> None:
    journal = Journal()
    ClassChoice(journal).edit(1, name="canopy")

    assert journal.undo_title == ""
