"""What people paint: recorded as annotation, taken back stroke by stroke."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from psygnal import Signal

from imageseg.masks import remap_labels
from napari_imageseg.appearance import Kind
from napari_imageseg.edits import Box, Edit, Labels, whole_box
from napari_imageseg.items import ImageItem
from napari_imageseg.journal import Action
from napari_imageseg.workbench import Workbench


class Annotator:
    """Takes strokes in, wherever they are painted.

    Parameters
    ----------
    bench
        What it shares with the other parts of a session.
    """

    painted = Signal(object)
    """An image has another annotation."""
    rewritten = Signal(object)
    """Labels of an image were changed by something else than a brush on them."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._held: list[tuple[ImageItem, Kind, Edit]] | None = None

    def hold(self) -> None:
        """Take no strokes in until `go_on`: labels are being changed."""
        self._held = []

    def go_on(self, mapping: Sequence[int] = ()) -> None:
        """Take in what was painted meanwhile.

        Parameters
        ----------
        mapping
            Into which each label was changed, in arrays that do not show what was
            painted meanwhile; empty: they were not.
        """
        held, self._held = self._held or [], None
        for item, kind, edit in held:
            labels = item.annotation if kind == "annotation" else item.corrected
            if labels is None:
                continue
            stroke = edit if not mapping else _redone(edit, labels, mapping)
            self.record(item, kind, stroke)
            if mapping:
                self.rewritten.emit(item)

    def record(self, item: ImageItem, kind: Kind, edit: Edit) -> None:
        """Take note of a stroke on the annotation, or on the prediction.

        What it painted of locked classes is put back.
        """
        if self._held is not None:
            self._held.append((item, kind, edit))
            self._bench.journal.overtake()
            return
        edit = self._unlocked(item, kind, edit)
        if not edit.changed.any():
            return
        if kind == "annotation":
            item.record_annotation(edit)
            self._remember("stroke", item, annotated=edit)
        else:
            correction = item.record_correction(edit)
            self._remember("stroke", item, correction.annotated, correction.shown)
            self.rewritten.emit(item)
        self._changed(item)

    def accept(self, item: ImageItem, box: Box | None = None) -> None:
        """Annotate as predicted what is not annotated: in a box, or everywhere.

        An image accepted everywhere is reviewed.
        """
        if item.prediction is None or self._bench.refuses("Accept"):
            return
        edit = item.accept(box or whole_box(item.prediction.shape))
        self._remember("acceptance", item, edit, reviewed=item.reviewed or box is None)
        self._rewritten(item)

    def erase(self, item: ImageItem) -> None:
        """Take all annotation off an image; locked classes stay."""
        if item.annotation is None or not item.annotated_pixels:
            return
        if self._bench.refuses("Erase"):
            return
        before = item.annotation.copy()
        after = np.where(np.isin(before, list(self._bench.classes.locked)), before, 0)
        edit = Edit(whole_box(before.shape), before, after.astype(np.uint8))
        edit.redo(item.annotation)
        item.record_annotation(edit)
        self._remember("erasing", item, edit, reviewed=False)
        self._rewritten(item)

    def review(self, item: ImageItem, *, reviewed: bool) -> None:
        """Say whether all of an image is right."""
        if item.reviewed != reviewed and not self._bench.refuses("Review"):
            self._remember("review", item, reviewed=reviewed)
            self._bench.images.item_changed.emit(item)

    def recount(self, item: ImageItem) -> None:
        """Take note that an annotation was replaced as a whole."""
        item.count_annotated()
        self._rewritten(item)

    def _unlocked(self, item: ImageItem, kind: Kind, edit: Edit) -> Edit:
        """Return the part of a stroke that spares locked classes; undo the rest."""
        locked = sorted(self._bench.classes.locked)
        labels = item.annotation if kind == "annotation" else item.corrected
        if not locked or labels is None:
            return edit
        kept = np.isin(edit.before, locked)
        if kind == "prediction" and item.annotation is not None:
            kept |= np.isin(item.annotation[edit.box], locked)
        kept &= edit.changed
        if not kept.any():
            return edit
        refused = Edit(edit.box, edit.before, np.where(kept, edit.after, edit.before))
        refused.undo(labels)
        self.rewritten.emit(item)
        return Edit(edit.box, edit.before, np.where(kept, edit.before, edit.after))

    def _remember(
        self,
        what: str,
        item: ImageItem,
        annotated: Edit | None = None,
        shown: Edit | None = None,
        *,
        reviewed: bool | None = None,
    ) -> None:
        """Make an action of what was done to an image."""
        before = item.reviewed
        after = before if reviewed is None else reviewed
        item.reviewed = after

        def undo() -> None:
            _write(item, annotated, shown, back=True)
            item.reviewed = before
            self._rewritten(item)

        def redo() -> None:
            _write(item, annotated, shown, back=False)
            item.reviewed = after
            self._rewritten(item)

        kept = sum(edit.nbytes for edit in (annotated, shown) if edit is not None)
        self._bench.journal.record(
            Action(f"{what} on {item.name}", undo, redo, kept, item)
        )

    def _rewritten(self, item: ImageItem) -> None:
        self.rewritten.emit(item)
        self._changed(item)

    def _changed(self, item: ImageItem) -> None:
        self.painted.emit(item)
        self._bench.images.item_changed.emit(item)
        if item.density is not None:
            self._bench.measurer.measure([item])


def _redone(edit: Edit, labels: Labels, mapping: Sequence[int]) -> Edit:
    """Paint a stroke again, under other labels; return what that changed."""
    before = labels[edit.box].copy()
    after = np.where(edit.changed, remap_labels(edit.after, mapping), before)
    again = Edit(edit.box, before, after)
    again.redo(labels)
    return again


def _write(
    item: ImageItem, annotated: Edit | None, shown: Edit | None, *, back: bool
) -> None:
    """Write one side of an action into the arrays of an image."""
    for edit, labels in ((annotated, item.annotation), (shown, item.corrected)):
        if edit is None or labels is None:
            continue
        if back:
            edit.undo(labels)
        else:
            edit.redo(labels)
    if annotated is not None:
        if item.shows_annotation:
            item.show_annotation(annotated.box)
        item.counts = item.counts + (-1 if back else 1) * annotated.counts
