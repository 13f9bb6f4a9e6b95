"""Where to look next, and whether to go on."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from psygnal import Signal

from imageseg.tasks import Progress
from napari_imageseg import next_jobs
from napari_imageseg.items import ImageItem
from napari_imageseg.models import ModelChoice
from napari_imageseg.next_jobs import Place
from napari_imageseg.predicting import Predictor
from napari_imageseg.sights import Known, Sights
from napari_imageseg.workbench import Workbench

if TYPE_CHECKING:
    from imageseg.model import SegmentationModel

CHEAP_S = 30.0
"""A ranking that takes no longer is brought up to date without being asked for."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Pointer:
    """Where to look, and why.

    Attributes
    ----------
    item
        The image.
    place
        The part of it.
    worth
        Expected size of the change of the mean cover if all of the image is looked
        at, 0 to 1.
    images
        How many the mean is over.
    """

    item: ImageItem
    place: Place
    worth: float
    images: int

    @property
    def share(self) -> float:
        """The expected change of the mean cover if only the place is looked at."""
        return self.place.effect / self.images


class Advisor:
    """Ranks images, and places in them, by what looking there would change.

    Images are predicted for it in a lane that gives way to all that is waited for;
    what was found of an image stays until it is painted on, or the model, the region
    or the excluded classes change.

    Parameters
    ----------
    bench
        What it shares with the other parts of a session.
    models
        What is asked.
    predictor
        Predicts images that are gone to.
    """

    changed = Signal()
    """The ranking, how far it is, or the advice is another one."""
    pointed = Signal(object)
    """Carries the `Pointer` to look at, or None when there is none any more."""

    def __init__(
        self, bench: Workbench, models: ModelChoice, predictor: Predictor
    ) -> None:
        self._bench = bench
        self._models = models
        self._predictor = predictor
        self.sights = Sights(bench, models)
        self._visited: list[tuple[ImageItem, Place]] = []
        self._following = False  # whether the ranking is kept up to date
        self._asked = False  # whether somebody waits for it
        self._going = False  # whether to go to the best place when it is known
        self._ends: float | None = None  # when the last image was done
        self.seconds = 0.0
        """What an image takes."""
        self.left = 0
        """Images that are still to be looked at in the ranking under way."""
        self.pointer: Pointer | None = None
        models.changed.connect(self._on_state)
        bench.images.changed.connect(self._on_list)
        bench.images.current_changed.connect(self._on_current)
        bench.measurer.region_changed.connect(self._on_state)
        bench.classes.changed.connect(self._on_state)
        bench.channels.changed.connect(self._on_state)
        bench.classes.busy_changed.connect(self._on_busy)

    # -- what is known --------------------------------------------------------

    @property
    def ranking(self) -> list[ImageItem]:
        """The images that something is known of, the most useful first."""
        return self.sights.ranking

    @property
    def is_complete(self) -> bool:
        """Whether all images are ranked as they are now."""
        return not self.sights.wanted()

    @property
    def waiting(self) -> bool:
        """Whether images are to be ranked when nothing else is done any more."""
        return self._asked and not self.left

    # -- what is asked --------------------------------------------------------

    def rank(self) -> None:
        """Look at the images that nothing is known of, the one on show first."""
        model = self._models.current
        if model is None or not self._bench.images.items:
            reason = "Open images and a model first: a model tells where it is unsure."
            self._bench.messages.refuse("Where next", reason)
            return
        self._following = self._asked = True
        self._halt()
        self.go_on()
        self.changed.emit()

    def go(self) -> None:
        """Go to the best place that was not gone to yet; rank first if need be."""
        pointer = self._next()
        self._going = pointer is None
        if pointer is not None:
            self._point(pointer)
        if not (self.left or self.is_complete):
            self.rank()
        elif pointer is None and not self.left:
            self._say_nothing()

    def stop(self) -> None:
        """Stop ranking; what was found stays."""
        self._following = self._asked = self._going = False
        self._halt()
        self.changed.emit()

    def forget_place(self) -> None:
        """Point at nothing any more."""
        if self.pointer is not None:
            self.pointer = None
            self.pointed.emit(None)

    def give_way(self, _: object = None) -> None:
        """Stop for something that is waited for, until `go_on`."""
        self._halt()

    def go_on(self) -> None:
        """Bring the ranking up to date, if nothing else is done and it is cheap."""
        runners, model = self._bench.runners, self._models.current
        busy = runners.work.busy or runners.training.busy or runners.looks.busy
        busy = busy or self._bench.classes.busy
        if not self._following or busy or self.left or model is None:
            return
        wanted = self.sights.wanted()
        if self._asked or len(wanted) * self.seconds <= CHEAP_S:
            self._begin(model, wanted)

    def on_painted(self, item: ImageItem) -> None:
        """Take note that less of an image is open; nobody wants to be led away now."""
        self.sights.touch(item)
        self._going = False
        if item.reviewed and item.worth:
            self.sights.weigh()
            self.changed.emit()

    # -- ranking --------------------------------------------------------------

    def _begin(self, model: SegmentationModel, items: Sequence[ImageItem]) -> None:
        if not items:
            self._done(0)
            return
        self.left, self._ends = len(items), time.monotonic()
        labels = self._bench.labels.of(model)
        asked = [(item, self.sights.blank(item)) for item in items]
        self.changed.emit()
        self._bench.runners.ranking.submit(
            "Where next",
            next_jobs.rank_task(
                model,
                [self._bench.channels.source_of(item, labels=labels) for item in items],
                self._bench.measurer.region,
                self._bench.classes.scheme,
                self._predictor.settings,
            ),
            self._done,
            partial(self._take, asked),
        )

    def _take(
        self, asked: Sequence[tuple[ImageItem, Known]], progress: Progress
    ) -> None:
        if not isinstance(progress, next_jobs.SightProgress):
            return
        item, known = asked[progress.at]
        now = time.monotonic()
        self.seconds, self._ends = now - (self._ends or now), now
        self.left = progress.total - progress.done
        self.sights.take(item, replace(known, sight=progress.sight))
        self.changed.emit()

    def _done(self, failed: int) -> None:
        self.left, self._asked = 0, False
        if failed:
            text = (
                f"{failed} of the images could not be ranked. Predict them to see why."
            )
            self._bench.messages.notified.emit(text)
        self.changed.emit()
        if self._going:
            self.go()

    def _halt(self) -> None:
        self._bench.runners.ranking.cancel()
        if self.left:
            self.left = 0
            self.changed.emit()

    # -- going there ----------------------------------------------------------

    def _next(self) -> Pointer | None:
        """Return the best place not gone to; each image once, then its second one."""
        places = [
            (rank, at, item, place)
            for at, (item, sight) in enumerate(self.sights.open)
            for rank, place in enumerate(sight.places)
        ]
        new = [found for found in places if found[2:] not in self._visited]
        if places and not new:  # all were gone to: begin anew
            self._visited.clear()
            new = places
        if not new:
            return None
        _, _, item, place = min(new, key=lambda found: found[:2])
        images = len(self.sights.summaries())
        return Pointer(item=item, place=place, worth=item.worth or 0.0, images=images)

    def _point(self, pointer: Pointer) -> None:
        self._going = False
        self._visited.append((pointer.item, pointer.place))
        self.pointer = pointer
        images = self._bench.images
        if pointer.item is not images.current:
            images.select(pointer.item)
        self.pointed.emit(pointer)
        if pointer.item.status == "new":
            self._predictor.predict(items=[pointer.item])

    def _say_nothing(self) -> None:
        self._going = False
        text = "All images are annotated or reviewed: nothing is left to correct."
        if not self.ranking:
            text = "No image could be ranked. Predict one to see why."
        self._bench.messages.notified.emit(text)

    # -- what changes ---------------------------------------------------------

    def _on_current(self, item: ImageItem | None) -> None:
        if self.pointer is not None and item is not self.pointer.item:
            self.forget_place()
        if self._going and item is not None:
            self._going = False  # somebody has gone elsewhere meanwhile

    def _on_state(self, _: object = None) -> None:
        """Let what was found go that is not true any more."""
        if not self.sights.renew():
            return
        self._visited.clear()
        self._halt()
        self.sights.weigh()
        self.changed.emit()
        self.go_on()

    def _on_busy(self) -> None:
        if self._bench.classes.busy:  # labels are being rewritten
            self._halt()
        else:
            self.go_on()

    def _on_list(self) -> None:
        if not self._bench.images.items:
            self._visited.clear()
            self.sights.rounds.clear()
        if self.pointer and self.pointer.item not in self._bench.images.items:
            self.forget_place()
        self.sights.weigh()
        self.changed.emit()
