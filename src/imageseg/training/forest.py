"""Teach the pixel classifier: trees on the features of annotated pixels.

Extremely randomised trees (Geurts, Ernst & Wehenkel 2006, doi
10.1007/s10994-006-6226-1), each on another draw of whole images, or of blocks of
pixels where there are few images. What a tree has not drawn tests it, and no
pixel is tested by trees that have seen its neighbours.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from imageseg._version import __version__
from imageseg.annotations import check_annotations
from imageseg.classes import ClassScheme
from imageseg.forest import ForestSettings, Trees
from imageseg.metrics import Scores
from imageseg.model import SegmentationModel, new_model
from imageseg.networks.forest import forest_of
from imageseg.parallel import map_ordered
from imageseg.settings import Checked, Normalisation
from imageseg.tasks import Progress, Task
from imageseg.training.begin import choose_normalisation, shared_channel_names
from imageseg.training.history import EpochRow, TrainingResult
from imageseg.training.pixels import DrawnPixels, describe_pixels_task
from imageseg.training.sample import AnySample, annotated_parts

_LEAF = 4  # pixels; single ones follow the noise of the annotation
_FLOOR = 1e-7  # Keras' clip of probabilities


def fit_forest_task(
    samples: Sequence[AnySample],
    settings: ForestSettings | None = None,
    *,
    scheme: ClassScheme,
    normalisation: Normalisation | Literal["auto"] = "auto",
    seed: int = 0,
    name: str = "forest",
) -> Task[TrainingResult]:
    """Teach the pixel classifier all annotated pixels.

    Parameters
    ----------
    samples
        Images with labels; unannotated pixels (0) never count.
    settings
        Features and trees; `imageseg.forest.INSTANT` answers within seconds.
    scheme
        The classes.
    normalisation
        How pixel values become 0 to 1; ``auto`` is ``range`` if all images are
        8-bit, else ``percentile``.
    seed
        Decides on pixels and trees.
    name
        Of the model.

    Yields
    ------
    Progress
        After every plane and every tree.

    Returns
    -------
    result
        The model, with one row of history; its scores are those on what each
        tree has not seen (none, if all annotations lie in one block).

    Raises
    ------
    NotEnoughAnnotationsError
        Nothing, or one class only, is annotated.
    ShapeMismatchError
        An image and its labels, or two images, do not fit.
    """
    settings = settings or ForestSettings()
    counts = sum((sample.counts for sample in samples), np.zeros(256, np.int64))
    check_annotations([np.flatnonzero(counts).astype(np.uint8)], scheme)
    model = untaught_forest(samples, settings, scheme, normalisation, name)
    pixels = yield from draw_pixels_task(samples, model, seed=seed)
    return (yield from grow_forest_task(model, pixels, seed=seed))


def draw_pixels_task(
    samples: Sequence[AnySample],
    model: SegmentationModel,
    held_out: Sequence[NDArray[np.bool_]] | None = None,
    *,
    seed: int = 0,
) -> Task[DrawnPixels]:
    """Draw annotated pixels, and describe them as a pixel classifier sees them.

    Parameters
    ----------
    samples
        Images with labels, two classes at least.
    model
        The classifier, taught or not.
    held_out
        Of each annotated plane, which pixels are not drawn.
    seed
        Decides which pixels.
    """
    spec = model.spec
    settings = ForestSettings(**spec.arguments)
    planes = annotated_parts(samples, spec.channels, spec.normalisation)
    if held_out is not None:
        left = [
            plane.with_labels(np.where(mask, 0, plane.labels).astype(np.uint8))
            for plane, mask in zip(planes, held_out, strict=True)
        ]
        planes = [plane for plane in left if plane.counts[1:].any()]
    total = len(planes) + settings.trees
    return (yield from describe_pixels_task(planes, settings, seed, total))


def grow_forest_task(
    model: SegmentationModel, pixels: DrawnPixels, *, seed: int = 0
) -> Task[TrainingResult]:
    """Grow the trees of a pixel classifier on annotated pixels.

    Parameters
    ----------
    model
        The untaught classifier; its network is given the trees.
    pixels
        What it learns from; of two classes at least.
    seed
        Decides on trees.
    """
    started = time.perf_counter()
    settings = ForestSettings(**model.spec.arguments)
    fit = yield from _grow(pixels, settings, len(model.spec.scheme), seed)
    forest = forest_of(model.network)
    if forest is None:
        raise TypeError(f"{model.spec.name} is no pixel classifier")
    forest.set_trees(fit.trees)
    return _result(model, pixels, fit, time.perf_counter() - started)


def forest_settings(
    network: Checked | None, start: SegmentationModel | None
) -> ForestSettings | None:
    """Return the settings if it is the pixel classifier that is to learn.

    One that has learned before is grown anew: trees are not trained on.
    """
    if start is None:
        return network if isinstance(network, ForestSettings) else None
    if start.spec.architecture != "forest":
        return None
    return ForestSettings(**start.spec.arguments)


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """Grown trees, and their votes (P, K) on pixels they have not seen, or zeros."""

    trees: Trees
    unseen: NDArray[np.float64]


def untaught_forest(
    samples: Sequence[AnySample],
    settings: ForestSettings,
    scheme: ClassScheme,
    normalisation: Normalisation | Literal["auto"],
    name: str,
) -> SegmentationModel:
    """Return a pixel classifier without trees that fits the images."""
    return new_model(
        scheme,
        channels=samples[0].channels,
        architecture="forest",
        arguments=settings.to_dict(),
        normalisation=choose_normalisation(normalisation, samples),
        channel_names=shared_channel_names(samples),
        name=name,
    )


def _grow(
    pixels: DrawnPixels, settings: ForestSettings, classes: int, seed: int
) -> Task[_Fit]:
    weights = pixels.weights
    if settings.balance:
        weights = weights / np.bincount(pixels.classes, weights)[pixels.classes]
    grow = partial(_grow_one, pixels, weights / weights.mean(), settings.depth, classes)
    seeds = np.random.SeedSequence(seed).spawn(settings.trees)
    trees, unseen = [], np.zeros((len(pixels.classes), classes))
    for grown in map_ordered(grow, seeds, torch.get_num_threads()):
        if isinstance(grown, Exception):
            raise grown
        tree, others, votes = grown
        trees.append(tree)
        unseen[others] += votes
        done, text = len(trees), f"tree {len(trees)} of {settings.trees}"
        yield Progress(
            done=pixels.planes + done,
            total=pixels.planes + settings.trees,
            message=text,
        )
    return _Fit(Trees.joined(trees), unseen)


def _grow_one(
    pixels: DrawnPixels,
    weights: NDArray[np.float64],
    depth: int,
    classes: int,
    seed: np.random.SeedSequence,
) -> tuple[Trees, NDArray[np.intp], NDArray[np.float32]]:
    """Return a tree, the pixels it has not seen, and its votes on them."""
    from sklearn.tree import ExtraTreeClassifier  # noqa: PLC0415  heavy

    rng = np.random.default_rng(seed)
    times = _bootstrap(pixels, rng)[pixels.groups]
    seen, others = np.flatnonzero(times), np.flatnonzero(times == 0)
    learner = ExtraTreeClassifier(
        max_features="sqrt",
        max_depth=depth,
        min_samples_leaf=_LEAF,
        random_state=int(rng.integers(1 << 31)),
    )
    learner.fit(pixels.features[seen], pixels.classes[seen], (weights * times)[seen])
    tree = Trees.from_fitted(learner.tree_, learner.classes_.tolist(), classes)
    if not len(others):
        return tree, others, np.empty((0, classes), np.float32)
    return tree, others, tree.vote(pixels.features[others].T).T


def _bootstrap(pixels: DrawnPixels, rng: np.random.Generator) -> NDArray[np.intp]:
    """Draw groups with replacement, as many as there are; no class is left out."""
    count = int(pixels.groups.max()) + 1
    times = np.bincount(rng.integers(count, size=count), minlength=count)
    for k in np.unique(pixels.classes):
        own = pixels.groups[pixels.classes == k]
        if not times[own].any():
            times[rng.choice(own)] += 1
    return times


def _result(
    model: SegmentationModel,
    pixels: DrawnPixels,
    fit: _Fit,
    seconds: float,
) -> TrainingResult:
    scheme = model.spec.scheme
    votes = fit.trees.vote(pixels.features.T, torch.get_num_threads()).T
    tested = fit.unseen.any(axis=1)
    unseen = fit.unseen[tested] / fit.unseen[tested].sum(1, keepdims=True)
    truth, weights = pixels.classes[tested], pixels.weights[tested]
    scores = _scores(truth, unseen, weights) if tested.any() else None
    row = EpochRow(
        epoch=1,
        loss=_log_loss(pixels.classes, votes, pixels.weights),
        validation_loss=_log_loss(truth, unseen, weights) if scores else None,
        validation_dice=scores.mean_dice if scores else None,
        rate=0.0,
        seconds=seconds,
    )
    held_out = f"{pixels.unit} that a tree has not seen"
    provenance = _provenance(scheme, list(pixels.images), row, scores, held_out)
    return TrainingResult(
        model=replace(model, spec=replace(model.spec, provenance=provenance)),
        history=(row,),
        best_epoch=1,
        held_out=held_out if scores else f"no held-out {pixels.unit}",
        scores=scores,
        scores_before=None,
    )


def _scores(
    truth: NDArray[np.intp], votes: NDArray[np.float64], weights: NDArray[np.float64]
) -> Scores:
    """Score as if all annotated pixels had been drawn."""
    classes = votes.shape[1]
    pairs = truth * classes + votes.argmax(1)
    matrix = np.bincount(pairs, weights, minlength=classes**2).round().astype(np.int64)
    return Scores(matrix.reshape(classes, classes))


def _log_loss(
    truth: NDArray[np.intp], votes: NDArray[Any], weights: NDArray[np.float64]
) -> float:
    p = votes[np.arange(len(truth)), truth]
    return float(np.average(-np.log(np.maximum(p, _FLOOR)), weights=weights))


def _provenance(
    scheme: ClassScheme,
    images: list[str],
    row: EpochRow,
    scores: Scores | None,
    held_out: str,
) -> dict[str, Any]:
    result: dict[str, Any] = {
        "software": f"napari-imageseg {__version__}",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "images": images,
        "held_out": held_out,
        "scores": {},
    }
    if scores:
        values = [None if np.isnan(d) else round(float(d), 4) for d in scores.dice]
        dice = dict(zip(scheme.names, values, strict=True))
        result["scores"] = {"loss": row.validation_loss, "dice": dice}
    return result
