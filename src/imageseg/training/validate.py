"""Score a model on held-out pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imageseg.inference import Prediction, outer_box, predict_task
from imageseg.metrics import Scores
from imageseg.model import SegmentationModel
from imageseg.networks.table import as_network
from imageseg.settings import PredictSettings
from imageseg.tasks import Progress, Task
from imageseg.training.around import annotated_box, cut_out
from imageseg.training.sample import AnnotatedPart, Part
from imageseg.training.split import block_side, unit_of

_FLOOR = 1e-7  # Keras' clip of probabilities


@dataclass(frozen=True, slots=True, eq=False)
class Validation:
    """Mean cross-entropy and pooled scores over all held-out pixels.

    Attributes
    ----------
    loss
        Mean -log p of the true class.
    scores
        Of all pixels together.
    blocks
        The same pixels by image, or group of images: a confusion matrix for each
        block that holds any of them, (B, K, K). They tell how far chance decides. None
        if read from a file.
    """

    loss: float
    scores: Scores
    blocks: Mapping[str, NDArray[np.int64]] | None = None


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
    found: dict[str, list[NDArray[np.int64]]] = {}
    network = as_network(model.network)
    for whole in parts:
        area = annotated_box(whole)
        part = cut_out(whole, area, network)
        seen = model.on_joined_slices()
        prediction = yield from _predict(seen, part, settings, progress)
        loss, count = _log_loss(prediction.probabilities, part.labels)
        total, pixels = total + loss, pixels + count
        corner = [side.start for side in outer_box(area, whole.shape, network)]
        classes = len(model.spec.scheme)
        own = count_by_block(part.labels, prediction.labels, classes, corner)
        found.setdefault(unit_of(whole), []).append(own)
    if not found:
        return None
    blocks = {name: np.concatenate(own) for name, own in found.items()}
    matrix = np.concatenate(list(blocks.values())).sum(axis=0)
    return Validation(total / pixels, Scores(matrix), blocks)


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


def count_by_block(
    truth: NDArray[np.uint8],
    predicted: NDArray[np.uint8],
    classes: int,
    corner: Sequence[int] | None = None,
) -> NDArray[np.int64]:
    """Count by true and predicted class in every block that is annotated: (B, K, K).

    Parameters
    ----------
    truth, predicted
        Labels of a plane or volume, or of a piece of one.
    classes
        How many there are.
    corner
        Where the piece begins in the whole, whose corner blocks are counted from.
    """
    where = np.nonzero(truth)
    first = (0,) * truth.ndim if corner is None else corner
    side = block_side(truth.ndim)
    ends = [a + length - 1 for a, length in zip(first, truth.shape, strict=True)]
    cells = [(at + a) // side for at, a in zip(where, first, strict=True)]
    blocks = np.ravel_multi_index(cells, [end // side + 1 for end in ends])
    pairs = (blocks * classes + truth[where] - 1) * classes + predicted[where] - 1
    counts = np.bincount(pairs).astype(np.int64)
    counts = np.pad(counts, (0, -len(counts) % classes**2))
    matrices = counts.reshape(-1, classes, classes)
    return matrices[matrices.any(axis=(1, 2))]
