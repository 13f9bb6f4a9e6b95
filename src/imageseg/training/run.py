"""A training under way: its epochs, and what they have brought."""

from __future__ import annotations

import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import torch

from imageseg.augmentation import AugmentSettings
from imageseg.devices import choose_compute
from imageseg.errors import TrainingDivergedError
from imageseg.model import SegmentationModel
from imageseg.networks.table import as_network
from imageseg.settings import PredictSettings, TrainSettings
from imageseg.tasks import Progress, Task
from imageseg.training.around import (
    annotated_areas,
    cut_out,
    spread_out,
)
from imageseg.training.best import Best, validation_from, validation_values
from imageseg.training.checkpoint import Checkpoint
from imageseg.training.history import EpochProgress, EpochRow, TrainingResult
from imageseg.training.learner import Learner
from imageseg.training.parallel import Group
from imageseg.training.patches import PatchSampler, patch_sides, steps_of_epoch
from imageseg.training.repeat import random_state, repeatable, set_random_state
from imageseg.training.reuse import memory_kept
from imageseg.training.sample import AnnotatedPart
from imageseg.training.split import HeldOut
from imageseg.training.state import State, part_of, tensors_of
from imageseg.training.story import provenance, score_values
from imageseg.training.validate import Validation, validate_task
from imageseg.training.weights import class_weights


