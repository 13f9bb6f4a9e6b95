"""One history of everything a user did, from a stroke to another model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from psygnal import Signal

from imageseg.errors import ImageSegError

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

    A step that is asked for while another is under way waits for its end: one at most,
    so that nobody who presses a key again goes back further than meant.

    Parameters
    ----------
    bring
        Has the image of an action in memory before that is taken back.
    """

    changed = Signal()
    failed = Signal(str, Exception)
    """What could not be taken back or done again, and why."""
    waits = Signal(str)
    """Tells people what the step that they asked for waits for."""

    def __init__(self, bring: Bring = _there_already) -> None:
        self._bring = bring
        self._waiting: Action | None = None  # for its image: one step at a time
        self._held = ""  # by what
        self._next: bool | None = None  # back, or again, when that has ended
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
        if self._waiting is not None and not self._held:
            self._next = None  # it was meant for what came before
        self._done.append(action)
        self._undone.clear()
        self._shorten()
        self.changed.emit()

    def undo(self) -> None:
        """Take the last action back."""
        self._ask(back=True)

    def redo(self) -> None:
        """Do again what was taken back last."""
        self._ask(back=False)

    def is_next(self, action: Action, *, back: bool) -> bool:
        """Say whether it is this one that `undo` (back) or `redo` would take."""
        actions = self._done if back else self._undone
        return bool(actions) and actions[-1] is action

    def hold(self, what: str) -> None:
        """Take nothing back and do nothing again until `go_on`.

        Parameters
        ----------
        what
            Is being done meanwhile, for people.
        """
        self._held = what

    def go_on(self, *, failed: bool = False) -> None:
        """Take steps again; one that was asked for meanwhile waits for `catch_up`.

        Parameters
        ----------
        failed
            What was being done was not: nobody meant what was done before it.
        """
        self._held = ""
        if failed:
            self._next = None

    def catch_up(self) -> None:
        """Take the step that was asked for while another was under way."""
        back, self._next = self._next, None
        if back is not None:
            self._ask(back=back)

    def overtake(self) -> None:
        """Give up a step that waits: something else is done before it."""
        if self._next is not None:
            title, self._next = _verb(back=self._next), None
            reason = "Something else was done before it could begin. Try again."
            self.failed.emit(title, ImageSegError(reason))

    def stop_waiting(self) -> None:
        """Give up a step whose image will not come any more."""
        self._waiting = self._next = None

    def clear(self) -> None:
        """Forget everything."""
        self._done.clear()
        self._undone.clear()
        self.stop_waiting()
        self.changed.emit()

    def _ask(self, *, back: bool) -> None:
        """Take a step, or have it wait for what is under way."""
        if self._held or self._waiting is not None:
            self._put_off(back=back)
        elif self._done if back else self._undone:
            self._step(back=back)

    def _put_off(self, *, back: bool) -> None:
        """Let a step wait; its opposite takes that back."""
        waiting, self._next = self._next, back
        if waiting is not None and waiting != back:
            self._next = None
            self.waits.emit(f"{_verb(back=waiting)} waits no longer.")
            return
        under_way = self._waiting
        slow = under_way.title if under_way and under_way.prepare else ""
        if self._held or slow:  # an image alone is there before people have read it
            what = self._held or slow
            self.waits.emit(f"{_verb(back=back)} waits until this is done: {what}.")

    def _step(self, *, back: bool) -> None:
        """Go back or on by an action, when all is there that it needs."""
        action = self._done[-1] if back else self._undone[-1]

        def go(error: Exception | None) -> None:
            self._waiting = None
            if error is not None:
                self._next = None
                self.failed.emit(action.title, error)
            elif action.prepare or (self.is_next(action, back=back) and not self._held):
                self._move(action, back=back)
            if not self._held:
                self.catch_up()

        self._next = None
        if action.prepare is None and action.item is None:
            go(None)
            return
        self._waiting = action
        if action.prepare is not None:
            action.prepare(back, go)
        else:
            self._bring(action.item, go)

    def _move(self, action: Action, *, back: bool) -> None:
        """Take an action back, or do it again."""
        source, target = self._done, self._undone
        if not back:
            source, target = target, source
        if action in source:  # what is prepared is half done: never skipped
            source.remove(action)
        target.append(action)
        self._replay(action.undo if back else action.redo)

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


def _verb(*, back: bool) -> str:
    return "Undo" if back else "Redo"
