"""Score a model on annotated images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from imageseg.classes import ClassScheme
from imageseg.evaluation.baselines import (
    IMAGE_BASELINES,
    check_baselines,
    learn_baselines_task,
)
from imageseg.evaluation.result import MAJORITY, Evaluation
from imageseg.evaluation.score import (
    Answerer,
    baseline_answers,
    check_metrics,
    model_answers,
    score_task,
)
from imageseg.model import SegmentationModel
from imageseg.settings import PredictSettings
from imageseg.tasks import Task, as_part
from imageseg.training import AnySample

_MODEL = "the model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How models are scored, and what beside them; as in `evaluate_task`."""

    settings: PredictSettings | None = None
    baselines: Sequence[str] = ()
    metrics: Sequence[str] = ()
    training: Sequence[AnySample] = ()


def evaluate_task(
    model: SegmentationModel,
    samples: Iterable[AnySample],
    settings: PredictSettings | None = None,
    *,
    baselines: Sequence[str] = (),
    metrics: Sequence[str] = (),
    training: Sequence[AnySample] = (),
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
    training
        Other annotated images, for the baseline that learns; none of `samples`
        should be among them.

    Raises
    ------
    ShapeMismatchError
        A sample does not fit the model or its labels.
    ModelMismatchError
        There is no sample, or a label that the model has no class for.
    NotEnoughAnnotationsError
        A baseline has too little to learn from.
    SettingsError
        A baseline or metric is unknown, or there is nothing to learn from.
    """
    asked = Asked(
        settings=settings, baselines=baselines, metrics=metrics, training=training
    )
    scheme = model.spec.scheme
    found = yield from score_beside_task({_MODEL: model}, samples, scheme, asked)
    own = found.pop(_MODEL)
    return replace(own, baselines=found)


def score_beside_task(
    models: Mapping[str, SegmentationModel],
    samples: Iterable[AnySample],
    scheme: ClassScheme,
    asked: Asked,
) -> Task[dict[str, Evaluation]]:
    """Score models, then the baselines asked for, in the order of their names."""
    baselines = asked.baselines
    check_baselines(baselines, scheme, learning=bool(asked.training))
    check_metrics(asked.metrics)
    learning = learn_baselines_task(baselines, asked.training, scheme)
    learned = yield from as_part(learning, 0, 2)
    answerers = {
        name: model_answers(model, asked.settings)
        for name, model in {**models, **learned}.items()
    }
    answerers |= _baseline_answerers(baselines, scheme)
    scoring = score_task(answerers, samples, scheme, asked.metrics)
    found = yield from (as_part(scoring, 1, 2) if learned else scoring)
    own = {name: found[name] for name in models}
    found[MAJORITY] = next(iter(own.values())).majority()
    return own | {name: found[name] for name in baselines}


def _baseline_answerers(
    names: Sequence[str], scheme: ClassScheme
) -> dict[str, Answerer]:
    """Return what asks those baselines that label an image without learning."""
    return {
        name: baseline_answers(IMAGE_BASELINES[name], scheme)
        for name in names
        if name in IMAGE_BASELINES
    }