@dataclass(slots=True)
class Run:
    """The state of one training.

    Attributes
    ----------
    begin
        Returns the model to train, anew for every run.
    start
        The model that it comes from; None for a new one.
    teacher
        `start`, if it tells the same number of classes apart.
    validating
        What is scored after every epoch, always the same.
    patch
        Sides of a patch.
    number, epoch
        Of the last finished epoch: which run, and which epoch of it.
    """

    begin: Callable[[], SegmentationModel]
    settings: TrainSettings
    split: HeldOut
    start: SegmentationModel | None
    teacher: SegmentationModel | None
    augment: AugmentSettings | None
    group: Group
    checkpoint: Checkpoint | None = None
    validating: list[AnnotatedPart] = field(init=False)
    steps: int = field(init=False)
    patch: tuple[int, ...] = field(init=False)
    best: Best = field(init=False)
    model: SegmentationModel = field(init=False)
    learner: Learner = field(init=False)
    before: Validation | None = None
    history: list[EpochRow] = field(default_factory=list)
    number: int = 1
    epoch: int = 0

    def __post_init__(self) -> None:
        self.steps = self.settings.steps or steps_of_epoch(
            self.split.training, self.settings
        )
        self.best = Best(self.settings.watch)
        self._begin_run(1)
        self.validating = self._constant_set()

    @property
    def held_out(self) -> str:
        """What scores rest on, for people."""
        most = self.settings.scored
        if not most or self.validating is self.split.validation:
            return self.split.text
        return f"{self.split.text}, scored in {len(self.validating)} areas"

    @property
    def total(self) -> int:
        """Steps of all runs, if none ends early."""
        return self.settings.restarts * self.settings.epochs * self.steps

    def work(self) -> Task[TrainingResult]:
        """Train to the end.

        Raises
        ------
        ImageReadError, PixelValueError
            An image is damaged, whether or not a patch would ever be drawn from it.
        TrainingDivergedError
            The loss is no number any more; it carries what came before.
        """
        yield self._progress(0, "preparing")
        yield from self._look()
        with memory_kept(), repeatable(wanted=self.settings.deterministic):
            if self.teacher and not self.history:
                self.before = yield from self._validate(0)
            try:
                yield from self._runs()
            except TrainingDivergedError as error:
                error.best = self.result() if self.history else None
                raise
            return (yield from self._tested())

    def restore(self, state: State) -> None:
        """Go on from the end of an epoch."""
        values = state.values
        if values["number"] > 1:
            self._begin_run(values["number"])
        self.epoch = values["epoch"]
        self.history = [_row_from(row) for row in values["history"]]
        self.before = validation_from(values["before"])
        self.best.restore(part_of("best", state.tensors), values["best"])
        learner = State(part_of("learner", state.tensors), values["learner"])
        self.learner.restore(learner)
        set_random_state(state.tensors)

    def result(self) -> TrainingResult:
        """Return the best model so far."""
        best = self.best.validation
        network = deepcopy(self.model.network).cpu()
        network.load_state_dict(self.best.weights)
        network.requires_grad_(requires_grad=True)  # also what was frozen
        spec = replace(self.model.spec, provenance=provenance(self), card="")
        return TrainingResult(
            model=SegmentationModel(network.eval(), spec),
            history=tuple(self.history),
            best_epoch=self.best.epoch,
            held_out=self.held_out,
            split=self.split,
            scores=best.scores if best else None,
            scores_before=self.before.scores if self.before else None,
            tested=self.split.tested,
        )

    def _look(self) -> Task[None]:
        """Read what has not been read, so that a damaged image is known before work."""
        split = self.split
        for part in (*split.training, *split.validation, *split.testing):
            yield self._progress(0, f"preparing {part.name}")
            part.look()

    def _runs(self) -> Task[None]:
        while True:
            while self.epoch < self.settings.epochs and not self._stalled():
                yield from self._one_epoch()
            if self.number == self.settings.restarts:
                return
            self._begin_run(self.number + 1)

    def _begin_run(self, number: int) -> None:
        """Start from the first weights, with random numbers of this run."""
        settings = replace(self.settings, seed=self.settings.seed + number - 1)
        torch.manual_seed(settings.seed)
        self.model = self.begin()
        self.number, self.epoch = number, 0
        self.best.begin_run()
        parts = self.split.training
        self.patch = patch_sides(as_network(self.model.network), parts, settings)
        self.learner = Learner(
            self.model.network,
            PatchSampler(parts, self.patch, seed=settings.seed, settings=settings),
            settings,
            compute=choose_compute(settings.device, settings.precision),
            steps=settings.epochs * self.steps,
            teacher=self.teacher.network if self.teacher else None,
            augment=self.augment,
            weights=self._class_weights(),
            group=self.group,
        )

    def _constant_set(self) -> list[AnnotatedPart]:
        """Return what is held out, or as many areas of it as are to be scored."""
        parts, most = self.split.validation, self.settings.scored
        found = [] if not most else [annotated_areas(p, self.patch) for p in parts]
        if sum(map(len, found)) <= most:
            return parts
        network = as_network(self.model.network)
        chosen = spread_out(parts, self.patch, most, seed=self.settings.seed)
        return [cut_out(parts[i], area, network) for i, area in chosen]

    def _class_weights(self) -> torch.Tensor | None:
        classes = len(self.model.spec.scheme)
        weights = class_weights(
            self.settings.class_weights, self.split.training, classes
        )
        return None if weights is None else torch.from_numpy(weights)

    def _one_epoch(self) -> Task[None]:
        started = time.perf_counter()
        loss = yield from self._steps()
        validation = yield from self._validate(self.steps)
        self.epoch += 1
        self.learner.end_epoch(validation.loss if validation else loss)
        if self.best.judge(self.epoch, validation):
            weights = self.learner.snapshot()
            self.best.keep(weights, self.epoch, self.number, validation)
        row = self._row(loss, validation, time.perf_counter() - started)
        self.history.append(row)
        yield EpochProgress(
            done=self._done(),
            total=self.total,
            message=self._message(self.epoch),
            row=row,
            rows=tuple(self.history),
            so_far=self.result,
            warning=self._write_checkpoint(),
        )

    def _steps(self) -> Task[float]:
        losses = []
        for step in range(1, self.steps + 1):
            losses.append(self.learner.step())
            yield self._progress(step, self._message(self.epoch + 1))
        return float(np.mean(losses))

    def _validate(self, step: int) -> Task[Validation | None]:
        progress = self._progress(step, "validating")
        model = replace(self.model, network=self.learner.network)
        parts = self.validating
        return (yield from validate_task(model, parts, self._where, progress))

    def _tested(self) -> Task[TrainingResult]:
        """Return the result, scored on what was kept for the test."""
        result = self.result()
        if not self.split.testing:
            return result
        progress = Progress(done=self.total, total=self.total, message="testing")
        parts = self.split.testing
        test = yield from validate_task(result.model, parts, self._where, progress)
        if test is None:  # for the type checker: there are parts
            return result
        story = result.model.spec.provenance | {"test": score_values(self, test)}
        model = replace(result.model, spec=replace(result.model.spec, provenance=story))
        return replace(result, model=model, test_scores=test.scores)

    @property
    def _where(self) -> PredictSettings:
        return PredictSettings(
            device=self.settings.device, precision=self.settings.precision
        )

    def _stalled(self) -> bool:
        patience, best = self.settings.patience, self.best
        judged = bool(best.lowest_epoch) and bool(self.split.validation)
        return bool(patience and judged and self.epoch - best.lowest_epoch >= patience)

    def _write_checkpoint(self) -> str:
        if self.checkpoint is None or not self.group.first:
            return ""
        return self.checkpoint.write(self._state())

    def _state(self) -> State:
        learner = self.learner.state()
        tensors = tensors_of("learner", learner.tensors)
        tensors |= tensors_of("best", self.best.weights)
        values = {
            "number": self.number,
            "epoch": self.epoch,
            "history": [asdict(row) for row in self.history],
            "before": validation_values(self.before),
            "best": self.best.state(),
            "learner": learner.values,
        }
        return State(tensors | random_state(), values)

    def _done(self) -> int:
        return ((self.number - 1) * self.settings.epochs + self.epoch) * self.steps

    def _progress(self, step: int, message: str) -> Progress:
        done = min(self._done() + step, self.total)
        return Progress(done=done, total=self.total, message=message)

    def _message(self, epoch: int) -> str:
        text = f"epoch {epoch} of {self.settings.epochs}"
        if self.settings.restarts > 1:
            text = f"run {self.number} of {self.settings.restarts}, {text}"
        if self.learner.at_once < self.settings.batch:
            text += f", memory is short: {self.learner.at_once} patches at once"
        return text

    def _row(
        self, loss: float, validation: Validation | None, seconds: float
    ) -> EpochRow:
        scores = validation.scores if validation else None
        return EpochRow(
            epoch=self.epoch,
            loss=loss,
            validation_loss=validation.loss if validation else None,
            validation_dice=scores.mean_dice if scores else None,
            rate=self.learner.rate,
            seconds=seconds,
            dice=tuple(scores.dice.tolist()) if scores else (),
            run=self.number,
        )


def _row_from(values: dict[str, Any]) -> EpochRow:
    return EpochRow(**values | {"dice": tuple(values["dice"])})
