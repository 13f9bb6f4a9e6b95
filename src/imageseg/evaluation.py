"""How good a model is on annotated images."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imageseg.classes import ClassScheme
from imageseg.errors import ModelMismatchError, SettingsError
from imageseg.inference import predict_task
from imageseg.metrics import Scores
from imageseg.model import SegmentationModel
from imageseg.settings import PredictSettings, TrainSettings, UNetSettings
from imageseg.tasks import Task, as_part, drain
from imageseg.training import Sample, train_task


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Evaluation:
    """Scores of every image and of all pixels together.

    Attributes
    ----------
    scheme
        The classes.
    scores
        By image name.
    """

    scheme: ClassScheme
    scores: dict[str, Scores]

    @property
    def pooled(self) -> Scores:
        """All pixels as if they were one image."""
        first, *rest = self.scores.values()
        return sum(rest, first)

    def table(self) -> pd.DataFrame:
        """Return one row an image: Dice, IoU, accuracy, fractions, density error.

        ``density_error`` is the largest absolute difference between predicted
        and annotated class fractions.
        """
        return pd.DataFrame(
            {"image": name} | _columns(scores, self.scheme)
            for name, scores in self.scores.items()
        )

    def summary(self) -> pd.DataFrame:
        """Return two rows: the mean over images, and the pooled pixels."""
        table = self.table().drop(columns="image")
        mean = {"image": f"mean of {len(table)}"} | table.mean().to_dict()
        pooled = {"image": "pooled"} | _columns(self.pooled, self.scheme)
        return pd.DataFrame([mean, pooled])


def evaluate_task(
    model: SegmentationModel,
    samples: Sequence[Sample],
    settings: PredictSettings | None = None,
) -> Task[Evaluation]:
    """Predict annotated images and compare, on annotated pixels only.

    Raises
    ------
    ShapeMismatchError
        A sample does not fit the model or its labels.
    ModelMismatchError
        There is no sample, or a label that the model has no class for.
    """
    scheme = model.spec.scheme
    _check_labels(samples, scheme)
    samples = _named_apart(samples)
    scores = {}
    for i, sample in enumerate(samples):
        task = predict_task(model, sample.image, settings)
        prediction = yield from as_part(task, i, len(samples), label=sample.name)
        scores[sample.name] = Scores.of(sample.labels, prediction.labels, len(scheme))
    return Evaluation(scheme=scheme, scores=scores)


def cross_validate_task(
    samples: Sequence[Sample],
    settings: TrainSettings,
    *,
    scheme: ClassScheme | None = None,
    start: SegmentationModel | None = None,
    network: UNetSettings | None = None,
    folds: int = 0,
) -> Task[Evaluation]:
    """Score every image by a model that has not seen it.

    Parameters
    ----------
    samples
        Annotated images.
    settings
        How each model is trained.
    scheme
        The classes; those of `start` if there is one.
    start
        Model that every fold goes on from; it must not have seen the images.
    network
        Shape of the U-Nets, without `start`.
    folds
        Groups of images left out together; 0 leaves out one image at a time.

    Raises
    ------
    SettingsError
        There are fewer images than folds, or fewer than two.
    """
    if len(samples) < 2:
        raise SettingsError("number of annotated images", len(samples), "2 or more")
    count = folds or len(samples)
    if not 2 <= count <= len(samples):
        raise SettingsError("folds", folds, f"0, or 2 to {len(samples)} images")
    samples = _named_apart(samples)
    scores: dict[str, Scores] = {}
    for fold in range(count):
        training = [s for i, s in enumerate(samples) if i % count != fold]
        task = train_task(
            training, settings, scheme=scheme, start=start, network=network
        )
        label = f"fold {fold + 1} of {count}"
        result = yield from as_part(task, fold, count, label=label)
        where = PredictSettings(device=settings.device, precision=settings.precision)
        own = drain(evaluate_task(result.model, samples[fold::count], where))
        scores |= own.scores
    ordered = {s.name: scores[s.name] for s in samples}
    return Evaluation(scheme=result.model.spec.scheme, scores=ordered)


def _columns(scores: Scores, scheme: ClassScheme) -> dict[str, float]:
    columns: dict[str, float] = {"mean_dice": scores.mean_dice}
    columns |= _by_class("dice", scores.dice, scheme)
    columns |= _by_class("iou", scores.iou, scheme)
    columns["accuracy"] = scores.accuracy
    columns |= _by_class("annotated_fraction", scores.true_fractions, scheme)
    columns |= _by_class("predicted_fraction", scores.predicted_fractions, scheme)
    error = np.abs(scores.predicted_fractions - scores.true_fractions)
    return columns | {"density_error": float(error.max())}


def _by_class(
    what: str, values: NDArray[np.float64], scheme: ClassScheme
) -> dict[str, float]:
    return {
        f"{what}_{name}": float(v) for name, v in zip(scheme.names, values, strict=True)
    }


def _named_apart(samples: Sequence[Sample]) -> list[Sample]:
    """Number samples of one name, so that each has its own row."""
    taken: set[str] = set()
    result = []
    for sample in samples:
        numbered = (f"{sample.name} {i}" for i in itertools.count(2))
        names = itertools.chain([sample.name], numbered)
        name = next(n for n in names if n not in taken)
        taken.add(name)
        result.append(sample if name == sample.name else replace(sample, name=name))
    return result


def _check_labels(samples: Sequence[Sample], scheme: ClassScheme) -> None:
    if not samples:
        raise ModelMismatchError("There is no annotated image to evaluate with.")
    for sample in samples:
        top = int(sample.labels.max(initial=0))
        if top > len(scheme):
            raise ModelMismatchError(
                f"{sample.name} is annotated with {top} classes or more; the model "
                f"tells {len(scheme)} apart ({', '.join(scheme.names)})."
            )
