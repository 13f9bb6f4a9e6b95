"""Tasks that take label arrays along with an edit of classes, and back."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imageseg.classes import ClassEdit
from imageseg.masks import final_labels, remap_labels
from imageseg.tasks import Progress, Task
from napari_imageseg.edits import Labels, label_counts
from napari_imageseg.held import Loaded, Packed, Saved, nothing_annotated
from napari_imageseg.room import empty_labels

if TYPE_CHECKING:
    from imageseg.project import Project

LABELS = 256
PART = 1 << 24
"""Pixels that are in memory at once, where labels lie on disk."""

_Table = Sequence[int]


@dataclass(frozen=True, slots=True)
class LabelMapping:
    """What becomes of every label, there and back.

    Attributes
    ----------
    there
        (256) the new label of each old one. Labels above those of the classes keep
        their distance to them.
    back
        (256) the old label of each new one; of merged classes that of the one kept.
    """

    there: tuple[int, ...]
    back: tuple[int, ...]

    @classmethod
    def of(cls, edit: ClassEdit) -> LabelMapping:
        """Return what an edit makes of labels."""
        gone = len(edit.before) - len(edit.after)
        return cls(_whole(edit.mapping, -gone), _whole(edit.inverse, gone))


def _whole(mapping: tuple[int, ...], by: int) -> tuple[int, ...]:
    above = (min(label + by, LABELS - 1) for label in range(len(mapping), LABELS))
    return (*mapping, *above)


@dataclass(frozen=True, slots=True, eq=False)
class Before:
    """Labels of an image before an edit, made small."""

    annotation: Packed | None
    prediction: Packed | None
    corrected: Packed | None

    @property
    def nbytes(self) -> int:
        """Memory that it keeps."""
        packed = (self.annotation, self.prediction, self.corrected)
        return sum(one.nbytes for one in packed if one is not None)

    def unpack(self) -> Frozen:
        """Return the labels; for a worker."""
        return Frozen(
            annotation=_unpacked(self.annotation),
            prediction=_unpacked(self.prediction),
            corrected=_unpacked(self.corrected),
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Frozen:
    """Labels of an image that are in memory, as a worker may have them.

    Attributes
    ----------
    annotation, prediction, corrected
        As of `ImageItem`; copies, where people paint.
    before
        What they were before the edit, to go back to.
    saved
        Where a project keeps what was not in memory then.
    """

    annotation: Labels | None
    prediction: Labels | None
    corrected: Labels | None
    before: Before | None = None
    saved: Saved | None = None

    @property
    def is_read(self) -> bool:
        """Whether a project has what there was before."""
        return self.before is None and self.saved is not None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Carried(Loaded):
    """Labels of an image on the other side of an edit.

    Attributes
    ----------
    before
        What they were, if classes were edited and not brought back.
    """

    before: Before | None = None


def edit_task(
    images: Sequence[Frozen],
    mapping: LabelMapping,
    project: Project | None,
    edit: ClassEdit,
) -> Task[list[Carried] | Exception]:
    """Take labels along with an edit of classes: those in memory, and a project's.

    The project comes last, and happens as a whole or not at all; what goes wrong is
    the result.
    """
    carried = []
    try:
        for i, image in enumerate(images):
            yield Progress(done=i, total=len(images), message="changing classes")
            carried.append(_there(image, mapping))
        if project is not None:
            yield from project.edit_classes_task(edit)
    except Exception as error:  # noqa: BLE001  the session waits for an answer
        return error
    return carried


def undo_task(
    images: Sequence[Frozen],
    mapping: LabelMapping,
    project: Project | None,
    edit: ClassEdit,
    way: ClassEdit | None = None,
) -> Task[list[Carried] | Exception]:
    """Take labels back behind an edit of classes; what goes wrong is the result.

    Parameters
    ----------
    images, mapping, project, edit
        As of `edit_task`.
    way
        What leads back in a project that was made after the edit; None: its own
        history does.
    """
    undone = False
    try:
        yield Progress(done=0, total=0, message="changing classes back")
        carried = [_back(image, mapping) for image in images]
        if project is not None:
            yield from _undoing(project, way)
            undone = True
        return [
            _read(image) if image.is_read else one
            for image, one in zip(images, carried, strict=True)
        ]
    except Exception as error:  # noqa: BLE001  the session waits for an answer
        if undone and project is not None:
            yield from _undoing(project, None if way else edit)
        return error


def _undoing(project: Project, way: ClassEdit | None) -> Task[None]:
    """Go back by the history of a project, or by another edit."""
    return project.edit_classes_task(way) if way else project.undo_classes_task()


def carry_counts(
    counts: NDArray[np.int64], mapping: Sequence[int]
) -> NDArray[np.int64]:
    """Return counts of labels (256,) under other numbers."""
    found = nothing_annotated()
    np.add.at(found, np.asarray(mapping), counts)
    return found


def _there(image: Frozen, mapping: LabelMapping) -> Carried:
    annotation, prediction, corrected = _mapped(image, mapping.there)
    return Carried(
        annotation=annotation,
        prediction=prediction,
        corrected=corrected,
        counts=_counts(annotation),
        before=Before(
            _packed(image.annotation),
            _packed(image.prediction),
            _packed(image.corrected),
        ),
    )


def _back(image: Frozen, mapping: LabelMapping) -> Carried:
    """Return the old labels where nothing was changed since, else today's."""
    now = image.annotation, image.prediction, image.corrected
    before = image.before or Before(None, None, None)
    old = before.unpack()
    expected = _mapped(old, mapping.there)
    olds = old.annotation, old.prediction, old.corrected
    annotation, prediction, corrected = (
        _restored(*labels, mapping.back)
        for labels in zip(now, expected, olds, strict=True)
    )
    return Carried(
        annotation=annotation,
        prediction=prediction,
        corrected=corrected,
        counts=_counts(annotation),
    )


