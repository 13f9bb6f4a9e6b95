"""Tasks that find out where a look is worth most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imageseg.classes import ClassScheme
from imageseg.density import Region
from imageseg.errors import ImageSegError
from imageseg.settings import PredictSettings
from imageseg.tasks import Progress, Task, as_part
from napari_imageseg.edits import Box
from napari_imageseg.slicing import boxes_of, dims_of, part_task
from napari_imageseg.sources import Source

if TYPE_CHECKING:
    from imageseg.guidance import ImageSummary
    from imageseg.inference import Prediction
    from imageseg.model import SegmentationModel

MOST_PLACES = 10
"""Squares that are kept of each image."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A part of an image, and what looking at it is worth.

    Attributes
    ----------
    box
        Where: of a stack, within one slice.
    effect
        Share of the image that is expected to change its class, 0 to 1.
    """

    box: Box
    effect: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sight:
    """What a model has told of an image, in a few numbers.

    Attributes
    ----------
    summary
        What ranking images needs; None if it could not be predicted.
    places
        Its best squares, the best first.
    error
        Why there is no summary.
    """

    summary: ImageSummary | None
    places: tuple[Place, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SightProgress(Progress):
    """Progress after an image, with what was found.

    Attributes
    ----------
    at
        Which of the sources.
    """

    at: int
    sight: Sight


def rank_task(
    model: SegmentationModel,
    sources: Sequence[Source],
    region: Region,
    scheme: ClassScheme,
    settings: PredictSettings,
) -> Task[int]:
    """Predict images one by one, and hand over what looking at each is worth.

    Predictions are not kept. Effects are those on the density of the classes shown.

    Returns
    -------
    failed
        How many could not be predicted.
    """
    import_module("scipy.stats")  # not later, by whoever asks for advice
    failed = 0
    for i, source in enumerate(sources):
        try:
            task = _look_task(model, source, region, scheme, settings)
            sight = yield from as_part(task, i, len(sources), label=source.name)
        except (ImageSegError, OSError) as error:
            sight = Sight(summary=None, error=str(error))
            failed += 1
        yield SightProgress(
            done=i + 1, total=len(sources), message=source.name, at=i, sight=sight
        )
    return failed


def _look_task(
    model: SegmentationModel,
    source: Source,
    region: Region,
    scheme: ClassScheme,
    settings: PredictSettings,
) -> Task[Sight]:
    from imageseg.guidance import (  # noqa: PLC0415  heavy
        counted_classes,
        plane_masses,
        rank_squares,
        summarise_planes,
    )

    annotation = source.read_annotation()
    planes, counted = [], np.zeros(0, np.bool_)
    with source.opened(model.spec) as stack:
        shape = stack.shape
        boxes = list(boxes_of(shape, (), dims_of(model)))
        scale = stack.scale(model.spec.normalisation)
        for i, box in enumerate(boxes):
            task = part_task(model, stack, box, settings, scale)
            predicted = yield from as_part(task, i, len(boxes))
            found = as_shown(predicted, scheme, source.labels)
            known = None
            if annotation is not None:
                known = annotation[box].reshape(found.probabilities.shape[1:])
            planes += plane_masses(found, region=region, annotated=known)
            counted = counted_classes(found)
    summary = summarise_planes(source.name, planes, counted)
    squares = rank_squares(planes, counted, shape, most=MOST_PLACES)
    places = tuple(
        Place(box=_box(s.box, shape), effect=s.effect) for s in squares if s.effect > 0
    )
    return Sight(summary=summary, places=places)


def as_shown(
    prediction: Prediction, scheme: ClassScheme, labels: Sequence[int] = ()
) -> Prediction:
    """Give a prediction the classes people see; those it does not know have p = 0.

    Parameters
    ----------
    prediction, scheme
        By a model, and the classes.
    labels
        Today's label of each class of the model; empty: the same. What it takes for a
        class that is no more is shared out among the others.
    """
    if labels:
        found = _today(prediction, labels, scheme)
        return replace(prediction, probabilities=found, scheme=scheme)
    missing = len(scheme) - len(prediction.scheme)
    if missing < 0:
        return prediction
    probabilities = prediction.probabilities
    if missing:
        none = np.zeros((missing, *probabilities.shape[1:]), np.float32)
        probabilities = np.concatenate([probabilities, none])
    return replace(prediction, probabilities=probabilities, scheme=scheme)


def _today(
    prediction: Prediction, labels: Sequence[int], scheme: ClassScheme
) -> NDArray[np.float32]:
    """Return the probabilities of today's classes."""
    told = prediction.probabilities
    found = np.zeros((len(scheme), *told.shape[1:]), np.float32)
    for probability, label in zip(told, labels, strict=True):
        if label:
            found[label - 1] += probability
    found /= np.maximum(found.sum(0), np.finfo(np.float32).tiny)
    return found


def _box(square: tuple[int, ...], shape: tuple[int, ...]) -> Box:
    """Return a square as a box of the labels."""
    y0, y1, x0, x1 = square[:4]
    leading = np.unravel_index(square[4], shape[:-2]) if len(square) > 4 else ()
    spans = (slice(int(i), int(i) + 1) for i in leading)
    return (*spans, slice(y0, y1), slice(x0, x1))
