"""Score several ways to label the same images, each image read once."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import length_hint
from time import perf_counter
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from imageseg.classes import ClassScheme
from imageseg.errors import ModelMismatchError, SettingsError
from imageseg.evaluation.baselines import Baseline, Labels
from imageseg.evaluation.result import Evaluation
from imageseg.inference import predict_task
from imageseg.metrics import NAMED_METRICS, ProbabilityCounts, Scores
from imageseg.model import SegmentationModel
from imageseg.settings import PredictSettings
from imageseg.tasks import Progress, Task, as_part
from imageseg.training import AnySample, pixels_of

S = TypeVar("S", bound=AnySample)


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """Labels of an image; probabilities (K, …) from what has them."""

    labels: Labels
    probabilities: NDArray[np.floating[Any]] | None = None


Answerer = Callable[[AnySample], Task[Answer]]


def model_answers(
    model: SegmentationModel, settings: PredictSettings | None
) -> Answerer:
    """Return what asks a model."""

    def answer(sample: AnySample) -> Task[Answer]:
        seen = pixels_of(sample.seen_by(model.spec))
        prediction = yield from predict_task(model, seen, settings)
        return Answer(prediction.labels, prediction.probabilities)

    return answer


def baseline_answers(baseline: Baseline, scheme: ClassScheme) -> Answerer:
    """Return what asks a baseline."""

    def answer(sample: AnySample) -> Task[Answer]:
        yield Progress(done=0, total=1, message="baseline")
        image = sample.image.reshape(*sample.labels.shape, -1)
        return Answer(baseline(image, scheme))

    return answer


def score_task(
    answerers: Mapping[str, Answerer],
    samples: Iterable[AnySample],
    scheme: ClassScheme,
    metrics: Sequence[str] = (),
) -> Task[dict[str, Evaluation]]:
    """Ask everyone about every image, holding one image at a time.

    Parameters
    ----------
    answerers
        By name.
    samples
        From any iterator.
    scheme
        The classes of all of them.
    metrics
        Names in `NAMED_METRICS`.

    Raises
    ------
    ModelMismatchError
        There is no sample, or a label that there is no class for.
    SettingsError
        A metric is unknown.
    """
    check_metrics(metrics)
    tallies = {name: _Tally(scheme, metrics) for name in answerers}
    parts = length_hint(samples) * len(answerers)
    part = itertools.count()
    for name, sample in named_apart(samples):
        _check_labels(name, sample.labels, scheme)
        for who, answerer in answerers.items():
            start = perf_counter()
            task = as_part(answerer(sample), next(part), parts, label=name)
            answer = yield from task
            seconds = perf_counter() - start
            tallies[who].take(name, sample.labels, answer, seconds)
    if not any(tally.scores for tally in tallies.values()):
        raise ModelMismatchError("There is no annotated image to evaluate with.")
    return {name: tally.result() for name, tally in tallies.items()}


@dataclass(slots=True)
class _Tally:
    """Scores so far."""

    scheme: ClassScheme
    named: Sequence[str]
    scores: dict[str, Scores] = field(default_factory=dict)
    probabilities: ProbabilityCounts | None = None
    metrics: dict[str, dict[str, float]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def take(self, name: str, truth: Labels, answer: Answer, seconds: float) -> None:
        """Compare an answer with the truth."""
        k = len(self.scheme)
        self.scores[name] = Scores.of(truth, answer.labels, k)
        self.seconds[name] = seconds
        if answer.probabilities is not None:
            counts = ProbabilityCounts.of(truth, answer.probabilities)
            known = self.probabilities
            self.probabilities = counts if known is None else known + counts
        if self.named:
            self.metrics[name] = _named_metrics(self.named, truth, answer, k)

    def result(self) -> Evaluation:
        return Evaluation(
            scheme=self.scheme,
            scores=self.scores,
            probabilities=self.probabilities,
            metrics=self.metrics,
            seconds=self.seconds,
        )


def _named_metrics(
    names: Sequence[str], truth: Labels, answer: Answer, n_classes: int
) -> dict[str, float]:
    """Compute metrics on annotated pixels, as if networks had given the answer.

    Of two classes on the one map of the second, of more on all maps together.
    """
    on = truth > 0
    ids = np.arange(2 if n_classes == 2 else 1, n_classes + 1)
    t = (truth[on] == ids[:, None]).astype(np.float64)
    if answer.probabilities is None:
        p = (answer.labels[on] == ids[:, None]).astype(np.float64)
    else:
        p = answer.probabilities[ids - 1][:, on].astype(np.float64)
    if not t.size:
        return dict.fromkeys(names, float("nan"))
    return {name: NAMED_METRICS[name](t, p) for name in names}


def named_apart(samples: Iterable[S]) -> Iterator[tuple[str, S]]:
    """Number samples of one name, so that each has its own row."""
    taken: set[str] = set()
    for sample in samples:
        numbered = (f"{sample.name} {i}" for i in itertools.count(2))
        names = itertools.chain([sample.name], numbered)
        name = next(n for n in names if n not in taken)
        taken.add(name)
        yield name, sample


def _check_labels(name: str, labels: Labels, scheme: ClassScheme) -> None:
    top = int(labels.max(initial=0))
    if top > len(scheme):
        raise ModelMismatchError(
            f"{name} is annotated with {top} classes or more; the model "
            f"tells {len(scheme)} apart ({', '.join(scheme.names)})."
        )


def check_metrics(names: Sequence[str]) -> None:
    """Refuse metrics that are unknown.

    Raises
    ------
    SettingsError
        A name is none of `NAMED_METRICS`.
    """
    for name in names:
        if name not in NAMED_METRICS:
            raise SettingsError("metric", name, f"one of {', '.join(NAMED_METRICS)}")