def _restored(
    now: Labels | None, expected: Labels | None, old: Labels | None, back: _Table
) -> Labels | None:
    if now is None:
        return None
    if old is None or expected is None or old.shape != now.shape:
        return _remapped(now, back)

    def make(part: slice) -> Labels:
        other = remap_labels(now[part], back)
        return np.where(expected[part] == now[part], old[part], other)

    return _by_parts(now.shape, make)


def _read(image: Frozen) -> Carried:
    """Return what the project has got back."""
    annotation, prediction = None, None
    if image.saved is not None:
        annotation, prediction = image.saved.annotation(), image.saved.prediction()
    if annotation is None and image.annotation is not None:
        annotation = empty_labels(image.annotation.shape)
    return Carried(
        annotation=annotation,
        prediction=None if prediction is None else _kept(prediction),
        corrected=None if prediction is None else _corrected(prediction, annotation),
        counts=_counts(annotation),
    )


def _mapped(
    image: Frozen, table: _Table
) -> tuple[Labels | None, Labels | None, Labels | None]:
    """Return annotation, prediction and corrected prediction under other numbers."""
    annotation, prediction, corrected = (
        None if labels is None else _remapped(labels, table)
        for labels in (image.annotation, image.prediction, image.corrected)
    )
    if corrected is None or prediction is None:
        return annotation, prediction, corrected
    painted, seen = corrected, prediction

    def make(part: slice) -> Labels:
        """Show the prediction again where annotation has gone."""
        return np.where(painted[part] > 0, painted[part], seen[part])

    return annotation, prediction, _by_parts(seen.shape, make)


def _remapped(labels: Labels, table: _Table) -> Labels:
    return _by_parts(labels.shape, lambda part: remap_labels(labels[part], table))


def _kept(labels: Labels) -> Labels:
    return _by_parts(labels.shape, lambda part: labels[part])


def _corrected(prediction: Labels, annotation: Labels | None) -> Labels:
    """Return a prediction to be painted on, with what is annotated already."""
    if annotation is None or annotation.shape != prediction.shape:
        return _kept(prediction)
    return _by_parts(
        prediction.shape, lambda part: final_labels(prediction[part], annotation[part])
    )


def _by_parts(shape: tuple[int, ...], make: Callable[[slice], Labels]) -> Labels:
    """Put labels together, where there is room for them.

    Parameters
    ----------
    shape
        Of the labels.
    make
        Returns those of a part of the first axis.
    """
    found = empty_labels(shape)
    rows = max(1, PART // max(1, math.prod(shape[1:])))
    for first in range(0, shape[0], rows):
        part = slice(first, first + rows)
        found[part] = make(part)
    return found


def _packed(labels: Labels | None) -> Packed | None:
    return None if labels is None else Packed.of(labels)


def _unpacked(packed: Packed | None) -> Labels | None:
    return None if packed is None else packed.unpack()


def _counts(annotation: Labels | None) -> NDArray[np.int64]:
    return nothing_annotated() if annotation is None else label_counts(annotation)
