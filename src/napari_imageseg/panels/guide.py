"""What to do next, for whoever is here for the first time."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFrame, QLabel, QWidget

from napari_imageseg.panels.parts import (
    INSIDE,
    column,
    hint,
    listen,
    preference,
    remember,
    row,
    tool,
)
from napari_imageseg.session import Session

_KEY = "guide_hidden"


def _has_images(session: Session) -> bool:
    return bool(session.images.items)


def _has_strokes(session: Session) -> bool:
    labels = [item.counts[1:] > 0 for item in session.images.annotated]
    return bool(labels) and int(sum(labels).astype(bool).sum()) > 1


def _has_answer(session: Session) -> bool:
    return session.trainer.speaking is not None


def _has_decided(session: Session) -> bool:
    return _has_answer(session) and session.models.candidate is None


def _has_table(session: Session) -> bool:
    measured = [item for item in session.images.items if item.density is not None]
    return _has_decided(session) and len(measured) == len(session.images.items)


STEPS: tuple[tuple[Callable[[Session], bool], str], ...] = (
    (_has_images, "Open photographs or stacks, or use the layer that you see."),
    (
        _has_strokes,
        (
            "Choose a class below and paint a few strokes in the image; then the same "
            "with another class."
        ),
    ),
    (
        _has_answer,
        (
            "Press Train: an answer is there within seconds, and a network learns "
            "behind it. Live answers after every stroke."
        ),
    ),
    (
        _has_decided,
        "Paint over what is wrong and train again; when it is good, accept the model.",
    ),
    (_has_table, "Predict all images, and read the densities in the table."),
)
"""Whether a step is done, and what to do while it is not."""


class GuideStrip(QFrame):
    """One sentence: the first thing that is not done yet.

    Parameters
    ----------
    session
        What is looked at.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._number = QLabel()
        self._text = hint("")
        close = tool("✕", "Hide these hints", self.dismiss)
        head = row(self._number, QWidget(), close, stretch=1)
        layout = column(self, head, self._text)
        layout.setContentsMargins(INSIDE, INSIDE, INSIDE, INSIDE)
        self._number.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        for signal in (
            session.images.changed,
            session.images.item_changed,
            session.models.candidate_changed,
            session.trainer.answered,
        ):
            listen(self, signal, self._refresh)
        listen(self, session.messages.hints_wanted, self.recall)
        self._refresh()

    @property
    def step(self) -> int:
        """How many steps are done."""
        done = [is_done(self._session) for is_done, _ in STEPS]
        return done.index(False) if False in done else len(STEPS)

    def dismiss(self) -> None:
        """Show no hints any more, in later sessions neither."""
        remember(_KEY, value=True)
        self.hide()

    def recall(self) -> None:
        """Show hints again."""
        remember(_KEY, value=False)
        self._refresh()

    def _refresh(self, *_: object) -> None:
        step = self.step
        self.setVisible(step < len(STEPS) and not preference(_KEY, default=False))
        if step < len(STEPS):
            self._number.setText(f"Step {step + 1} of {len(STEPS)}")
            self._text.setText(STEPS[step][1])
