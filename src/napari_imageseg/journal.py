"""One history of everything a user did, from a stroke to another model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from psygnal import Signal

MOST_BYTES = 256 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Action:
    """Something done that can be taken back.

    Attributes
    ----------
    title
        What was done, for people.
    undo, redo
        Take it back, do it again.
    nbytes
        Memory that it keeps.
    """

    title: str
    undo: Callable[[], None]
    redo: Callable[[], None]
    nbytes: int = 0


class Journal:
    """Actions in the order in which they were done; the last is undone first.

    Strokes and whole actions stand in one history, so one key takes back what was
    done last, whatever it was. The oldest are forgotten when memory is short.
    """

    changed = Signal()

    def __init__(self) -> None:
        self._done: list[Action] = []
        self._undone: list[Action] = []
        self._replaying = False

    @property
    def undo_title(self) -> str:
        """What `undo` would take back; empty if there is nothing."""
        return self._done[-1].title if self._done else ""

    @property
    def redo_title(self) -> str:
        """What `redo` would do again; empty if there is nothing."""
        return self._undone[-1].title if self._undone else ""

    def record(self, action: Action) -> None:
        """Remember an action that was just done."""
        if self._replaying:  # what undoing itself sets off is no action
            return
        self._done.append(action)
        self._undone.clear()
        self._shorten()
        self.changed.emit()

    def undo(self) -> None:
        """Take the last action back."""
        if self._done:
            self._undone.append(action := self._done.pop())
            self._replay(action.undo)

    def redo(self) -> None:
        """Do again what was taken back last."""
        if self._undone:
            self._done.append(action := self._undone.pop())
            self._replay(action.redo)

    def clear(self) -> None:
        """Forget everything."""
        self._done.clear()
        self._undone.clear()
        self.changed.emit()

    def _replay(self, step: Callable[[], None]) -> None:
        self._replaying = True
        try:
            step()
        finally:
            self._replaying = False
        self.changed.emit()

    def _shorten(self) -> None:
        kept = sum(action.nbytes for action in self._done)
        while kept > MOST_BYTES and len(self._done) > 1:
            kept -= self._done.pop(0).nbytes
