"""What of a session is not in its project yet."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from imageseg.effort import EffortRow, Ledger
from imageseg.project import Project, Space
from napari_imageseg.annotating import Annotator
from napari_imageseg.appearance import Appearance
from napari_imageseg.edits import Labels
from napari_imageseg.held import Packed
from napari_imageseg.items import ImageItem
from napari_imageseg.keeping import Draft, ImageDraft, Receipt, SavedImage
from napari_imageseg.learning import Trainer
from napari_imageseg.lineage_drafts import LineageDrafter
from napari_imageseg.looking import Looker
from napari_imageseg.memories import told_of
from napari_imageseg.models import ModelChoice
from napari_imageseg.predicting import Predictor
from napari_imageseg.recalling import Recalled
from napari_imageseg.spaces import known_space
from napari_imageseg.stopping import Rounds
from napari_imageseg.table import table_rows
from napari_imageseg.workbench import Workbench


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Parts:
    """The parts of a session whose state is kept."""

    annotator: Annotator
    appearance: Appearance
    models: ModelChoice
    predictor: Predictor
    looker: Looker
    trainer: Trainer
    rounds: Rounds


class Drafter:
    """Notices what changes in a session and drafts what is to be written.

    Parameters
    ----------
    bench
        What the parts of a session share.
    parts
        Those whose state is kept.
    """

    def __init__(self, bench: Workbench, parts: Parts) -> None:
        self._bench = bench
        self._parts = parts
        self.view_of: Callable[[], Mapping[str, Any]] = dict
        """What the front end wants to find again, as JSON."""
        self._painted: set[ImageItem] = set()
        self._predicted: set[ImageItem] = set()
        self._told: dict[ImageItem, dict[str, Any]] = {}
        self._problems: dict[ImageItem, str] = {}
        self.lineage = LineageDrafter(bench, parts.models, parts.rounds)
        self._ledger = Ledger()
        self._listed = False  # whether images, their states or densities changed
        self._written: object = self._state()
        self._pending: _Pending | None = None
        self._connect()

    def _connect(self) -> None:
        images, parts = self._bench.images, self._parts
        images.changed.connect(self._on_list)
        images.removed.connect(self._on_item)
        images.returned.connect(self._on_item)
        images.item_changed.connect(self._on_item)
        self._bench.classes.changed.connect(self._on_classes)
        parts.annotator.painted.connect(self._on_painted)
        parts.predictor.predicted.connect(self._on_predicted)
        parts.looker.looked.connect(self._on_predicted)

    # -- what is known --------------------------------------------------------

    @property
    def is_dirty(self) -> bool:
        """Whether there is something to write."""
        return self.has_labels or self._listed or self._state() != self._written

    @property
    def has_labels(self) -> bool:
        """Whether labels are to be written."""
        return bool(self._painted or self._predicted)

    @property
    def unwritten(self) -> set[ImageItem]:
        """Images with labels that are not in the project yet."""
        pending = self._pending
        writing = pending.painted | pending.predicted if pending else set()
        return self._painted | self._predicted | writing

    def set_problem(self, item: ImageItem, problem: str) -> bool:
        """Say what is wrong with the file of an image; return whether that is new."""
        before = self._problems.pop(item, "")
        if problem:
            self._problems[item] = problem
        if problem == before:
            return False
        if problem or item.error == before:
            item.error = problem
        return True

    def mark_all(self) -> None:
        """Have everything written, as into a new project."""
        for item in self._items:
            if item.annotated_pixels:
                self._painted.add(item)
            if item.is_predicted:
                self._predicted.add(item)
        self._listed = True

    def forget(self) -> None:
        """Know nothing as written: the next project is another one."""
        for collection in (self._painted, self._predicted, self._told, self._problems):
            collection.clear()
        self.lineage.forget()
        self._ledger = Ledger()
        self.settle_all()

    def settle_all(self) -> None:
        """Take everything as written, as after opening."""
        self._listed = False
        self._written = self._state()

    def restore(self, project: Project, recalled: Recalled) -> None:
        """Go to the settings of a project."""
        self._parts.predictor.settings = project.predict_settings
        self._parts.trainer.settings = project.train_settings
        self._parts.appearance.set(**recalled.appearance)
        self._parts.trainer.depth = recalled.depth
        self._parts.rounds.restore(recalled.rounds)
        self._bench.channels.use(recalled.channels)
        classes = self._bench.classes
        for label in recalled.hidden:
            classes.hide(label)
        for label in recalled.locked:
            classes.lock(label)
        classes.select(recalled.label)

    # -- drafts ---------------------------------------------------------------

    def draft(self) -> Draft:
        """Freeze what is to be written; `settle` says what became of it."""
        images, parts = self._bench.images, self._parts
        items = self._items
        self._pending = _Pending(items, self._painted, self._predicted, self._listed)
        self._pending.effort = self._ledger.take()
        self._written = self._state()
        current = items.index(images.current) if images.current in items else -1
        draft = Draft(
            images=tuple(map(self._image, items)),
            current=current,
            lineage=self.lineage.draft(),
            scheme=self._bench.classes.scheme,
            region=str(self._bench.measurer.region),
            predict=parts.predictor.settings,
            train=parts.trainer.settings,
            view=self._view(),
            effort=self._pending.effort,
            rows=self._rows() if self._listed else None,
        )
        self._painted, self._predicted = set(), set()
        self._listed = False
        return draft

    def settle(self, receipt: Receipt) -> None:
        """Take note of what was written of the last draft."""
        pending, self._pending = self._pending, None
        if pending is None:
            return
        self.lineage.settle(receipt)
        for item, image_id in zip(pending.items, receipt.ids, strict=True):
            if image_id and not item.id and receipt.project is not None:
                item.id = image_id
                item.saved = SavedImage(receipt.project, image_id)
        if receipt.error is not None:
            self._painted |= pending.painted
            self._predicted |= pending.predicted
            self._listed |= pending.listed
            self._ledger.rows[:0] = pending.effort
            self._written = None
            return
        for item in pending.predicted - self._predicted:
            item.packed = None  # the project has it

    @property
    def _items(self) -> list[ImageItem]:
        """Images that belong into the project: also those off the list with work."""
        images = self._bench.images
        off = [i for i in images.off if i.id or i.annotated_pixels or i.is_predicted]
        return [*images.items, *off]

    def _rows(self) -> list[dict[str, object]]:
        return table_rows([i for i in self._bench.images.items if i.density])

    def _image(self, item: ImageItem) -> ImageDraft:
        painted, predicted = item in self._painted, item in self._predicted
        annotation = item.annotation if painted else None
        return ImageDraft(
            id=item.id,
            name=item.name,
            path=item.path,
            pixels=None if item.id else item.pixels,
            others=() if item.id else item.others,
            space=_space(item),
            status=item.status,
            told=self._told_of(item),
            annotation=None if annotation is None else annotation.copy(),
            predicted=predicted,
            prediction=_frozen(item) if predicted else None,
            predicted_by=item.predicted_by,
        )

    def _told_of(self, item: ImageItem) -> dict[str, Any]:
        if item not in self._told:
            problem = self._problems.get(item, "")
            off = item in self._bench.images.off
            self._told[item] = told_of(item, problem=problem, off=off)
        return self._told[item]

    def _view(self) -> dict[str, Any]:
        classes = self._bench.classes
        return {
            "classes": classes.scheme.to_dict(),
            "label": classes.label,
            "channels": str(self._bench.channels),
            "depth": self._parts.trainer.depth,
            "rounds": self._parts.rounds.told(self.lineage.id_of),
            "hidden": sorted(classes.hidden),
            "locked": sorted(classes.locked),
            "appearance": self._parts.appearance.to_dict(),
            "front": dict(self.view_of()),
        }

    def _state(self) -> object:
        """Return what is compared to know whether anything changed."""
        bench, parts = self._bench, self._parts
        return (
            bench.classes.scheme,
            bench.classes.label,
            bench.channels.choice,
            (tuple(bench.classes.hidden), tuple(bench.classes.locked)),
            parts.appearance.to_dict(),
            str(bench.measurer.region),
            parts.predictor.settings,
            (parts.trainer.settings, parts.trainer.depth),
            self.lineage.state,
            parts.rounds.size,
            bench.images.current,
            self.view_of(),
        )

    # -- what changes ---------------------------------------------------------

    def _on_list(self) -> None:
        self._listed = True

    def _on_classes(self, _: object) -> None:
        self._told.clear()  # rows of the table have other classes
        self._listed = True

    def _on_item(self, item: ImageItem) -> None:
        self._told.pop(item, None)
        self._listed = True

    def _on_painted(self, item: ImageItem) -> None:
        self._ledger.work("paint", item.id or item.name, time=time.time())
        self._painted.add(item)
        self._on_item(item)

    def _on_predicted(self, item: ImageItem, *_: object) -> None:
        self._predicted.add(item)
        self._on_item(item)


@dataclass(slots=True, eq=False)
class _Pending:
    """What is being written."""

    items: list[ImageItem]
    painted: set[ImageItem]
    predicted: set[ImageItem]
    listed: bool
    effort: tuple[EffortRow, ...] = ()


def _frozen(item: ImageItem) -> Labels | Packed | None:
    """Return a prediction that nobody writes into: looks do, part by part."""
    if item.packed is not None:
        return item.packed
    return None if item.prediction is None else item.prediction.copy()


def _space(item: ImageItem) -> Space:
    where = known_space(item)
    for name in ("rotate", "affine"):
        if name in where:
            where[name] = tuple(tuple(map(float, row)) for row in where[name])
    if "shear" in where:
        where["shear"] = tuple(map(float, where["shear"]))
    axes = item.axes if {"Y", "X"} <= set(item.axes) else ""
    return Space(axes=axes, **where)
