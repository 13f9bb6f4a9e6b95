"""Train a model, from scratch or from another one."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import torch
from torch import Tensor

from imageseg._version import __version__
from imageseg.annotations import check_annotations
from imageseg.classes import ClassScheme
from imageseg.devices import choose_compute
from imageseg.errors import ModelMismatchError, SettingsError
from imageseg.model import SegmentationModel, new_model
from imageseg.settings import (
    Normalisation,
    PredictSettings,
    TrainSettings,
    UNetSettings,
)
from imageseg.tasks import Progress, Task
from imageseg.training.history import EpochProgress, EpochRow, TrainingResult
from imageseg.training.learner import Learner
from imageseg.training.patches import PatchSampler
from imageseg.training.sample import Sample, annotated_planes
from imageseg.training.split import HeldOut, hold_out
from imageseg.training.validate import Validation, validate_task

_FEWEST_STEPS = 10  # an epoch


def train_task(
    samples: Sequence[Sample],
    settings: TrainSettings | None = None,
    *,
    scheme: ClassScheme | None = None,
    start: SegmentationModel | None = None,
    network: UNetSettings | None = None,
    name: str = "",
) -> Task[TrainingResult]:
    """Train on all annotated pixels and keep the best weights.

    Parameters
    ----------
    samples
        Images with labels; unannotated pixels (0) never count.
    settings
        How to train.
    scheme
        The classes; those of `start` if there is one.
    start
        Model to go on from, unchanged; with other classes its last layer is new.
    network
        Shape of a new U-Net, without `start`.
    name
        Of the new model.

    Yields
    ------
    Progress
        After every step; an `EpochProgress` after every epoch.

    Returns
    -------
    result
        The model of the best epoch by held-out loss (of the last epoch, if
        nothing is held out), with its history.

    Raises
    ------
    NotEnoughAnnotationsError
        Nothing, or one class only, is annotated.
    ModelMismatchError, ShapeMismatchError
        `start` takes other channels; an image and its labels do not fit.
    TrainingDivergedError, OutOfMemoryError
        The loss is no number any more; a batch does not fit.
    """
    settings = settings or TrainSettings()
    torch.manual_seed(settings.seed)
    model = _first_model(samples, settings, scheme, start, network, name)
    check_annotations([sample.labels for sample in samples], model.spec.scheme)
    planes = annotated_planes(samples, model.spec.channels, model.spec.normalisation)
    split = hold_out(planes, settings.validation, seed=settings.seed)
    same = start is not None and len(start.spec.scheme) == len(model.spec.scheme)
    run = _Run(model, settings, split, start if same else None)
    yield Progress(done=0, total=run.total, message="preparing")
    before = None
    if same:
        before = yield from run.validate(0)
    yield from run.epochs()
    return run.result(before, start)


@dataclass(slots=True)
class _Run:
    """The state of one training."""

    model: SegmentationModel
    settings: TrainSettings
    split: HeldOut
    teacher: SegmentationModel | None
    steps: int = field(init=False)
    learner: Learner = field(init=False)
    history: list[EpochRow] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)
    best_epoch: int = 0
    best_validation: Validation | None = None

    def __post_init__(self) -> None:
        self.steps = self.settings.steps or _steps(self.split, self.settings)
        self.learner = Learner(
            self.model.network,
            PatchSampler(
                self.split.training, self.settings.patch, seed=self.settings.seed
            ),
            self.settings,
            compute=choose_compute(self.settings.device, self.settings.precision),
            steps=self.total,
            teacher=self.teacher.network if self.teacher else None,
        )

    @property
    def total(self) -> int:
        return self.settings.epochs * self.steps

    def epochs(self) -> Task[None]:
        for epoch in range(1, self.settings.epochs + 1):
            started = time.perf_counter()
            losses = yield from self._steps(epoch)
            validation = yield from self.validate(epoch)
            self._keep_best(epoch, validation)
            row = _row(epoch, losses, validation, self.learner.rate, started)
            self.history.append(row)
            yield EpochProgress(
                done=epoch * self.steps,
                total=self.total,
                message=f"epoch {epoch} of {self.settings.epochs}",
                row=row,
            )
            if self._stalled(epoch):
                return

    def validate(self, epoch: int) -> Task[Validation | None]:
        progress = Progress(
            done=epoch * self.steps, total=self.total, message="validating"
        )
        where = PredictSettings(
            device=self.settings.device, precision=self.settings.precision
        )
        model = replace(self.model, network=self.learner.network)
        return (yield from validate_task(model, self.split.validation, where, progress))

    def result(
        self, before: Validation | None, start: SegmentationModel | None
    ) -> TrainingResult:
        self.model.network.load_state_dict(self.best)
        best = self.best_validation
        provenance = _provenance(self, start)
        return TrainingResult(
            model=SegmentationModel(
                self.model.network.cpu().eval(),
                replace(self.model.spec, provenance=provenance, card=""),
            ),
            history=tuple(self.history),
            best_epoch=self.best_epoch,
            held_out=self.split.text,
            scores=best.scores if best else None,
            scores_before=before.scores if before else None,
        )

    def _steps(self, epoch: int) -> Task[list[float]]:
        losses = []
        for step in range(1, self.steps + 1):
            losses.append(self.learner.step())
            yield Progress(
                done=(epoch - 1) * self.steps + step,
                total=self.total,
                message=f"epoch {epoch} of {self.settings.epochs}",
            )
        return losses

    def _keep_best(self, epoch: int, validation: Validation | None) -> None:
        best = self.best_validation
        if validation is None or best is None or validation.loss < best.loss:
            self.best = self.learner.snapshot()
            self.best_epoch, self.best_validation = epoch, validation

    def _stalled(self, epoch: int) -> bool:
        patience = self.settings.patience
        waited = epoch - self.best_epoch
        return bool(patience and self.best_validation and waited >= patience)


def _first_model(
    samples: Sequence[Sample],
    settings: TrainSettings,
    scheme: ClassScheme | None,
    start: SegmentationModel | None,
    network: UNetSettings | None,
    name: str,
) -> SegmentationModel:
    """Copy the start model, or build a new one that fits the first image."""
    scheme = scheme or (start.spec.scheme if start else None)
    if scheme is None:
        raise SettingsError("scheme", None, "given when there is no start model")
    if not samples:
        check_annotations([np.zeros((1, 1), np.uint8)], scheme)
    if start is None:
        first = samples[0]
        return new_model(
            scheme,
            channels=first.channels,
            arguments=(network or UNetSettings()).to_dict(),
            normalisation=_normalisation(settings, first.image.dtype),
            name=name or "new",
        )
    _check_channels(start, samples)
    return _continued(start, scheme, name or f"{start.spec.name} tuned")


def _continued(
    start: SegmentationModel, scheme: ClassScheme, name: str
) -> SegmentationModel:
    """Copy a model; layers that do not fit the new classes start anew."""
    copy = new_model(
        scheme,
        channels=start.spec.channels,
        architecture=start.spec.architecture,
        arguments=start.spec.arguments,
        normalisation=start.spec.normalisation,
        name=name,
    )
    fresh = copy.network.state_dict()
    old = start.network.state_dict()
    fits = {k: v for k, v in old.items() if v.shape == fresh[k].shape}
    copy.network.load_state_dict(fresh | fits)
    return copy


def _check_channels(start: SegmentationModel, samples: Sequence[Sample]) -> None:
    wanted = start.spec.channels
    for sample in samples:
        if sample.channels != wanted:
            raise ModelMismatchError(
                f"{sample.name} has {sample.channels} channel(s), but the model "
                f"{start.spec.name!r} takes {wanted}. Start from another model, or "
                "train a new one."
            )


def _normalisation(settings: TrainSettings, dtype: np.dtype[Any]) -> Normalisation:
    if settings.normalisation != "auto":
        return settings.normalisation
    return "range" if dtype in (np.uint8, bool) else "percentile"


def _steps(split: HeldOut, settings: TrainSettings) -> int:
    """Steps that see about every annotated plane's area once."""
    patches = sum(
        max(1.0, plane.labels.size / settings.patch**2) for plane in split.training
    )
    return max(_FEWEST_STEPS, math.ceil(patches / settings.batch))


