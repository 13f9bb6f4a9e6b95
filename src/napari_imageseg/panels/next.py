"""Where to correct next, why, and whether to go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QLabel, QWidget

from napari_imageseg.panels.parts import button, column, hint, listen, row, tool
from napari_imageseg.session import Session
from napari_imageseg.stopping import stop_text

if TYPE_CHECKING:
    from napari_imageseg.advising import Pointer

_SMALLEST = 0.0005  # of the mean cover; less is written as less than 0.1 points
_CAUTION = (
    "A rough figure: in tests it was up to twice too large, and it told places apart "
    "no better than plain uncertainty does. Nothing is foreseen where the model is "
    "sure and wrong."
)


class NextStrip(QWidget):
    """A button that goes to the most useful place, and the words for it.

    Parameters
    ----------
    session
        Whose advisor is asked.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._advisor = session.advisor
        self.go_button = button(
            "Next to correct",
            "Go where looking is expected to change the mean cover most (G). Images "
            "are predicted for it in the background, without keeping the result",
            self._advisor.go,
        )
        self.progress = QLabel()
        self.stop_button = tool("✕", "Stop ranking images", self._advisor.stop)
        self.reason = hint("")
        self.reason.setToolTip(_CAUTION)
        self.unframe_button = tool(
            "✕", "Take the frame off the image", self._advisor.forget_place
        )
        self.advice = hint("")
        self._why = row(self.reason, self.unframe_button, stretch=0)
        head = row(self.go_button, self.progress, self.stop_button, stretch=1)
        column(self, head, self._why, self.advice)
        for signal in (
            self._advisor.changed,
            self._advisor.pointed,
            session.images.changed,
        ):
            listen(self, signal, self._refresh)
        self._refresh()

    def _refresh(self, _: object = None) -> None:
        advisor = self._advisor
        self.setVisible(bool(self._session.images.items))
        self.progress.setText(_progress_text(advisor.left, waiting=advisor.waiting))
        self.stop_button.setVisible(bool(advisor.left or advisor.waiting))
        self._why.setVisible(advisor.pointer is not None)
        if advisor.pointer is not None:
            self.reason.setText(reason_text(advisor.pointer))
        self._show_advice()

    def _show_advice(self) -> None:
        """Say whether to stop, once the images are ranked."""
        advisor, rounds = self._advisor, self._advisor.sights.rounds
        known = bool(advisor.ranking) and not (advisor.left or advisor.waiting)
        self.advice.setVisible(known)
        if known:
            advice = rounds.advice()
            self.advice.setText(stop_text(advice))
            self.advice.setToolTip(
                f"From the mean cover of the same {len(rounds.common)} images after "
                f"each training, with {100 * advice.confidence:.0f} % confidence. It "
                "holds for images like these only. Reviewed images are left out"
            )


def reason_text(pointer: Pointer) -> str:
    """Say why a place is worth looking at."""
    if pointer.images == 1:
        what = f"the cover by {_points(pointer.worth)}"
    else:
        what = f"the mean cover of {pointer.images} images by {_points(pointer.worth)}"
    text = f"{pointer.item.name}: expected to change {what}"
    share = _points(pointer.share)
    if pointer.worth < _SMALLEST:
        return f"{text}. The model is sure here; that does not mean that it is right."
    if share == _points(pointer.worth):
        return f"{text}."
    return f"{text}; the frame alone, {share}."


def _points(effect: float) -> str:
    if effect < _SMALLEST:
        return "less than 0.1 points"
    return f"about {100 * effect:.1f} points"


def _progress_text(left: int, *, waiting: bool) -> str:
    if left:
        return f"ranking, {left} left"
    return "waiting to rank" if waiting else ""
