"""The short calls: each drains the task of the same name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from imageseg.augmentation import AugmentSettings
from imageseg.batch import Extras, Outputs, Regions, density_table_task
from imageseg.classes import ClassScheme
from imageseg.density import WHOLE, Region
from imageseg.evaluation import Evaluation, evaluate_task
from imageseg.images import find_images
from imageseg.inference import Prediction, predict_task
from imageseg.model import SegmentationModel
from imageseg.settings import Checked, PredictSettings, TrainSettings
from imageseg.tasks import drain
from imageseg.training import Sample, train_task


def predict(
    model: SegmentationModel,
    image: NDArray[Any],
    settings: PredictSettings | None = None,
) -> Prediction:
    """Predict an image (Y, X[, C]) or stack; see `predict_task`."""
    return drain(predict_task(model, image, settings))


def train(
    samples: Sequence[Sample],
    settings: TrainSettings | None = None,
    *,
    scheme: ClassScheme | None = None,
    start: SegmentationModel | None = None,
    network: Checked | None = None,
    augment: AugmentSettings | None = None,
) -> SegmentationModel:
    """Train a model from scratch or from `start`; see `train_task`."""
    task = train_task(
        samples,
        settings,
        scheme=scheme,
        start=start,
        network=network,
        augment=augment,
    )
    return drain(task).model


def evaluate(
    model: SegmentationModel,
    samples: Sequence[Sample],
    settings: PredictSettings | None = None,
) -> Evaluation:
    """Score a model on annotated images; see `evaluate_task`."""
    return drain(evaluate_task(model, samples, settings))


def density_table(
    paths: Iterable[Path | str],
    model: SegmentationModel,
    *,
    region: str | float | Region | Regions = WHOLE,
    extras: Extras | None = None,
    settings: PredictSettings | None = None,
    outputs: Outputs | None = None,
) -> pd.DataFrame:
    """Predict files and folders and table their densities; see `density_table_task`."""
    task = density_table_task(
        find_images(paths),
        model,
        region=region,
        extras=extras,
        settings=settings,
        outputs=outputs,
    )
    return drain(task)
