"""The model in use, on the panel."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from imageseg.classes import CANOPY
from imageseg.interactive import Answer
from imageseg.project import ModelEntry
from imageseg.spec import ModelSpec, bundled_models
from napari_imageseg.panels import model as module
from napari_imageseg.panels.model import ModelPanel, card_text, entry_text
from napari_imageseg.proposals import Proposal


@pytest.fixture
def panel(qtbot, ready) -> ModelPanel:
    """Return the panel of a session with a model."""
    panel = ModelPanel(ready)
    qtbot.addWidget(panel)
    return panel


def test_the_model_is_named_and_described(panel, ready) -> None:
    assert panel._name.full_text() == "threshold"
    assert panel._summary.text() == ready.models.current.spec.summary


def test_what_becomes_of_it_after_classes_have_changed_is_said(panel, ready) -> None:
    ready.class_editor.move(2, 1)
    assert "threshold are in another order" in panel._summary.text()

    ready.journal.undo()
    assert panel._summary.text() == ready.models.current.spec.summary


def test_a_bundled_model_says_that_it_is(panel, ready) -> None:
    ready.models.origin = next(iter(bundled_models()))
    ready.models.changed.emit()

    assert panel._name.full_text() == "threshold (bundled)"


def test_without_a_model_there_is_nothing_to_save(panel, ready) -> None:
    ready.models.new()

    assert panel._name.full_text() == "New model"
    assert not panel._save.isEnabled()
    assert not panel._card.isEnabled()


def test_a_chosen_file_is_opened(
    panel, ready, errands, make_model, monkeypatch, tmp_path
):
    path = make_model().save(tmp_path / "mine.safetensors")
    monkeypatch.setattr(module, "ask_open", lambda *_: path)
    panel._ask_open()

    assert ready.models.current.spec.name == "tiny"


def test_the_model_is_saved_where_asked(
    panel, ready, make_model, monkeypatch, tmp_path
):
    ready.models.current = make_model()
    offered = []

    def ask(parent, title: str, name: str, kinds: str) -> Path:
        offered.append(name)
        return tmp_path / name

    monkeypatch.setattr(module, "ask_save", ask)
    panel._ask_save()

    assert offered == ["tiny.safetensors"]
    assert (tmp_path / "tiny.safetensors").is_file()


def test_a_card_says_how_the_model_came_to_be(make_model) -> None:
    made = {
        "created": "2024-05-01",
        "images": ["a", "b"],
        "held_out": "1 held-out image",
        "epochs": 12,
        "best_epoch": 9,
        "scores": {"dice": {"class 1": 0.91}},
        "parent": {"name": "canopy", "digest": "abc"},
    }
    text = card_text(replace(make_model().spec, card="For tests.", provenance=made))

    for words in (
        "## tiny",
        "For tests.",
        "2024-05-01 on 2 images",
        "1 held-out image",
        "12 epochs, best 9",
        "Dice class 1: 0.910",
        "from canopy (abc)",
    ):
        assert words in text


def test_a_model_without_provenance_has_a_card(make_model) -> None:
    assert card_text(make_model().spec).startswith("## tiny")


def test_a_card_says_so_where_a_class_was_not_held_out() -> None:
    scores = {"dice": {"canopy": 0.9, "sky": None}}
    spec = ModelSpec(
        name="mine",
        architecture="unet",
        arguments={},
        channels=3,
        scheme=CANOPY,
        provenance={"scores": scores},
    )

    text = card_text(spec)

    assert "Dice canopy: 0.900" in text
    assert "Dice sky: –" in text


def test_models_that_nobody_accepted_are_marked() -> None:
    entry = ModelEntry(id="a-2", name="a", kind="network", created="2026-05-01T12:00")

    assert entry_text(replace(entry, accepted=True)) == "a · 01 May 12:00"
    assert entry_text(entry) == "a · 01 May 12:00 · candidate"
    assert entry_text(entry, proposed=True) == "a · 01 May 12:00 · proposed"


def test_a_candidate_is_offered_from_the_menu(
    panel, ready, make_model, make_item, tmp_path
) -> None:
    ready.images.add(make_item())
    ready.keeper.put_into(tmp_path / "project")
    ready.keeper.project.add_model(make_model(seed=3))
    panel._fill_earlier()
    newest, _ = panel._earlier.actions()
    assert newest.text().endswith("· candidate")
    assert "compare" in newest.toolTip()
    before = ready.models.base
    newest.trigger()

    assert ready.models.base is before
    assert ready.models.candidate.model.digest() == make_model(seed=3).digest()


def test_the_proposed_model_is_accepted_from_the_menu(
    panel, ready, make_model, make_item, tmp_path
) -> None:
    answer = Answer(model=make_model(), kind="network", scores=None, held_out="")
    ready.images.add(make_item())
    ready.models.propose(Proposal(answer), ready.models.base)
    ready.keeper.put_into(tmp_path / "project")
    panel._fill_earlier()
    newest, first = panel._earlier.actions()
    assert newest.text().endswith("· proposed")
    assert (newest.isChecked(), first.isChecked()) == (False, True)
    newest.trigger()

    assert ready.models.base is answer.model
