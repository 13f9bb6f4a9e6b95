"""What a model has told of the images, and what looking at each is worth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from napari_imageseg.items import ImageItem
from napari_imageseg.models import ModelChoice
from napari_imageseg.next_jobs import Sight
from napari_imageseg.stopping import Rounds
from napari_imageseg.workbench import Workbench

if TYPE_CHECKING:
    from imageseg.density import Region
    from imageseg.guidance import ImageSummary
    from imageseg.model import SegmentationModel


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What a sight depends on beside the image: another one makes it old."""

    model: SegmentationModel | None
    region: Region
    excluded: tuple[bool, ...]
    labels: tuple[int, ...]
    channels: str

    def is_like(self, other: State) -> bool:
        """Say whether nothing is different; neither model nor region is looked into."""
        same = self.model is other.model and self.region is other.region
        counted = self.excluded, self.labels, self.channels
        return same and counted == (other.excluded, other.labels, other.channels)


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What was found of an image, and of which edit of it."""

    sight: Sight
    state: State
    edits: int


class Sights:
    """Keeps what was found of images, as long as it is true.

    It is until an image is painted on, or the model, the region or the excluded
    classes change.

    Parameters
    ----------
    bench
        Whose images, region and classes.
    models
        Who said it.

    Attributes
    ----------
    rounds
        The covers by one model after another.
    """

    def __init__(self, bench: Workbench, models: ModelChoice) -> None:
        self._bench = bench
        self._models = models
        self._known: WeakKeyDictionary[ImageItem, Known] = WeakKeyDictionary()
        self._edits: WeakKeyDictionary[ImageItem, int] = WeakKeyDictionary()
        self._last = self.state()
        self._annotated = 0  # images, when the model came into use
        self.rounds = Rounds()

    @property
    def ranking(self) -> list[ImageItem]:
        """The images that something is known of, the most useful first."""
        known = [item for item in self._bench.images.items if item.worth is not None]
        return sorted(known, key=lambda item: -(item.worth or 0.0))

    @property
    def open(self) -> list[tuple[ImageItem, Sight]]:
        """Those of the ranking in which something may change, as they are now."""
        state = self.state()
        return [
            (item, self._known[item].sight)
            for item in self.ranking
            if item.worth and not item.reviewed and self._is_fresh(item, state)
        ]

    def wanted(self) -> list[ImageItem]:
        """Return the images to be looked at, the one on show first."""
        images, state = self._bench.images, self.state()
        wanted = [
            i for i in images.items if not (i.reviewed or self._is_fresh(i, state))
        ]
        return sorted(wanted, key=lambda item: item is not images.current)

    def blank(self, item: ImageItem) -> Known:
        """Return what is known of an image before it is looked at, as it is now."""
        return Known(Sight(summary=None), self.state(), self._edits.get(item, 0))

    def take(self, item: ImageItem, known: Known) -> None:
        """Take in what was found of an image."""
        self._known[item] = known
        if known.state.is_like(self.state()) and known.sight.summary is not None:
            self._add_to_round(item, known.sight.summary)
        self.weigh()

    def touch(self, item: ImageItem) -> None:
        """Take note that an image was painted on."""
        self._edits[item] = self._edits.get(item, 0) + 1

    def state(self) -> State:
        """Return what sights depend on today."""
        excluded = tuple(c.excluded for c in self._bench.classes.scheme)
        model = self._models.current
        labels = self._bench.labels.of(model)
        region, channels = self._bench.measurer.region, str(self._bench.channels)
        return State(model, region, excluded, labels, channels)

    def renew(self) -> bool:
        """Say whether what sights depend on has changed since this was asked last."""
        before, self._last = self._last, self.state()
        if self._last.model is not before.model:
            self._annotated = len(self._bench.images.annotated)
        return not self._last.is_like(before)

    def weigh(self) -> None:
        """Give each image its worth: what it changes in the mean over all known."""
        if not self._known:
            return
        from imageseg.guidance import rank_images  # noqa: PLC0415  a worker loaded it

        summaries = self.summaries()
        found = {r.image: r.effect for r in rank_images(summaries.values())}
        for item in self._bench.images.items:
            item.worth = found[item.name] if item in summaries else None

    def summaries(self) -> dict[ImageItem, ImageSummary]:
        """Return what is known of the images by today's model; strokes may be newer.

        Of reviewed images a person has said that they are right: nothing is open.
        """
        state, found = self.state(), {}
        for item in self._bench.images.items:
            known = self._known.get(item)
            if item.reviewed:
                found[item] = _settled(item.name)
            elif known and known.state.is_like(state) and known.sight.summary:
                found[item] = replace(known.sight.summary, image=item.name)
        return found

    def _add_to_round(self, item: ImageItem, summary: ImageSummary) -> None:
        model = self._models.current
        if model is None or model is not self._models.base:
            return  # only lent until there is a better one
        scheme = self._bench.classes.scheme
        names = [c.name for c in scheme if not c.excluded]
        if len(names) == len(summary.fractions):
            shares = dict(zip(names, summary.fractions, strict=True))
            self.rounds.add(model, item.name, shares, self._annotated)

    def _is_fresh(self, item: ImageItem, state: State) -> bool:
        known = self._known.get(item)
        if known is None or not known.state.is_like(state):
            return False
        return known.edits == self._edits.get(item, 0)


def _settled(name: str) -> ImageSummary:
    """Return the summary of an image in which nothing is open."""
    from imageseg.guidance import ImageSummary  # noqa: PLC0415  a worker loaded it

    return ImageSummary(
        image=name, fractions=(), shifts=(), effect=0.0, uncertain=0.0, annotated=1.0
    )
