"""Training, its curve and its candidate, on the panel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from imageseg.interactive import Answer
from imageseg.metrics import Scores
from imageseg.training.history import EpochProgress, EpochRow
from napari_imageseg.items import ImageItem
from napari_imageseg.panels.train import TrainPanel, candidate_text
from napari_imageseg.proposals import Proposal


def epoch(number: int, validation: float | None = None) -> EpochProgress:
    row = EpochRow(
        epoch=number,
        loss=1 / number,
        validation_loss=validation,
        validation_dice=None,
        rate=1e-3,
        seconds=1.0,
    )
    return EpochProgress(done=number, total=9, row=row)


@pytest.fixture
def panel(qtbot, ready) -> TrainPanel:
    """Return the panel of a session with a model."""
    panel = TrainPanel(ready)
    qtbot.addWidget(panel)
    return panel


@pytest.fixture
def proposal(make_model) -> Proposal:
    """Return a network without scores."""
    return Proposal(
        Answer(
            model=make_model(), kind="network", scores=None, held_out="nothing held out"
        )
    )


def paint(session, item, rows: dict[int, int]) -> None:
    annotation = item.ensure_annotation((8, 10))
    for row, label in rows.items():
        annotation[row] = label
    session.annotator.recount(item)


def test_without_strokes_the_panel_says_what_to_do(panel) -> None:
    assert "Paint a few strokes of each class" in panel._annotated.text()


def test_the_annotated_share_is_told(panel, ready, make_item) -> None:
    item = make_item()
    ready.images.add(item)
    paint(ready, item, {0: 1, 7: 2})

    assert panel._annotated.text() == "Annotated: 25.0 % of this image, 1 image"


def test_what_is_missing_before_training_is_told(panel, ready, make_item) -> None:
    item = make_item()
    ready.images.add(item)
    told = [panel._missing.isHidden()]
    paint(ready, item, {0: 1})
    assert panel._missing.text() == (
        "Only dark is annotated. Add strokes of a second class."
    )
    told.append(panel._missing.isHidden())
    ready.classes.edit(1, name="shade")
    assert panel._missing.text().startswith("Only shade is annotated.")
    paint(ready, item, {7: 2})
    told.append(panel._missing.isHidden())

    assert told == [True, False, True]


def test_the_button_trains(panel, ready, said) -> None:
    panel.train_button.click()

    assert [title for title, _ in said.errors] == ["Train"]


def test_the_form_sets_how_to_train(panel, ready) -> None:
    panel._form._widgets["epochs"].value = 33

    assert ready.trainer.settings == replace(ready.trainer.settings, epochs=33)


def test_a_candidate_is_offered_accepted_and_gone(panel, ready, proposal) -> None:
    assert panel.candidate.isHidden()
    ready.models.propose(proposal, ready.models.current)
    assert not panel.candidate.isHidden()
    panel.candidate.accept.click()

    assert ready.models.current is proposal.model
    assert panel.candidate.isHidden()


def test_a_discarded_candidate_is_gone(panel, ready, proposal) -> None:
    old = ready.models.current
    ready.models.propose(proposal, ready.models.current)
    panel.candidate.discard.click()

    assert ready.models.current is old
    assert panel.candidate.isHidden()


def test_a_candidate_without_scores_says_why(proposal) -> None:
    assert candidate_text(proposal) == (
        "The network is ready. It has no score: nothing held out."
    )


def test_a_candidate_stands_beside_what_was_before(make_model) -> None:
    before, after = (
        Scores(np.array([[3, 1], [2, 4]])),
        Scores(np.array([[4, 0], [1, 5]])),
    )
    model = make_model()
    held_out = "2 held-out blocks"
    proposal = Proposal(
        Answer(model=model, kind="network", scores=after, held_out=held_out),
        Answer(model=model, kind="start", scores=before, held_out=held_out),
    )

    assert candidate_text(proposal) == (
        "The network is ready. Dice: class 1 0.89 (was 0.67), class 2 0.91 (was 0.73), "
        "on 2 held-out blocks."
    )


def test_who_answers_is_said(panel, ready, proposal) -> None:
    assert panel.speaker._text.isHidden()
    ready.trainer.answered.emit(proposal.answer)
    assert panel.speaker._text.text() == "The network answers."
    scored = replace(proposal.answer, scores=Scores(np.array([[4, 0], [1, 5]])))
    ready.trainer.answered.emit(scored)

    assert panel.speaker._text.text() == (
        "The network answers: mean Dice 0.90 on nothing held out."
    )


def test_one_of_them_can_be_pinned(panel, ready) -> None:
    for at in range(panel.speaker.choice.count()):
        panel.speaker.choice.setCurrentIndex(at)
        panel.speaker.choice.activated.emit(at)
        assert ready.trainer.speaker == panel.speaker.choice.itemData(at)

    assert ready.trainer.speaker == "network"


def test_live_mode_is_switched_on_and_off(panel, ready) -> None:
    panel.speaker.live.click()
    assert ready.trainer.live
    panel.speaker.live.click()
    assert not ready.trainer.live


def test_a_training_draws_its_epochs(panel, ready) -> None:
    ready.trainer.started.emit()
    assert panel._curve.isHidden()
    for number in (1, 2, 3):
        ready.trainer.epoch_finished.emit(epoch(number, 0.5))
    assert not panel._curve.isHidden()

    training, held_out = panel._curve._axes.get_lines()
    assert list(training.get_xdata()) == [1, 2, 3]
    assert list(training.get_ydata()) == [1, 1 / 2, 1 / 3]
    assert list(held_out.get_ydata()) == [0.5] * 3

    ready.trainer.started.emit()
    assert panel._curve.isHidden()


def test_busy_buttons_are_grey(panel) -> None:
    panel.set_busy(busy=True)
    assert not panel.train_button.isEnabled()


def test_depth_is_chosen_where_there_is_a_stack(panel, ready, make_item) -> None:
    field = panel.depth_field
    ready.images.add(make_item("photograph"))
    assert field.isHidden()

    stack = ImageItem(name="stack", pixels=np.zeros((3, 8, 10), np.uint8), axes="ZYX")
    ready.images.add(stack)
    field.choice.setCurrentIndex(field.choice.findData("volumes"))
    field.choice.activated.emit(field.choice.currentIndex())
    assert not field.isHidden()
    assert ready.trainer.depth == "volumes"


def test_it_is_said_how_many_images_training_was_judged_on(
    panel, ready, make_item, paint_row
) -> None:
    ready.images.add(make_item("a"))
    paint_row(ready, 1, 1)
    assert "judged" not in panel._annotated.text()
    ready.images.current.held_out = True
    ready.images.item_changed.emit(ready.images.current)

    assert panel._annotated.text().endswith("; judged on 1 image held out")
    ready.images.current.held_out = False
    ready.trainer.judged_on = "4 held-out blocks"
    ready.trainer.noted.emit()
    assert panel._annotated.text().endswith("; judged on 4 held-out blocks")
