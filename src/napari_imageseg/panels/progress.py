"""The strip at the foot of the dock: what is running, how far, how to stop it."""

from __future__ import annotations

import time
from collections.abc import Callable

from qtpy.QtWidgets import QProgressBar, QWidget

from imageseg.tasks import Progress
from napari_imageseg.panels.parts import ElidedLabel, column, row, tool

_STEPS = 1000
_FIRST_GUESS = 0.03  # of the work must be done before the time left is guessed


class ProgressStrip(QWidget):
    """Shows the long task that is running.

    Parameters
    ----------
    stop
        What the cross does.
    resting
        What is said when nothing runs; empty hides the strip.
    """

    def __init__(self, stop: Callable[[], object], resting: str = "Ready") -> None:
        super().__init__()
        self._phase = 0  # total of the steps that are counted now
        self._began, self._first = 0.0, 0  # when, and with which step
        self._resting = resting
        self._text = ElidedLabel()
        self._bar = QProgressBar()
        self._bar.setRange(0, _STEPS)
        self._bar.setTextVisible(False)
        self._bar.setMaximumHeight(round(self.fontMetrics().height() * 0.6))
        self.cancel_button = tool("✕", "Stop", stop)
        column(self, self._text, row(self._bar, self.cancel_button, stretch=0))
        self.rest()

    def start(self, title: str) -> None:
        """Show that a task began."""
        self._phase, self._began, self._first = 0, time.monotonic(), 0
        self._text.set_text(title)
        self._bar.setRange(0, 0)
        self._show_controls(visible=True)

    def report(self, title: str, progress: Progress) -> None:
        """Show how far it is and how long it will take."""
        fraction = progress.fraction
        if progress.total:  # a moving bar is drawn all the time: only where none knows
            self._bar.setRange(0, _STEPS)
            self._bar.setValue(round(_STEPS * fraction))
        parts = [title, progress.message, self._time_left(progress)]
        self._text.set_text(" · ".join(part for part in parts if part))

    def rest(self) -> None:
        """Show that nothing runs."""
        self._text.set_text(self._resting)
        self._show_controls(visible=False)

    def _show_controls(self, *, visible: bool) -> None:
        self._text.setVisible(visible or bool(self._resting))
        self._bar.setVisible(visible)
        self.cancel_button.setVisible(visible)

    def _time_left(self, progress: Progress) -> str:
        """Guess by what this phase has taken; another total is another phase."""
        if progress.total not in (0, self._phase):
            if self._phase:
                self._began, self._first = time.monotonic(), progress.done
            self._phase = progress.total
        done = progress.done - self._first
        if not (done > 0 and _FIRST_GUESS <= progress.fraction < 1):
            return ""
        passed = time.monotonic() - self._began
        left = passed * (progress.total - progress.done) / done
        return f"{left:.0f} s left" if left < 100 else f"{left / 60:.0f} min left"
