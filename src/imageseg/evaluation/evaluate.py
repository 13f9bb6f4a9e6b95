"""Score a model on annotated images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from imageseg.classes import ClassScheme
from imageseg.evaluation.baselines import IMAGE_BASELINES, check_baselines
from imageseg.evaluation.result import MAJORITY, Evaluation
from imageseg.evaluation.score import (
    Answerer,
    baseline_answers,
    model_answers,
    score_task,
)
from imageseg.model import SegmentationModel
from imageseg.settings import PredictSettings
from imageseg.tasks import Task
from imageseg.training import AnySample

_MODEL = "the model"


def evaluate_task(
    model: SegmentationModel,
    samples: Iterable[AnySample],
    settings: PredictSettings | None = None,
    *,
    baselines: Sequence[str] = (),
    metrics: Sequence[str] = (),
) -> Task[Evaluation]:
    """Predict annotated images and compare, on annotated pixels only.

    Parameters
    ----------
    model
        Predicts them.
    samples
        Taken one at a time; those of files need memory for one.
    settings
        How to predict.
    baselines
        Names in `BASELINES`, scored beside the model.
    metrics
        Names in `NAMED_METRICS`: those of Keras, imageseg, keras-unet, Habitat-Net
        and platypus. Of two classes they are those of the second.

    Raises
    ------
    ShapeMismatchError
        A sample does not fit the model or its labels.
    ModelMismatchError
        There is no sample, or a label that the model has no class for.
    SettingsError
        A baseline or metric is unknown.
    """
    scheme = model.spec.scheme
    check_baselines(baselines, scheme)
    answerers = {_MODEL: model_answers(model, settings)}
    answerers |= baseline_answerers(baselines, scheme)
    found = yield from score_task(answerers, samples, scheme, metrics)
    own = found.pop(_MODEL)
    return replace(own, baselines=in_order(baselines, own, found))


def baseline_answerers(
    names: Sequence[str], scheme: ClassScheme
) -> dict[str, Answerer]:
    """Return what asks those baselines that look at images."""
    return {
        name: baseline_answers(IMAGE_BASELINES[name], scheme)
        for name in names
        if name in IMAGE_BASELINES
    }


def in_order(
    names: Sequence[str], any_one: Evaluation, found: dict[str, Evaluation]
) -> dict[str, Evaluation]:
    """Return the baselines asked for; the truth of any one tells the majority."""
    known = found | {MAJORITY: any_one.majority()}
    return {name: known[name] for name in names}
