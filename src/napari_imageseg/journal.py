"""One history of everything a user did, from a stroke to another model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from psygnal import Signal

MOST_BYTES = 256 << 20


Then = Callable[[Exception | None], object]
"""Called when all is ready, or with the reason why it is not."""


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
    item
        The image whose arrays it writes, which must be in memory then; None for none.
    prepare
        Does in the background what `undo` (True) or `redo` (False) needs; None: they
        need nothing.
    """

    title: str
    undo: Callable[[], None]
    redo: Callable[[], None]
    nbytes: int = 0
    item: Any = None
    prepare: Callable[[bool, Then], None] | None = None


Bring = Callable[[Any, Then], None]
"""Has an image in memory, then calls back, or with the reason why it has not."""


def _there_already(_: object, then: Then) -> None:
    then(None)


class Journal:
    """Actions in the order in which they were done; the last is undone first.

    Strokes and whole actions stand in one history, so one key takes back what was
    done last, whatever it was. The oldest are forgotten when memory is short.

    Parameters
    ----------
    bring
        Has the image of an action in memory before that is taken back.
    """

    changed = Signal()
    failed = Signal(str, Exception)
    """What could not be taken back or done again, and why."""

    def __init__(self, bring: Bring = _there_already) -> None:
        self._bring = bring
        self._waiting = False  # for an image: one step at a time
        self._held = False
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
            self._step(self._done, self._undone, back=True)

    def redo(self) -> None:
        """Do again what was taken back last."""
        if self._undone:
            self._step(self._undone, self._done, back=False)

    def is_next(self, action: Action, *, back: bool) -> bool:
        """Say whether it is this one that `undo` (back) or `redo` would take."""
        return _is_last(action, self._done if back else self._undone)

    def hold(self) -> None:
        """Take nothing back and do nothing again until `go_on`."""
        self._held = True

    def go_on(self) -> None:
        """Take back and do again what is asked for from now on."""
        self._held = False

    def stop_waiting(self) -> None:
        """Give up a step whose image will not come any more."""
        self._waiting = False

    def clear(self) -> None:
        """Forget everything."""
        self._done.clear()
        self._undone.clear()
        self._waiting = False
        self.changed.emit()

    def _step(self, source: list[Action], target: list[Action], *, back: bool) -> None:
        """Move the last action over, when all is there that it needs."""
        if self._waiting or self._held:
            return
        action = source[-1]

        def go(error: Exception | None) -> None:
            self._waiting = False
            if error is not None:
                self.failed.emit(action.title, error)
            elif action.prepare or (_is_last(action, source) and not self._held):
                if action in source:  # what is prepared is half done: never skipped
                    source.remove(action)
                target.append(action)
                self._replay(action.undo if back else action.redo)

        if action.prepare is None and action.item is None:
            go(None)
            return
        self._waiting = True
        if action.prepare is not None:
            action.prepare(back, go)
        else:
            self._bring(action.item, go)

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


def _is_last(action: Action, actions: list[Action]) -> bool:
    return bool(actions) and actions[-1] is action
