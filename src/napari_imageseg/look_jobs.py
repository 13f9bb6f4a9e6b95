"""Tasks that answer for what is on show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imageseg.settings import PredictSettings
from imageseg.tasks import Progress, Task, as_part
from napari_imageseg.edits import Box, Labels, around, whole_box
from napari_imageseg.slicing import boxes_of, dims_of, predict_part_task, relabelled
from napari_imageseg.sources import Source

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
    with source.opened(model.spec) as stack:
        scale = stack.scale(model.spec.normalisation)
        boxes = [
            part
            for block in around(box or whole_box(stack.shape), stack.shape)
            for part in boxes_of(stack.shape, block, dims_of(model))
        ]
        for i, part in enumerate(boxes):
            labels = yield from predict_part_task(model, stack, part, settings, scale)
            yield LookProgress(
                done=i + 1,
                total=len(boxes),
                message=source.name,
                box=part,
                labels=relabelled(labels, source.labels),
                shape=stack.shape,
            )


def compare_task(
    models: Sequence[SegmentationModel],
    source: Source,
    box: Box | None,
    settings: PredictSettings,
    labels: Sequence[Sequence[int]] = (),
) -> Task[None]:
    """Predict what is on show with one model after the other.

    Parameters
    ----------
    models, source, box, settings
        Who predicts what, and how.
    labels
        Today's labels of the classes of each model; empty: the same.
    """
    for i, model in enumerate(models):
        with source.opened(model.spec) as stack:
            block = around(box or whole_box(stack.shape), stack.shape)[0]
            part = next(boxes_of(stack.shape, block, dims_of(model)))
            scale = stack.scale(model.spec.normalisation)
            task = predict_part_task(model, stack, part, settings, scale)
            found = yield from as_part(task, i, len(models))
            yield LookProgress(
                done=i + 1,
                total=len(models),
                message=model.spec.name,
                box=part,
                labels=relabelled(found, labels[i] if labels else ()),
                shape=stack.shape,
            )
