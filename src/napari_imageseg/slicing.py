"""Predict images and parts of stacks, of which one slice is read at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from imageseg.errors import SettingsError
from imageseg.images import Stack, ValueScale
from imageseg.masks import remap_labels
from imageseg.settings import PredictSettings
from imageseg.tasks import Task, as_part
from napari_imageseg.edits import Box, Labels
from napari_imageseg.room import empty_labels
from napari_imageseg.sources import Source

if TYPE_CHECKING:
    from imageseg.inference import Prediction
    from imageseg.model import SegmentationModel


def predict_slices_task(
    model: SegmentationModel,
    source: Source,
    stack: Stack,
    wanted: Box,
    settings: PredictSettings,
) -> Task[Labels]:
    """Predict an image, or slices of a stack; these are read one by one.

    Parameters
    ----------
    model
        Of planes: each slice is predicted by itself, with its neighbours if the
        model sees them. Of volumes: the slices wanted of each volume at once.
    source, stack
        The image, and its pixels.
    wanted
        One slice for each of the first axes; the others are wanted whole.
    settings
        How to predict.

    Returns
    -------
    labels
        Of all of the image. What is not wanted is as before, 0 if it never was
        predicted.
    """
    scale = stack.scale(model.spec.normalisation)
    boxes = list(boxes_of(stack.shape, wanted, dims_of(model)))
    full = source.shape or stack.shape
    labels = _begun(source, full) if wanted else empty_labels(full)
    for i, part in enumerate(boxes):
        task = predict_part_task(model, stack, part, settings, scale)
        name = _named(part, stack.shape) if len(stack.shape) > 2 else ""
        found = yield from as_part(task, i, len(boxes), label=name)
        found = relabelled(found, source.labels)
        grown, box = enlarged(found, part, stack.shape, full)
        labels[box] = grown
    return labels


def parse_slices(text: str, count: int) -> slice | None:
    """Read which slices of a stack are meant: ``"all"``, ``"7"`` or ``"3-12"``.

    Parameters
    ----------
    text
        Numbers from 1 on, both ends included.
    count
        How many slices there are.

    Returns
    -------
    span
        None for all.

    Raises
    ------
    SettingsError
        It is none of these, or there are not so many.
    """
    ends = [part.strip() for part in text.replace("–", "-").split("-")]
    if ends == ["all"]:
        return None
    if len(ends) <= 2 and all(end.isdecimal() for end in ends):
        first, last = int(ends[0]), int(ends[-1])
        if 1 <= first <= last <= count:
            return slice(first - 1, last)
    raise SettingsError("slices", text, f"all, or numbers from 1 to {count} as 3-12")


def relabelled(labels: Labels, known: Sequence[int]) -> Labels:
    """Bring what a model predicts to the labels of today.

    Parameters
    ----------
    labels
        As predicted.
    known
        Today's label of each class of the model; empty: the same.
    """
    return remap_labels(labels, (0, *known)) if known else labels


def dims_of(model: SegmentationModel) -> int:
    """Say whether a model takes planes (2) or volumes (3)."""
    from imageseg.networks.table import as_network  # noqa: PLC0415  heavy

    return as_network(model.network).dims


def _begun(source: Source, shape: tuple[int, ...]) -> Labels:
    """Return a copy of what was predicted before, empty if that does not fit."""
    before = source.previous
    if before is None and source.earlier is not None:
        before = source.earlier.read_prediction()
    labels = empty_labels(shape)
    if before is not None and before.shape == shape:
        labels[...] = before
    return labels


def predict_part_task(
    model: SegmentationModel,
    stack: Stack,
    box: Box,
    settings: PredictSettings,
    scale: ValueScale,
) -> Task[Labels]:
    """Predict a box within one slice, or within one volume if the model is of these.

    The numbers are those that the whole would give.
    """
    found = yield from part_task(model, stack, box, settings, scale)
    shape = tuple(span.stop - span.start for span in box)
    return found.labels.reshape(shape)


def part_task(
    model: SegmentationModel,
    stack: Stack,
    box: Box,
    settings: PredictSettings,
    scale: ValueScale,
) -> Task[Prediction]:
    """Predict probabilities in a box; see `predict_part_task`."""
    from imageseg.inference import predict_box_task  # noqa: PLC0415

    dims = min(dims_of(model), len(stack.shape))
    leading = [span.start for span in box[:-dims]]
    index = int(np.ravel_multi_index(leading, stack.shape[:-dims])) if leading else 0
    pixels = stack.part(index, dims, model.spec.neighbours)
    return (
        yield from predict_box_task(
            model.on_joined_slices(), pixels, box[-dims:], settings, scale=scale
        )
    )


def boxes_of(shape: tuple[int, ...], wanted: Box, dims: int) -> Iterator[Box]:
    """Split what is wanted of a stack into what a model predicts at once.

    Parameters
    ----------
    shape
        Of the stack.
    wanted
        One slice for each of its first axes; the others are wanted whole.
    dims
        2 for single slices, 3 for all slices wanted of a volume.
    """
    spans = [*wanted, *(slice(0, n) for n in shape[len(wanted) :])]
    spans = [
        slice(max(0, span.start), min(n, span.stop))
        for span, n in zip(spans, shape, strict=True)
    ]
    apart = max(len(shape) - dims, 0)
    for at in product(*(range(s.start, s.stop) for s in spans[:apart])):
        yield (*(slice(i, i + 1) for i in at), *spans[apart:])


def enlarged(
    labels: Labels, box: Box, shape: tuple[int, ...], full: tuple[int, ...]
) -> tuple[Labels, Box]:
    """Bring labels of a smaller copy of an image to its full size.

    Each pixel takes the label of the one that lies over it.

    Returns
    -------
    labels, box
        Of the full size.
    """
    if shape == full:
        return labels, box
    grown: list[slice] = []
    for axis, (span, small, large) in enumerate(zip(box, shape, full, strict=True)):
        # The first of the large ones whose place, i * small // large, is in the span.
        start, stop = (-(-at * large // small) for at in (span.start, span.stop))
        at = np.arange(start, stop) * small // large - span.start
        labels = labels.take(at, axis)
        grown.append(slice(start, stop))
    return labels, tuple(grown)


def _named(box: Box, shape: tuple[int, ...]) -> str:
    """Name the slice of a box: ``"slice 4 of 40"``."""
    pairs = zip(box[:-2], shape[:-2], strict=True)
    whole = [(span, n) for span, n in pairs if span.stop - span.start == 1]
    return ", ".join(f"slice {span.start + 1} of {n}" for span, n in whole)
