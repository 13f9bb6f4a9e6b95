"""From strokes to an answer at once, and to a better one behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from imageseg.architectures import architecture_of, write_graph
from imageseg.classes import ClassScheme
from imageseg.forest import INSTANT, ForestSettings
from imageseg.interactive.answer import Answer, AnswerProgress, Kind, Taught
from imageseg.interactive.instant import InstantLearner
from imageseg.interactive.settings import FROM_MODEL, FROM_STROKES, NETWORK
from imageseg.interactive.unlearned import unlearned_images
from imageseg.model import SegmentationModel
from imageseg.networks.table import as_network
from imageseg.settings import Checked, PredictSettings, TrainSettings
from imageseg.spec import ModelSpec
from imageseg.tasks import Progress, Task
from imageseg.training import EpochProgress, TrainingResult, hold_out, train_task
from imageseg.training.begin import check_channels
from imageseg.training.sample import AnnotatedPart, AnySample, annotated_parts
from imageseg.training.split import HeldOut, unit_of
from imageseg.training.validate import Validation, validate_task


def teach_task(
    samples: Sequence[AnySample],
    scheme: ClassScheme,
    settings: TrainSettings | None = None,
    *,
    start: SegmentationModel | None = None,
    network: Checked = NETWORK,
    forest: ForestSettings = INSTANT,
) -> Task[Taught]:
    """Answer at once with the pixel classifier, and train a network behind it.

    The classifier learns all strokes and answers within a second; if training starts
    from a model that tells the same classes apart, the better of both answers. Then the
    network is compared with who speaks after every epoch, on the same held-out strokes,
    which none of them has learned; it takes over from the classifier if it is better by
    more than chance (`Answer.better_than`).

    Parameters
    ----------
    samples
        Images with labels; 0 = not annotated.
    scheme
        The classes.
    settings
        How the network learns; by default a fixed number of steps.
    start
        Model to go on from; it answers too, if it tells the same classes apart.
    network
        The network that is built without `start`, of planes or of volumes.
    forest
        The pixel classifier.

    Yields
    ------
    Progress
        After every step; an `AnswerProgress` when somebody else speaks, an
        `EpochProgress` after every epoch.

    Raises
    ------
    NotEnoughAnnotationsError
        Nothing, or one class only, is annotated.
    ModelMismatchError, ShapeMismatchError
        `start` takes other channels; an image and its labels do not fit.
    TrainingDivergedError, OutOfMemoryError
        As `imageseg.train` raises them; answers given before stay good.
    """
    return (
        yield from _Teacher(samples, scheme, settings, start, network, forest).work()
    )


class _Teacher:
    """One teaching: who has answered so far, and who speaks."""

    def __init__(
        self,
        samples: Sequence[AnySample],
        scheme: ClassScheme,
        settings: TrainSettings | None,
        start: SegmentationModel | None,
        network: Checked,
        forest: ForestSettings,
    ) -> None:
        if start is not None:
            samples = [sample.seen_by(start.spec) for sample in samples]
        self._samples, self._scheme = samples, scheme
        learns_on = start is not None and start.spec.architecture != "forest"
        self._start = start if learns_on else None
        self._network = network if self._start is None else None
        self._dims = _dims(self._start, network)
        self._settings = settings or (FROM_MODEL if learns_on else FROM_STROKES)
        seed = self._settings.seed
        self._instant = InstantLearner(samples, scheme, forest, seed=seed)
        self._answers: dict[Kind, Answer] = {}
        self._held_out: tuple[str, ...] = ()

    def work(self) -> Task[Taught]:
        """Answer, compare, train, and answer better."""
        if self._start is not None:
            check_channels(self._start, self._samples)
        instant = yield from self._instant.answer_task()
        self._speaking = self._answers["instant"] = instant
        start = self._start
        if start is not None and len(start.spec.scheme) == len(self._scheme):
            yield from self._judge_instant(instant)
            yield from self._judge_start(start)
            yield self._says(self._speaking)
        else:  # nothing else can answer yet
            yield self._says(instant)
            yield from self._judge_instant(instant)
        split = yield from self._train()
        return Taught(best=self._speaking, answers=self._answers, split=split)

    def _hear(self, result: TrainingResult) -> Task[None]:
        """Let the network speak if it is better than who does."""
        answer = _answer(result)
        if answer.dice > self._speaking.dice:
            split = self._split(self._parts(answer.model.spec))
            found = yield from self._score(answer.model, split)
            if found is not None:  # all that is held out; epochs may score a part
                units = units_of(found, split)
                answer = replace(answer, scores=found.scores, units=units)
        self._answers[answer.kind] = answer
        if answer.better_than(self._speaking):
            self._speaking = answer
            yield self._says(answer)

    def _says(self, answer: Answer) -> AnswerProgress:
        self._answers[answer.kind] = answer
        text = f"{answer.model.spec.name} answers"
        return AnswerProgress(done=0, total=0, message=text, answer=answer)

    def _parts(self, spec: ModelSpec) -> Sequence[AnnotatedPart]:
        """Split the samples as the network sees them."""
        seen = spec.channels, spec.normalisation, self._dims, spec.neighbours
        return annotated_parts(self._samples, *seen)

    def _split(self, parts: Sequence[AnnotatedPart]) -> HeldOut:
        """Hold out the very strokes that training the network holds out."""
        share, seed = self._settings.validation, self._settings.seed
        if self._start is not None and not self._held_out:
            self._held_out = unlearned_images(self._start, parts, share)
        return hold_out(parts, share, seed=seed, named=self._held_out)

    def _score(
        self, model: SegmentationModel, split: HeldOut
    ) -> Task[Validation | None]:
        settings = self._settings
        where = PredictSettings(device=settings.device, precision=settings.precision)
        report = Progress(done=0, total=0, message=f"testing {model.spec.name}")
        return (yield from validate_task(model, split.validation, where, report))

    def _judge_instant(self, answer: Answer) -> Task[None]:
        """Score the pixel classifier by one that has not learned what is held out."""
        parts = self._parts(answer.model.spec)
        split = self._split(parts)
        counts = sum((p.counts for p in split.training), np.zeros(256, np.int64))
        if not split.validation or np.count_nonzero(counts[1:]) < 2:
            return
        masks = zip(parts, split.masks(parts), strict=True)
        planes = [plane for part, mask in masks for plane in _planes(part, mask)]
        other = yield from self._instant.without_task(planes)
        found = yield from self._score(other, split)
        if found is not None:
            units = units_of(found, split)
            known = replace(
                answer, scores=found.scores, held_out=split.text, units=units
            )
            self._speaking = self._answers["instant"] = known

    def _judge_start(self, model: SegmentationModel) -> Task[None]:
        """Score the model that training starts from; it speaks if it is better."""
        split = self._split(self._parts(model.spec))
        found = yield from self._score(model, split)
        if found is None:
            return
        answer = Answer(
            model=model,
            kind="start",
            scores=found.scores,
            held_out=split.text,
            units=units_of(found, split),
        )
        self._answers["start"] = answer
        if answer.better_than(self._speaking):
            self._speaking = answer

    def _train(self) -> Task[HeldOut | None]:
        """Train the network; after an epoch that makes it the best, it speaks."""
        start = self._start
        task = train_task(
            self._samples,
            self._settings,
            scheme=self._scheme,
            start=start,
            network=self._network,
            held_out=self._held_out,
            name=f"{start.spec.name} tuned" if start is not None else "my model",
        )
        while True:
            try:
                progress = next(task)
            except StopIteration as stop:
                result: TrainingResult = stop.value
                yield from self._hear(result)
                return result.split
            yield progress
            if isinstance(progress, EpochProgress) and progress.so_far is not None:
                dice = progress.row.validation_dice
                if dice is not None and dice > self._speaking.dice:
                    yield from self._hear(progress.so_far())


def _dims(start: SegmentationModel | None, network: Checked) -> int:
    """Say whether planes (2) or volumes (3) are learned."""
    if start is not None:
        return as_network(start.network).dims
    return write_graph(architecture_of(network), 1, 1, network.to_dict()).dims


def _planes(part: AnnotatedPart, mask: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """Split a mask into the planes that are annotated."""
    if mask.ndim == 2:
        return [mask]
    return [own for own, on in zip(mask, part.labels, strict=True) if on.any()]


def _answer(result: TrainingResult) -> Answer:
    return Answer(
        model=result.model,
        kind="network",
        scores=result.scores,
        held_out=result.held_out,
    )


def units_of(found: Validation | None, split: HeldOut) -> NDArray[np.int64] | None:
    """Return the confusion matrices (N, K, K) of what may be counted as evidence.

    Images that people open next differ more than places in an image do: that is what a
    model has to be better on. So images are counted; blocks only where a single image
    is all that is annotated.
    """
    if found is None or found.blocks is None:
        return None
    annotated = {unit_of(part) for part in (*split.training, *split.validation)}
    if len(annotated) == 1:
        return next(iter(found.blocks.values()))
    return np.stack([own.sum(axis=0) for own in found.blocks.values()])
