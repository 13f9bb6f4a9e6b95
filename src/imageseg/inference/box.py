"""Predict a part of an image as the whole would be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from imageseg.images import ValueScale, spatial_shape, with_neighbours
from imageseg.inference.predict import predict_task
from imageseg.inference.prediction import Prediction
from imageseg.model import SegmentationModel
from imageseg.networks.table import Network, as_network
from imageseg.settings import PredictSettings
from imageseg.spec import ModelSpec
from imageseg.tasks import Task


def predict_box_task(
    model: SegmentationModel,
    image: NDArray[Any],
    box: Sequence[slice],
    settings: PredictSettings | None = None,
    *,
    scale: ValueScale | None = None,
) -> Task[Prediction]:
    """Predict a box of an image, with the numbers that the whole would give.

    Only the box and what the network sees around it are computed.

    Parameters
    ----------
    model, image, settings
        As `predict_task` takes them.
    box
        One slice a spatial axis, with first and last index, without step.
    scale
        How pixel values become 0 to 1; measured on the whole image if not given.

    Returns
    -------
    prediction
        Of the box.

    Raises
    ------
    ShapeMismatchError
        The image has other channels than the model.
    """
    network = as_network(model.network)
    shape = spatial_shape(image, model.spec.channels)
    outer = outer_box(box, shape, network)
    scale = scale or ValueScale.of(image, model.spec.normalisation)
    if model.spec.neighbours:
        part = _joined(image, outer, shape, model.spec)
        model = model.on_joined_slices()
    else:
        part = image[outer]
    found = yield from predict_task(model, part, settings, scale=scale)
    inner = tuple(
        slice(b.start - o.start, min(b.stop, side) - o.start)
        for b, o, side in zip(box, outer, shape, strict=True)
    )
    return replace(found, probabilities=found.probabilities[(slice(None), *inner)])


def _joined(
    image: NDArray[Any],
    outer: tuple[slice, ...],
    shape: tuple[int, ...],
    spec: ModelSpec,
) -> NDArray[Any]:
    """Cut out a box of slices, with their neighbours as channels."""
    pixels = image.reshape(*shape, spec.channels)
    if len(shape) == 2:
        return with_neighbours(pixels[outer], spec.neighbours)
    around = (*outer[:-3], slice(None), *outer[-2:])
    return with_neighbours(pixels[around], spec.neighbours, outer[-3])


def outer_box(
    box: Sequence[slice], shape: tuple[int, ...], network: Network
) -> tuple[slice, ...]:
    """Grow a box by the network's reach, from and to multiples of its stride.

    What is cut out so and predicted gives in the box what the whole would give.
    """
    apart = len(shape) - network.dims  # axes along which planes are independent
    grown = []
    for axis, (span, side) in enumerate(zip(box, shape, strict=True)):
        stop = min(span.stop, side)
        if axis < apart:
            grown.append(slice(span.start, stop))
            continue
        first = span.start // network.stride * network.stride - network.halo
        last = -(-stop // network.stride) * network.stride + network.halo
        grown.append(slice(max(0, first), min(side, last)))
    return tuple(grown)
