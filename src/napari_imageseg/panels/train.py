"""Train on what is annotated; accept or discard what comes of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QCheckBox, QComboBox, QLabel, QSlider, QWidget

from imageseg.settings import TrainSettings
from napari_imageseg.forms import SettingsForm
from napari_imageseg.items import ImageItem
from napari_imageseg.panels.curve import LossCurve
from napari_imageseg.panels.parts import (
    Section,
    ask_folder,
    button,
    column,
    hint,
    listen,
    primary,
    row,
    shrinking,
)
from napari_imageseg.panels.progress import ProgressStrip
from napari_imageseg.session import Session
from napari_imageseg.table import percent

if TYPE_CHECKING:
    from imageseg.interactive import Answer
    from napari_imageseg.comparing import Comparison
    from napari_imageseg.proposals import Proposal

_SHOWN_SETTINGS = (
    "epochs",
    "rate",
    "batch",
    "patch",
    "validation",
    "augmentation",
    "device",
)

_SPEAKERS = {
    "best": (
        "The best answers",
        "The instant model at first; the network when it is better on what is held out",
    ),
    "instant": ("The instant model answers", "The pixel classifier, always"),
    "network": ("The network answers", "The U-Net, however good it is yet"),
}
_KINDS = {
    "instant": "The instant model",
    "start": "The model in use",
    "network": "The network",
}


_DEPTHS = {
    "model": ("as the model in use", "A new model sees single slices"),
    "slices": ("single slices (2-D)", "Each slice is learned by itself"),
    "neighbours": (
        "slices and neighbours (2.5-D)",
        "Each slice is learned with the one before and the one behind it",
    ),
    "volumes": ("volumes (3-D)", "The stack is learned as a body; slower"),
}


class TrainPanel(QWidget):
    """Annotated area, the Train button, the loss curve, the candidate.

    Parameters
    ----------
    session
        What is trained.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._annotated = hint("")
        self._missing = hint("")
        self.train_button = primary(
            "Train", "Learn from all annotations (Shift+Enter)", session.trainer.train
        )
        self._save = button(
            "Save masks…",
            "Write the annotations as label images, which `imageseg train` takes",
            self._ask_folder,
        )
        self._curve = LossCurve()
        self._curve.hide()
        self.speaker = _SpeakerStrip(session)
        self._refused = hint("")
        self._refused.hide()
        self.progress = ProgressStrip(session.trainer.stop, resting="")
        self.candidate = _CandidateStrip(session)
        self._form = SettingsForm(session.trainer.settings, _SHOWN_SETTINGS)
        self.depth_field = _DepthField(session)
        body = QWidget()
        column(body, self.depth_field, self._form)
        settings = Section("Training settings", body, expanded=False)
        column(
            self,
            self._annotated,
            self._missing,
            row(self.train_button, self._save, stretch=0),
            self.speaker,
            self._refused,
            self.progress,
            self.candidate,
            self._curve,
            settings,
        )
        self._connect()
        self._summarise()

    def _connect(self) -> None:
        session = self._session
        self._form.value_changed.connect(self._on_settings)
        listen(self, session.projects.opened, self._show_settings)
        listen(self, session.images.item_changed, self._summarise)
        listen(self, session.images.changed, self._summarise)
        listen(self, session.images.current_changed, self._summarise)
        listen(self, session.classes.changed, self._summarise)
        listen(self, session.trainer.noted, self._summarise)
        listen(self, session.trainer.noted, self._show_refused)
        listen(self, session.trainer.started, self._on_started)
        listen(self, session.trainer.epoch_finished, self._on_epoch)

    def set_busy(self, *, busy: bool) -> None:
        """Grey out what cannot be started now."""
        self.train_button.setEnabled(not busy)

    def _ask_folder(self) -> None:
        for folder in ask_folder(self):
            self._session.save_annotations(folder)

    def _show_settings(self, _: object) -> None:
        self._form.set_value(self._session.trainer.settings)

    def _on_settings(self, settings: TrainSettings) -> None:
        self._session.trainer.settings = settings

    def _on_started(self) -> None:
        self._curve.clear()
        self._curve.hide()  # until there is a first point
        self._show_refused()

    def _on_epoch(self, progress: object) -> None:
        self._curve.add(progress.row)  # type: ignore[attr-defined]
        self._curve.show()

    def _show_refused(self) -> None:
        """Leave it to be read when the notification has gone."""
        refused = self._session.trainer.refused
        self._refused.setText(f"The network: {refused}")
        self._refused.setVisible(bool(refused))

    def _summarise(self, *_: object) -> None:
        annotated = self._session.images.annotated
        missing = self._session.trainer.missing if annotated else ""
        self._missing.setText(missing)
        self._missing.setVisible(bool(missing))
        if not annotated:
            self._annotated.setText(
                "Paint a few strokes of each class, on the annotation or straight on "
                "the prediction."
            )
            return
        current = self._session.images.current
        share = f"{percent(current.annotated_share)} of this image, " if current else ""
        many = "s" if len(annotated) > 1 else ""
        text = f"Annotated: {share}{len(annotated)} image{many}"
        self._annotated.setText(f"{text}{self._judged_text()}")

    def _judged_text(self) -> str:
        """Say what the last training was judged on; a project remembers images."""
        held_out = sum(item.held_out for item in self._session.images.items)
        if held_out:
            many = "s" if held_out > 1 else ""
            return f"; judged on {held_out} image{many} held out"
        judged = self._session.trainer.judged_on
        return f"; judged on {judged}" if judged else ""


