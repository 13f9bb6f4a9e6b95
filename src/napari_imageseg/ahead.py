"""Predict the next images while nothing else is being done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from psygnal import Signal

from napari_imageseg.idle import Idle
from napari_imageseg.items import ImageItem
from napari_imageseg.journal import Journal
from napari_imageseg.messages import Messages
from napari_imageseg.predicting import Predictor
from napari_imageseg.session import Session
from napari_imageseg.workbench import Workbench
from napari_imageseg.workers import TaskRunner

HOW_MANY = 2


class Ahead:
    """Whoever goes to the next image finds it predicted.

    It begins when nothing has been done for a second, and stops at once when
    anything else begins. It says nothing: an image that fails shows so in the list.
    It is not in the history either, for undo takes back what users did.

    Parameters
    ----------
    session
        Whose images.
    lane
        Where it predicts; nothing else should wait in it.
    others
        Lanes that go first.
    """

    changed = Signal(bool)
    """It was switched on or off."""

    def __init__(
        self, session: Session, lane: TaskRunner, others: Sequence[TaskRunner]
    ) -> None:
        self._session = session
        self._idle = Idle(lane, others, self._begin)
        self._idle.enabled = False
        self._predictor = Predictor(_quiet_bench(session, lane), session.models)
        self._predictor.predicted.connect(self._pass_on)
        for signal in (
            session.annotator.painted,
            session.images.current_changed,
            session.models.changed,
            session.classes.changed,
            session.classes.busy_changed,
        ):
            signal.connect(self._idle.give_way)

    def _pass_on(self, item: ImageItem) -> None:
        """Tell of a prediction as if it had been asked for.

        A method of our own: psygnal tries others, as `emit`, out to count arguments.
        """
        self._session.predictor.predicted.emit(item)

    @property
    def enabled(self) -> bool:
        """Whether it does anything."""
        return self._idle.enabled

    def enable(self, enabled: bool) -> None:  # noqa: FBT001  what a check box calls
        """Switch it on or off."""
        if enabled != self.enabled:
            self._idle.enabled = enabled
            self._idle.give_way()
            self.changed.emit(enabled)

    def close(self) -> None:
        """Begin nothing any more."""
        self._idle.close()

    def _begin(self) -> None:
        model, wanted = self._session.models.current, self._wanted()
        if model is None or not wanted:
            return
        asked = self._session.predictor
        self._predictor.settings, self._predictor.level = asked.settings, asked.level
        self._predictor.predict_with(model, wanted[:1])

    def _wanted(self) -> list[ImageItem]:
        """Return the next images, as far as there is nothing on them yet."""
        images = self._session.images
        if images.current not in images.items:
            return []
        at = images.items.index(images.current) + 1
        following = islice(images.items, at, at + HOW_MANY)
        return [item for item in following if item.status == "new" and not item.error]


def _quiet_bench(session: Session, lane: TaskRunner) -> Workbench:
    """Return what predicting needs, in another lane, without words and history."""
    return Workbench(
        runners=replace(session.runners, work=lane),
        images=session.images,
        channels=session.channels,
        classes=session.classes,
        measurer=session.measurer,
        journal=Journal(),
        messages=Messages(),
        labels=session.labels,
    )
