"""One trial: the trainings of one combination of settings."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from imageseg.classes import ClassScheme
from imageseg.errors import (
    ModelFormatError,
    ModelMismatchError,
    OutOfMemoryError,
    SettingsError,
    TrainingDivergedError,
)
from imageseg.model import SegmentationModel
from imageseg.networks.table import count_parameters
from imageseg.search.record import Run, Trial
from imageseg.search.settings import Rank, SearchSettings
from imageseg.search.space import Point, Space
from imageseg.tasks import Task, as_part
from imageseg.training import (
    AnySample,
    EpochProgress,
    EpochRow,
    TrainingResult,
    train_task,
)

UNFINISHED = "unfinished-"
_FAILURES = (SettingsError, OutOfMemoryError, TrainingDivergedError)
"""Faults of a combination; those of files or data would be the same in all."""

_FEWEST_TO_PRUNE = 4  # trials before any is compared with their median


class TimeOver(Exception):  # noqa: N818  no error: a search ends so
    """The time limit has come."""


class _Hopeless(Exception):  # noqa: N818  no error: a training ends so
    def __init__(self, so_far: TrainingResult) -> None:
        super().__init__()
        self.so_far = so_far


@dataclass(slots=True)
class Trainer:
    """Trains combinations, each from where it was stopped if it was.

    Attributes
    ----------
    folder
        Where unfinished trainings are kept; None keeps none.
    """

    samples: Sequence[AnySample]
    space: Space
    settings: SearchSettings
    scheme: ClassScheme | None
    start: SegmentationModel | None
    folder: Path | None
    _began: float = field(init=False)

    def __post_init__(self) -> None:
        self._began = time.monotonic()

    def trial_task(
        self, point: Point, others: Sequence[Trial]
    ) -> Task[tuple[Trial, list[TrainingResult]]]:
        """Train a combination once a seed; what fails is told in the trial.

        Parameters
        ----------
        point
            The combination.
        others
            The trials before, which a hopeless one is compared with.

        Raises
        ------
        TimeOver
            The time limit has come; the training can be resumed.
        """
        began, number = time.monotonic(), len(others) + 1
        results: list[TrainingResult] = []
        state: Literal["done", "pruned", "failed"] = "done"
        error = ""
        try:
            for repeat in range(self.settings.repeats):
                rivals = others if self.settings.prune and not repeat else ()
                task = self._training(point, number, repeat, rivals)
                part = as_part(task, repeat, self.settings.repeats)
                results.append((yield from part))
        except _Hopeless as stop:
            state, results = "pruned", [stop.so_far]
        except _FAILURES as failure:
            state, error = "failed", str(failure)
        trial = Trial(
            number=number,
            point=dict(point),
            state=state,
            runs=tuple(_run(result, self.settings.rank) for result in results),
            parameters=_parameters(results),
            seconds=time.monotonic() - began,
            error=error,
        )
        return trial, results

    def _training(
        self, point: Point, number: int, repeat: int, rivals: Sequence[Trial]
    ) -> Task[TrainingResult]:
        seed = self.space.base.training.seed + repeat
        chosen = self.space.configure(point, seed=seed)
        checkpoint = self._checkpoint(f"{number}-{repeat}")
        task = train_task(
            self.samples,
            chosen.training,
            scheme=self.scheme,
            start=self.start,
            network=None if self.start else chosen.network,
            augment=chosen.augment,
            name=f"trial {number}",
            checkpoint=checkpoint,
            resume=checkpoint is not None,
        )
        left = checkpoint is not None and checkpoint.exists()
        try:
            return (yield from self._watched(task, rivals))
        except (ModelMismatchError, ModelFormatError):
            if not left or checkpoint is None:
                raise
            checkpoint.unlink()  # as another version wrote it
        return (yield from self._training(point, number, repeat, rivals))

    def forget(self, number: int) -> None:
        """Remove what was kept to go on with a trial."""
        if self.folder is not None:
            for file in self.folder.glob(f"{UNFINISHED}{number}-*"):
                file.unlink()

    def _watched(
        self, task: Task[TrainingResult], rivals: Sequence[Trial]
    ) -> Task[TrainingResult]:
        """Stop a training when time is over, or when it is hopeless."""
        try:
            while True:
                self._check_time()
                progress = next(task)
                if isinstance(progress, EpochProgress):
                    self._check_hope(progress, rivals)
                yield progress
        except StopIteration as stop:
            result: TrainingResult = stop.value
            return result
        finally:
            task.close()

    def _check_time(self) -> None:
        limit = self.settings.minutes
        if limit and time.monotonic() - self._began > 60 * limit:
            raise TimeOver

    def _check_hope(self, progress: EpochProgress, rivals: Sequence[Trial]) -> None:
        """Compare with the median of the others after as many epochs.

        The median stopping rule, Golovin et al. 2017, doi 10.1145/3097983.3098043.
        """
        epochs = len(progress.rows)
        scores = [
            trial.runs[0].best[epochs - 1]
            for trial in rivals
            if trial.state == "done" and len(trial.runs[0].best) >= epochs
        ]
        if len(scores) < _FEWEST_TO_PRUNE or progress.so_far is None:
            return
        best = _best_so_far(progress.rows, self.settings.rank)[-1]
        if best < float(np.median(scores)):
            raise _Hopeless(progress.so_far())

    def _checkpoint(self, name: str) -> Path | None:
        if self.folder is None:
            return None
        return self.folder / f"{UNFINISHED}{name}.checkpoint"


def _run(result: TrainingResult, rank: Rank) -> Run:
    row = result.history[result.best_epoch - 1]
    return Run(
        seed=int(result.model.spec.provenance["settings"]["seed"]),
        loss=_number(row.validation_loss),
        dice=_number(row.validation_dice),
        epoch=result.best_epoch,
        epochs=len(result.history),
        best=tuple(_best_so_far(result.history, rank)),
    )


def _best_so_far(rows: Sequence[EpochRow], rank: Rank) -> list[float]:
    """Return the best score after each epoch, larger is better."""
    losses = [_number(row.validation_loss) for row in rows]
    scores = [_number(row.validation_dice) for row in rows]
    values = scores if rank == "dice" else [-loss for loss in losses]
    return [float(v) for v in np.fmax.accumulate(values)]


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _parameters(results: Sequence[TrainingResult]) -> int:
    return count_parameters(results[0].model.network)[0] if results else 0
