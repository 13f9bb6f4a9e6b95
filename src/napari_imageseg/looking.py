"""Quick answers to what is on show, while a model is still learning."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from imageseg.settings import PredictSettings
from imageseg.tasks import Progress, Task
from napari_imageseg import look_jobs
from napari_imageseg.edits import Box
from napari_imageseg.items import ImageItem, PredictionState
from napari_imageseg.journal import Action
from napari_imageseg.workbench import Workbench

Place = tuple[int, ...]
"""Which slice: an index for each axis before the last two."""

if TYPE_CHECKING:
    from imageseg.interactive import Answer
    from imageseg.model import SegmentationModel


class Looker:
    """Shows what a model says of the view, and then of the rest of the image.

    A newer look ends an older one. All looks of a training are one action: what was
    predicted before it comes back with one undo.

    Parameters
    ----------
    bench
        What it shares with the other parts of a session.
    """

    looked = Signal(object, bool)
    """Carries the image, and whether its prediction is another array."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self.settings = PredictSettings()
        self.visible_box: Callable[[], Box | None] = everything
        """Tells what is on show of the current image; None is all of it."""
        self._begun: dict[ImageItem, set[Place]] = {}
        """The images looked at, and their slices whose answer is not whole yet."""
        bench.classes.busy_changed.connect(self.stop)

    def begin(self) -> None:
        """Make looks from now on an action of their own."""
        self._begun.clear()

    def look(self, model: SegmentationModel, speaker: str) -> None:
        """Predict what is on show of the current image.

        Parameters
        ----------
        model
            Who answers; nobody else may be changing it.
        speaker
            What it is called in the table.
        """
        item = self._bench.images.current
        if item is None:
            return
        labels = self._bench.labels.of(model)
        source = self._bench.channels.source_of(item, labels=labels)
        box = self.visible_box()
        task = look_jobs.look_task(model, source, box, self.settings)
        self._submit(item, task, partial(self._take, item, speaker, model))

    def has_answered(self, item: ImageItem) -> bool:
        """Whether anything is predicted where the current image is on show.

        Of a stack that is the slice on show; one whose look was ended before it was
        whole has to be looked at again.
        """
        if item.prediction is None:
            return item.is_predicted
        box = self.visible_box()
        if box is None or len(box) != item.prediction.ndim:
            return True
        place = _place_of(box)
        if place in self._begun.get(item, ()):
            return False
        return bool(item.prediction[place].any())

    def take_over(
        self, task: Task[Answer], on_answer: Callable[[Answer], None]
    ) -> None:
        """Run a task that teaches a model and looks with it.

        Parameters
        ----------
        task
            Its looks are shown.
        on_answer
            Called with the model at the end.
        """
        item = self._bench.images.current
        if item is None:
            return
        self._submit(
            item,
            task,
            lambda progress: self._take(item, "instant model", None, progress),
            on_answer,
        )

    def _submit(
        self,
        item: ImageItem,
        task: Task[Any],
        on_progress: Callable[[Progress], None],
        on_result: Callable[[Any], None] | None = None,
    ) -> None:
        self.stop()
        if self._bench.classes.busy:  # it would show labels of the classes before
            return

        def done(result: object) -> None:
            self._bench.measurer.measure([item])
            if on_result is not None:
                on_result(result)

        title = f"Looking at {item.name}"
        self._bench.runners.looks.submit(title, task, done, on_progress)

    def forget(self, item: ImageItem) -> None:
        """Leave a prediction alone that is no answer to a look."""
        self._begun.pop(item, None)

    def stop(self) -> None:
        """End the look that is going on."""
        self._bench.runners.looks.cancel()

    def _take(
        self,
        item: ImageItem,
        speaker: str,
        model: SegmentationModel | None,
        progress: Progress,
    ) -> None:
        if not isinstance(progress, look_jobs.LookProgress):
            return
        if item not in self._bench.images.items or item.is_away:
            return
        first = item not in self._begun
        if first:
            self._begin(item)
        new = item.set_part(progress.box, progress.labels, progress.shape)
        self._note(item, progress)
        shown = self._bench.classes.scheme
        item.predicted_by = speaker
        carried = self._bench.labels.of(model)
        item.scheme = shown if model is None or carried else model.spec.scheme
        item.error = ""
        self.looked.emit(item, first or new)
        if progress.done == 1:
            self._bench.measurer.measure([item])
        self._bench.images.item_changed.emit(item)

    def _note(self, item: ImageItem, progress: look_jobs.LookProgress) -> None:
        """Take note of how much of a slice is answered."""
        begun, place = self._begun[item], _place_of(progress.box)
        if progress.done < progress.total:
            begun.add(place)
        else:
            begun.discard(place)

    def _begin(self, item: ImageItem) -> None:
        """Leave what was predicted before alone, to come back to."""
        self._begun[item] = set()
        before = item.prediction_state
        if item.prediction is not None and item.corrected is not None:
            item.prediction = item.prediction.copy()
            item.corrected = item.corrected.copy()
        after: list[PredictionState] = []

        def undo() -> None:
            self.stop()
            self._begun.pop(item, None)
            after[:] = [item.prediction_state]
            self._show(item, before)

        def redo() -> None:
            self._show(item, after[0])

        title = f"answer to {item.name}"
        kept = 2 * before.nbytes
        self._bench.journal.record(Action(title, undo, redo, kept, item))

    def _show(self, item: ImageItem, state: PredictionState) -> None:
        item.set_prediction_state(state)
        self.looked.emit(item, True)  # noqa: FBT003  psygnal has no keywords
        self._bench.measurer.measure([item])
        self._bench.images.item_changed.emit(item)


def _place_of(box: Box) -> Place:
    return tuple(span.start for span in box[:-2])


def everything() -> Box | None:
    """Stand in for a viewer: all of an image is on show."""
    return None