def _row(
    epoch: int,
    losses: Sequence[float],
    validation: Validation | None,
    rate: float,
    started: float,
) -> EpochRow:
    return EpochRow(
        epoch=epoch,
        loss=float(np.mean(losses)),
        validation_loss=validation.loss if validation else None,
        validation_dice=validation.scores.mean_dice if validation else None,
        rate=rate,
        seconds=time.perf_counter() - started,
    )


def _provenance(run: _Run, start: SegmentationModel | None) -> dict[str, Any]:
    best = run.best_validation
    return {
        "software": f"napari-imageseg {__version__}",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "settings": run.settings.to_dict(),
        "images": sorted({plane.name for plane in run.split.training}),
        "held_out": run.split.text,
        "epochs": len(run.history),
        "best_epoch": run.best_epoch,
        "scores": _score_values(run, best) if best else {},
        "parent": {"name": start.spec.name, "digest": start.digest()} if start else {},
    }


def _score_values(run: _Run, best: Validation) -> dict[str, Any]:
    names = run.model.spec.scheme.names
    values = best.scores.dice.round(4).tolist()
    known = [None if math.isnan(value) else value for value in values]  # for JSON
    dice = dict(zip(names, known, strict=True))
    return {"loss": round(best.loss, 5), "dice": dice}
