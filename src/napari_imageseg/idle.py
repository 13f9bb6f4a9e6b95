"""Begin something when nothing else is being done."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qtpy.QtCore import QTimer

from napari_imageseg.workers import TaskRunner, stop_timer

IDLE_MS = 1000


class Idle:
    """Begins when nothing has been done for a second; stops when anything begins.

    Parameters
    ----------
    lane
        What is begun runs there; nothing else should wait in it.
    others
        Lanes that go first.
    begin
        Submits what there is to do.

    Attributes
    ----------
    enabled
        Whether it does anything; told by `give_way`.
    """

    def __init__(
        self, lane: TaskRunner, others: Sequence[TaskRunner], begin: Callable[[], None]
    ) -> None:
        self._lane = lane
        self._others = others
        self._begin = begin
        self.enabled = True
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(IDLE_MS)
        self._timer.timeout.connect(self._on_time)
        for other in others:
            other.started.connect(self.give_way)
            other.ended.connect(self.give_way)
        lane.ended.connect(self._wait)

    def give_way(self, _: object = None) -> None:
        """Stop, and begin again when all is quiet."""
        self._lane.cancel()
        self._wait()

    def close(self) -> None:
        """Begin nothing any more."""
        stop_timer(self._timer)
        self.enabled = False
        self._lane.cancel()

    def _wait(self) -> None:
        if self.enabled:
            self._timer.start()
        else:
            stop_timer(self._timer)

    def _on_time(self) -> None:
        if not (self._lane.busy or any(other.busy for other in self._others)):
            self._begin()
