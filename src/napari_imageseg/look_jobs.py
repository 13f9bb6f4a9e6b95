"""Tasks that answer for what is on show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imageseg.images import ValueScale, spatial_shape
from imageseg.settings import PredictSettings
from imageseg.tasks import Progress, Task, as_part
from napari_imageseg.edits import Box, Labels, around, whole_box
from napari_imageseg.jobs import Source

if TYPE_CHECKING:
    from imageseg.model import SegmentationModel


@dataclass(frozen=True, slots=True, kw_only=True)
class LookProgress(Progress):
    """Progress with the labels of a part of an image.

    Attributes
    ----------
    box
        Where.
    labels
        Of the box.
    shape
        Of the labels of the whole image.
    """

    box: Box
    labels: Labels
    shape: tuple[int, ...]


def look_task(
    model: SegmentationModel, source: Source, box: Box | None, settings: PredictSettings
) -> Task[None]:
    """Predict what is on show, and then what lies around it, nearest first.

    Of a stack, only the slices of the box are predicted.
    """
    from imageseg.inference import predict_box_task  # noqa: PLC0415

    image = source.read()
    shape = spatial_shape(image, model.spec.channels)
    scale = ValueScale.of(image, model.spec.normalisation)
    boxes = around(box or whole_box(shape), shape)
    for i, part in enumerate(boxes):
        found = yield from predict_box_task(model, image, part, settings, scale=scale)
        yield LookProgress(
            done=i + 1,
            total=len(boxes),
            message=source.name,
            box=part,
            labels=found.labels,
            shape=shape,
        )


def compare_task(
    models: Sequence[SegmentationModel],
    source: Source,
    box: Box | None,
    settings: PredictSettings,
) -> Task[None]:
    """Predict what is on show with one model after the other."""
    from imageseg.inference import predict_box_task  # noqa: PLC0415

    image = source.read()
    for i, model in enumerate(models):
        shape = spatial_shape(image, model.spec.channels)
        part = around(box or whole_box(shape), shape)[0]
        found = yield from as_part(
            predict_box_task(model, image, part, settings), i, len(models)
        )
        yield LookProgress(
            done=i + 1,
            total=len(models),
            message=model.spec.name,
            box=part,
            labels=found.labels,
            shape=shape,
        )
