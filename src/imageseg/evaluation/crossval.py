"""Score the training itself, leaving images out in turn."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

from imageseg.classes import ClassScheme
from imageseg.errors import SettingsError
from imageseg.evaluation.baselines import check_baselines
from imageseg.evaluation.evaluate import evaluate_task
from imageseg.evaluation.result import Evaluation
from imageseg.evaluation.score import check_metrics, named_apart
from imageseg.model import SegmentationModel
from imageseg.settings import Checked, PredictSettings, TrainSettings
from imageseg.tasks import Progress, Task, as_part
from imageseg.training import FileSample, Sample, train_task


def cross_validate_task(  # noqa: PLR0913  what trains, and what is measured
    samples: Sequence[Sample | FileSample],
    settings: TrainSettings,
    *,
    scheme: ClassScheme | None = None,
    start: SegmentationModel | None = None,
    network: Checked | None = None,
    folds: int = 0,
    baselines: Sequence[str] = (),
    metrics: Sequence[str] = (),
) -> Task[Evaluation]:
    """Score every image by a model that has not seen it.

    Parameters
    ----------
    samples
        Annotated images; those of one group are left out together.
    settings
        How each model is trained.
    scheme
        The classes; those of `start` if there is one.
    start
        Model that every fold goes on from; it must not have seen the images.
    network
        Shape of the networks, without `start`; as in `train_task`.
    folds
        Parts of the images left out together; 0 leaves out one image, or one group,
        at a time.
    baselines, metrics
        As in `evaluate_task`; what learns, learns from what each fold trains with.

    Raises
    ------
    SettingsError
        There are fewer images or groups than folds, or fewer than two; a baseline or
        metric is unknown.
    """
    known = start.spec.scheme if start else scheme
    if known:
        check_baselines(baselines, known, learning=True)
    check_metrics(metrics)
    samples = [replace(sample, name=name) for name, sample in named_apart(samples)]
    groups = {group: i for i, group in enumerate(dict.fromkeys(map(_group, samples)))}
    count = _fold_count(len(groups), folds)
    where = PredictSettings(device=settings.device, precision=settings.precision)
    parts = []
    for fold in range(count):
        left_out = [s for s in samples if groups[_group(s)] % count == fold]
        training = [s for s in samples if groups[_group(s)] % count != fold]
        task = train_task(
            training, settings, scheme=scheme, start=start, network=network
        )
        label = f"fold {fold + 1} of {count}"
        result = yield from as_part(task, fold, count, label=label)
        own = evaluate_task(
            result.model,
            left_out,
            where,
            baselines=baselines,
            metrics=metrics,
            training=training,
        )
        parts.append((yield from _standing(own, fold + 1, count, label)))
    return _ordered(Evaluation.joined(parts), samples)


def _standing(
    task: Task[Evaluation], done: int, total: int, label: str
) -> Task[Evaluation]:
    """Run a task that is short beside training: it tells what it does, not how far."""
    with closing(task):
        while True:
            try:
                message = f"{label}: {next(task).message}"
            except StopIteration as stop:
                result: Evaluation = stop.value
                return result
            yield Progress(done=done, total=total, message=message)


def _group(sample: Sample | FileSample) -> str:
    return sample.group or sample.name


def _fold_count(groups: int, folds: int) -> int:
    if groups < 2:
        raise SettingsError("number of annotated images (groups)", groups, "2 or more")
    count = folds or groups
    if not 2 <= count <= groups:
        raise SettingsError("folds", folds, f"0, or 2 to {groups} images (groups)")
    return count


def _ordered(
    evaluation: Evaluation, samples: Sequence[Sample | FileSample]
) -> Evaluation:
    """Put the images into the order in which they were given."""
    names = [sample.name for sample in samples]
    return replace(
        evaluation,
        scores={name: evaluation.scores[name] for name in names},
        baselines={
            name: _ordered(baseline, samples)
            for name, baseline in evaluation.baselines.items()
        },
    )