class _DepthField(QWidget):
    """What is learned of stacks; it shows where there is one."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.choice = shrinking(QComboBox())
        for depth, (text, tip) in _DEPTHS.items():
            self.choice.addItem(text, depth)
            tip_role = Qt.ItemDataRole.ToolTipRole
            self.choice.setItemData(self.choice.count() - 1, tip, tip_role)
        self.choice.setToolTip(
            "What is learned of stacks. Another depth than that of the model in use "
            "makes a new model"
        )
        self.choice.activated.connect(self._choose)
        column(self, row(QLabel("Learn stacks as"), self.choice, stretch=1))
        listen(self, session.images.current_changed, self._on_image)
        listen(self, session.projects.opened, self._show)
        self._on_image(session.images.current)
        self._show()

    def _choose(self) -> None:
        self._session.trainer.depth = self.choice.currentData()

    def _show(self, *_: object) -> None:
        at = self.choice.findData(self._session.trainer.depth)
        self.choice.setCurrentIndex(at)

    def _on_image(self, item: ImageItem | None) -> None:
        self.setVisible(item is not None and item.is_stack)


class _SpeakerStrip(QWidget):
    """Live mode, who may answer, and who does."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._trainer = session.trainer
        self.live = QCheckBox("Live")
        self.live.setToolTip("Answer again after every stroke")
        self.live.toggled.connect(lambda on: self._trainer.set_live(live=on))
        self.choice = shrinking(QComboBox())
        for speaker, (text, tip) in _SPEAKERS.items():
            self.choice.addItem(text, speaker)
            tip_role = Qt.ItemDataRole.ToolTipRole
            self.choice.setItemData(self.choice.count() - 1, tip, tip_role)
        self.choice.setToolTip("Who answers while and after you train")
        self.choice.activated.connect(self._pin)
        self._text = hint("")
        self._text.hide()
        column(self, row(self.live, self.choice, stretch=1), self._text)
        listen(self, self._trainer.answered, self._show)
        listen(self, self._trainer.started, self._on_started)

    def _pin(self) -> None:
        self._trainer.pin(self.choice.currentData())

    def _on_started(self) -> None:
        self._text.hide()

    def _show(self, answer: Answer) -> None:
        self._text.setText(answer_text(answer))
        self._text.show()


class _CandidateStrip(QWidget):
    """What training proposes, how it differs, and the two answers to it."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._comparer = session.comparer
        self._text = hint("")
        self.accept = primary(
            "Accept", "Use the trained model from now on", session.models.accept
        )
        self.compare = button(
            "Compare", "Show both models on what is on show", self._compare
        )
        self.compare.setCheckable(True)
        self.discard = button("Discard", "Keep the old model", session.models.discard)
        self._build_slider()
        column(
            self,
            self._text,
            row(self.accept, self.compare, self.discard, stretch=0),
            self._sides,
        )
        listen(self, session.models.candidate_changed, self._refresh)
        listen(self, session.comparer.changed, self._show_comparison)
        self._refresh()

    def _build_slider(self) -> None:
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, 100)
        self.slider.setToolTip("Left of the line the model in use, right the new one")
        self.slider.setAccessibleName("Line between before and after")
        self.slider.valueChanged.connect(self._move)
        self._sides = row(QLabel("before"), self.slider, QLabel("after"), stretch=1)
        self._sides.hide()

    def _compare(self) -> None:
        if self.compare.isChecked():
            self._comparer.start()
        else:
            self._comparer.stop()

    def _move(self, value: int) -> None:
        self._comparer.move(1 - value / 100)

    def _show_comparison(self, comparison: Comparison | None) -> None:
        self._sides.setVisible(comparison is not None)
        self.compare.setChecked(comparison is not None)
        if comparison is not None:
            self.slider.setValue(round(100 * (1 - comparison.share)))
            share = percent(comparison.changed)
            self.compare.setToolTip(f"They differ on {share} of what is on show")

    def _refresh(self) -> None:
        candidate = self._session.models.candidate
        self.setVisible(candidate is not None)
        self.compare.setVisible(self._comparer.possible)
        if candidate is not None:
            self._text.setText(candidate_text(candidate))


def answer_text(answer: Answer) -> str:
    """Say who answers, and how good it is known to be."""
    who = _KINDS[answer.kind]
    if answer.scores is None or math.isnan(answer.dice):
        return f"{who} answers."
    return f"{who} answers: mean Dice {answer.dice:.2f} on {answer.held_out}."


def candidate_text(proposal: Proposal) -> str:
    """Say how good a trained model is and what that rests on."""
    return f"{_KINDS[proposal.answer.kind]} is ready. {proposal.text}"
