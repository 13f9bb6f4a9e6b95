"""Two models on what is on show, side by side with a line between them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from psygnal import Signal

from imageseg.tasks import Progress
from napari_imageseg import look_jobs
from napari_imageseg.edits import Box, Labels
from napari_imageseg.items import ImageItem
from napari_imageseg.looking import Looker
from napari_imageseg.models import ModelChoice
from napari_imageseg.workbench import Workbench


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Comparison:
    """What two models say of a part of an image.

    Attributes
    ----------
    item
        The image.
    box
        The part.
    before, after
        Labels in it, by the model in use and by the proposed one.
    shown
        Labels of the whole image: left of the line before, right of it after, 0
        outside the box. Written in place when the line moves.
    share
        Where the line is: share of the box's width, 0 to 1.
    """

    item: ImageItem
    box: Box
    before: Labels
    after: Labels
    shown: Labels
    share: float = 0.5

    @property
    def changed(self) -> float:
        """Share of the pixels that the models see differently, 0 to 1."""
        return float((self.before != self.after).mean())

    def draw(self) -> None:
        """Write both sides into `shown`."""
        line = round(self.share * self.before.shape[-1])
        part = self.shown[self.box]
        part[..., :line] = self.before[..., :line]
        part[..., line:] = self.after[..., line:]


class Comparer:
    """Compares the proposed model with the one in use.

    Parameters
    ----------
    bench
        What it shares with the other parts of a session.
    models
        The two.
    looker
        Knows what is on show, and how to predict it.
    """

    changed = Signal(object)
    """Carries the `Comparison`, or None when there is none any more."""
    moved = Signal(object)
    """The line of a comparison has moved."""

    def __init__(self, bench: Workbench, models: ModelChoice, looker: Looker) -> None:
        self._bench = bench
        self._models = models
        self._looker = looker
        self.current: Comparison | None = None
        self._sides: dict[int, look_jobs.LookProgress] = {}
        models.candidate_changed.connect(self.stop)
        bench.classes.busy_changed.connect(self.stop)
        bench.images.current_changed.connect(self.stop)

    @property
    def possible(self) -> bool:
        """Whether there are two models to compare, and an image."""
        models, image = self._models, self._bench.images.current
        return None not in (models.candidate, models.base, image)

    def start(self) -> None:
        """Compare on what is on show."""
        candidate, base = self._models.candidate, self._models.base
        item = self._bench.images.current
        if candidate is None or base is None or item is None:
            reason = "There are no two models to compare: train one first."
            self._bench.messages.refuse("Compare", reason)
            return
        if self._bench.refuses("Compare"):
            return
        self._sides = {}
        source, box = self._bench.channels.source_of(item), self._looker.visible_box()
        two = (base, candidate.model)
        labels = [self._bench.labels.of(model) for model in two]
        task = look_jobs.compare_task(two, source, box, self._looker.settings, labels)
        self._bench.runners.looks.submit(
            f"Comparing on {item.name}",
            task,
            lambda _: self._done(item),
            self._take,
        )

    def move(self, share: float) -> None:
        """Move the line between before and after."""
        if self.current is not None:
            self.current = replace(self.current, share=share)
            self.current.draw()
            self.moved.emit(self.current)

    def stop(self, _: object = None) -> None:
        """Show no comparison any more."""
        if self.current is not None:
            self.current = None
            self.changed.emit(None)

    def _take(self, progress: Progress) -> None:
        if isinstance(progress, look_jobs.LookProgress):
            self._sides[len(self._sides)] = progress

    def _done(self, item: ImageItem) -> None:
        if item is not self._bench.images.current or len(self._sides) < 2:
            return
        before, after = self._sides[0], self._sides[1]
        self.current = Comparison(
            item=item,
            box=before.box,
            before=before.labels,
            after=after.labels,
            shown=np.zeros(before.shape, np.uint8),
        )
        self.current.draw()
        self.changed.emit(self.current)
