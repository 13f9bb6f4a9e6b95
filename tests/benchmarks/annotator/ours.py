"""What this package answers: at once, and with a network behind it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import sklearn.tree  # noqa: F401  loaded ahead, as the plugin does
from brush import Mask
from sets import Picture, Predict

from imageseg.classes import ClassScheme
from imageseg.inference import predict_task
from imageseg.interactive import (
    FROM_MODEL,
    FROM_STROKES,
    AnswerProgress,
    instant_task,
    teach_task,
)
from imageseg.model import SegmentationModel
from imageseg.settings import PredictSettings
from imageseg.tasks import drain
from imageseg.training import EpochProgress, Sample

WHERE = PredictSettings(device="cpu", precision="fp32")


class Instant:
    """The first answer: what is on screen within seconds of *Train*."""

    def __init__(self, classes: int, seed: int) -> None:
        self._scheme = ClassScheme.from_names([f"class {k}" for k in range(classes)])
        self._seed = seed

    def fit(self, images: Sequence[Picture], strokes: Sequence[Mask]) -> Predict:
        """Teach the pixel classifier."""
        task = instant_task(samples(images, strokes), self._scheme, seed=self._seed)
        return predicting(drain(task).model)


class WithNetwork(Instant):
    """Thirty processor seconds later: whoever speaks then.

    The network goes on from what it was a round before.
    """

    SECONDS = 30.0

    def __init__(self, classes: int, seed: int) -> None:
        super().__init__(classes, seed)
        self._network: SegmentationModel | None = None

    def fit(self, images: Sequence[Picture], strokes: Sequence[Mask]) -> Predict:
        """Let the network learn behind the first answer, until the time is over."""
        base = FROM_STROKES if self._network is None else FROM_MODEL
        settings = replace(base, device="cpu", precision="fp32", seed=self._seed)
        painted = samples(images, strokes)
        task = teach_task(painted, self._scheme, settings, start=self._network)
        stop, speaking = time.process_time() + self.SECONDS, None
        for step in task:
            if isinstance(step, AnswerProgress):
                speaking = step.answer.model
            if isinstance(step, EpochProgress) and step.so_far is not None:
                self._network = step.so_far().model
            if speaking is not None and time.process_time() > stop:
                task.close()
                break
        assert speaking is not None
        return predicting(speaking)


def samples(images: Sequence[Picture], strokes: Sequence[Mask]) -> list[Sample]:
    """Return what our tasks learn from."""
    numbered = enumerate(zip(images, strokes, strict=True))
    return [Sample(image, marks, str(i)) for i, (image, marks) in numbered]


def predicting(model: SegmentationModel) -> Predict:
    """Return who predicts with this model."""

    def predict(image: Picture) -> Mask:
        found = drain(predict_task(model, image, WHERE)).probabilities
        return found.argmax(0).astype(np.uint8)

    return predict
