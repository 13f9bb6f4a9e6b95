"""Score a model on held-out pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imageseg.inference import Prediction, predict_task
from imageseg.metrics import Scores
from imageseg.model import SegmentationModel
from imageseg.networks.table import as_network
from imageseg.settings import PredictSettings
from imageseg.tasks import Progress, Task
from imageseg.training.around import annotated_box, cut_out
from imageseg.training.sample import AnnotatedPart, Part

_FLOOR = 1e-7  # Keras' clip of probabilities


@dataclass(frozen=True, slots=True, eq=False)
class Validation:
    """Mean cross-entropy and pooled scores over all held-out pixels."""

    loss: float
    scores: Scores


def validate_task(
    model: SegmentationModel,
    parts: Sequence[AnnotatedPart],
    settings: PredictSettings,
    progress: Progress,
) -> Task[Validation | None]:
    """Predict what is held out and compare with its annotations.

    Parameters
    ----------
    model
        The model to score.
    parts
        Held-out planes or volumes; the result is None if there are none.
    settings
        Where to compute.
    progress
        Reported meanwhile: validation is a part of a longer task.
    """
    total, pixels = 0.0, 0
    scores: Scores | None = None
    network = as_network(model.network)
    for whole in parts:
        part = cut_out(whole, annotated_box(whole), network)
        seen = model.on_joined_slices()
        prediction = yield from _predict(seen, part, settings, progress)
        loss, count = _log_loss(prediction.probabilities, part.labels)
        total, pixels = total + loss, pixels + count
        own = Scores.of(part.labels, prediction.labels, len(model.spec.scheme))
        scores = own if scores is None else scores + own
    return None if scores is None else Validation(total / pixels, scores)


def _predict(
    model: SegmentationModel,
    part: Part,
    settings: PredictSettings,
    progress: Progress,
) -> Task[Prediction]:
    task = predict_task(model, part.pixels, settings, scale=part.scale)
    while True:
        try:
            next(task)
        except StopIteration as stop:
            result: Prediction = stop.value
            return result
        yield progress


def _log_loss(
    probabilities: NDArray[np.float32], labels: NDArray[np.uint8]
) -> tuple[float, int]:
    """Sum -log p of the true class over annotated pixels, and count them."""
    where = np.nonzero(labels)
    p = probabilities[(labels[where].astype(np.intp) - 1, *where)]
    return float(-np.log(np.maximum(p, _FLOOR)).sum()), len(p)
