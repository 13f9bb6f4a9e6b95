"""Score a model on held-out pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from imageseg.forest import Trees
from imageseg.forest.settings import FeatureSet
from imageseg.inference import Prediction, predict_task
from imageseg.metrics import Scores
from imageseg.model import SegmentationModel
from imageseg.networks.forest import forest_of
from imageseg.networks.table import as_network
from imageseg.settings import PredictSettings
from imageseg.tasks import Progress, Task
from imageseg.training.around import annotated_box, cut_out
from imageseg.training.pixels import features_by_cell
from imageseg.training.sample import AnnotatedPart, planes_of
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
    forest = forest_of(model.network)
    vote = None if forest is None else partial(_votes, forest.trees, forest.features)
    for part in parts:
        if vote is None:
            inside = yield from _judge(model, part, settings, progress)
        else:  # pixel by pixel: the others need not be judged
            yield progress
            inside = vote(part)
        said = Prediction(probabilities=inside, scheme=model.spec.scheme)
        labels = part.labels
        on = labels > 0
        total += _log_loss(said.probabilities, labels[on])
        pixels += int(np.count_nonzero(on))
        predicted = np.zeros(labels.shape, np.uint8)
        predicted[on] = said.labels
        own = count_by_block(labels, predicted, len(model.spec.scheme))
        found.setdefault(unit_of(part), []).append(own)
    if not found:
        return None
    blocks = {name: np.concatenate(own) for name, own in found.items()}
    matrix = np.concatenate(list(blocks.values())).sum(axis=0)
    return Validation(total / pixels, Scores(matrix), blocks)


def _judge(
    model: SegmentationModel,
    part: AnnotatedPart,
    settings: PredictSettings,
    progress: Progress,
) -> Task[NDArray[np.float32]]:
    """Predict the annotated pixels: (K, P), row by row."""
    area = annotated_box(part)
    around = cut_out(part, area, as_network(model.network))
    seen = model.on_joined_slices()
    task = predict_task(seen, around.pixels, settings, scale=around.scale)
    while True:
        try:
            next(task)
        except StopIteration as stop:
            whole: Prediction = stop.value
            return whole.probabilities[:, around.labels > 0]
        yield progress


def _votes(trees: Trees, kind: FeatureSet, part: AnnotatedPart) -> NDArray[np.float32]:
    """Return the votes (K, P) on annotated pixels.

    What they look like is not kept: they may be many, and are not learned from.
    """
    jobs, found = torch.get_num_threads(), []
    for plane in planes_of(part):
        places = np.argwhere(plane.labels)
        votes = np.empty((trees.votes.shape[1], len(places)), np.float32)
        for own, features in features_by_cell(plane, places, kind, keep=False):
            votes[:, own] = trees.vote(features.T, jobs)
        found.append(votes)
    return np.concatenate(found, axis=1)


def _log_loss(probabilities: NDArray[np.float32], truth: NDArray[np.uint8]) -> float:
    """Sum -log p of the true class over pixels."""
    p = probabilities[truth.astype(np.intp) - 1, np.arange(len(truth))]
    return float(-np.log(np.maximum(p, _FLOOR)).sum())


def count_by_block(
    truth: NDArray[np.uint8], predicted: NDArray[np.uint8], classes: int
) -> NDArray[np.int64]:
    """Count by true and predicted class in every block that is annotated: (B, K, K).

    Parameters
    ----------
    truth, predicted
        Labels of a plane or volume, or of a piece of one.
    classes
        How many there are.
    """
    where = np.nonzero(truth)
    side = block_side(truth.ndim)
    grid = [-(-length // side) for length in truth.shape]
    blocks = np.ravel_multi_index([at // side for at in where], grid)
    pairs = (blocks * classes + truth[where] - 1) * classes + predicted[where] - 1
    counts = np.bincount(pairs).astype(np.int64)
    counts = np.pad(counts, (0, -len(counts) % classes**2))
    matrices = counts.reshape(-1, classes, classes)
    return matrices[matrices.any(axis=(1, 2))]
