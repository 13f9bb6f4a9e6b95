"""Train on what is annotated, and propose what comes of it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from psygnal import Signal

from imageseg.annotations import check_annotations
from imageseg.errors import NotEnoughAnnotationsError
from imageseg.settings import TrainSettings
from imageseg.tasks import Progress
from napari_imageseg import jobs
from napari_imageseg.models import ModelChoice
from napari_imageseg.workbench import Workbench

if TYPE_CHECKING:
    from imageseg.model import SegmentationModel
    from imageseg.training import TrainingResult

FINE_TUNING = TrainSettings(epochs=12, patience=6, rate=5e-4)
FROM_SCRATCH_FACTOR = 4  # times as many epochs without a model to start from


class Trainer:
    """Trains behind the painting.

    Parameters
    ----------
    bench
        What it shares with the other parts of a session.
    models
        What it starts from, and who takes what it brings.
    """

    started = Signal()
    epoch_finished = Signal(object)
    """Carries the `EpochProgress`."""

    def __init__(self, bench: Workbench, models: ModelChoice) -> None:
        self._bench = bench
        self._models = models
        self.settings = FINE_TUNING

    def train(self) -> None:
        """Train on all annotated images, from the model in use or from scratch."""
        items = self._bench.images.annotated
        painted = [np.flatnonzero(item.counts).astype(np.uint8) for item in items]
        try:
            check_annotations(painted, self._bench.classes.scheme)
        except NotEnoughAnnotationsError as error:
            self._bench.messages.failed.emit("Train", error)
            return
        start, settings = self._models.current, self.settings
        if start is None:
            epochs = FROM_SCRATCH_FACTOR * settings.epochs
            settings = replace(settings, epochs=epochs, patience=0, rate=2e-3)
        sources = [jobs.source_of(item, copy=True) for item in items]
        task = jobs.train_task(sources, settings, self._bench.classes.scheme, start)
        self.started.emit()
        trained = partial(self._trained, start)
        self._bench.runners.training.submit(
            "Training", task, trained, self._on_progress
        )

    def stop(self) -> None:
        """Stop training; what was proposed so far stays."""
        self._bench.runners.training.cancel()

    def _on_progress(self, progress: Progress) -> None:
        if hasattr(progress, "row"):
            self.epoch_finished.emit(progress)

    def _trained(self, start: SegmentationModel | None, result: TrainingResult) -> None:
        self._models.propose(result, start)
