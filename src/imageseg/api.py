"""The short calls: each drains the task of the same name."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from imageseg.augmentation import AugmentSettings
from imageseg.batch import Extras, Outputs, Regions, density_table_task
from imageseg.classes import ClassScheme
from imageseg.datasets import find_samples
from imageseg.density import WHOLE, Region
from imageseg.errors import ImageReadError
from imageseg.evaluation import Evaluation, evaluate_task
from imageseg.images import find_images
from imageseg.inference import Prediction, predict_task
from imageseg.masks import LabelReader, MaskCoding
from imageseg.model import SegmentationModel
from imageseg.settings import Checked, PredictSettings, TrainSettings
from imageseg.tasks import drain
from imageseg.training import AnySample, FileSample, file_samples_task, train_task


def read_samples(
    images: Path | str,
    scheme: ClassScheme,
    *,
    masks: Path | str | None = None,
    coding: MaskCoding | str = "auto",
) -> list[FileSample]:
    """Pair the images of a folder with their masks, for `train` and `evaluate`.

    Every file is looked at once; pixels are read again when they are needed.

    Parameters
    ----------
    images
        A folder of images and masks in one of the layouts of `find_samples`, or of
        images alone.
    scheme
        The classes that the masks tell apart.
    masks
        Folder of the masks, if it is another.
    coding
        What the values of the masks mean, see `MaskCoding`.

    Returns
    -------
    samples
        By the names of their images. What has no partner is left out, with a
        warning each.

    Raises
    ------
    ImageReadError
        A file cannot be read, or nothing pairs.
    SettingsError
        ``auto`` cannot tell the coding, or `coding` is none.
    """
    pairing = find_samples(Path(images), () if masks is None else Path(masks))
    for message in pairing.messages():
        warnings.warn(message, stacklevel=2)
    if not pairing.pairs:
        raise ImageReadError(
            Path(images), "no image has a mask of the same name (1.jpg, 1_mask.png)."
        )
    names = scheme.names
    reader = LabelReader(pairing.masks, len(scheme), coding=coding, names=names)
    return drain(file_samples_task(pairing.pairs, reader))


def predict(
    model: SegmentationModel,
    image: NDArray[Any],
    settings: PredictSettings | None = None,
) -> Prediction:
    """Predict an image (Y, X[, C]) or stack; see `predict_task`."""
    return drain(predict_task(model, image, settings))


def train(  # noqa: PLR0913  settings of three kinds, all optional
    samples: Sequence[AnySample],
    settings: TrainSettings | None = None,
    *,
    scheme: ClassScheme | None = None,
    start: SegmentationModel | None = None,
    network: Checked | None = None,
    encoder: Path | str | None = None,
    augment: AugmentSettings | None = None,
) -> SegmentationModel:
    """Train a model from scratch or from `start`; see `train_task`."""
    task = train_task(
        samples,
        settings,
        scheme=scheme,
        start=start,
        network=network,
        encoder=encoder,
        augment=augment,
    )
    return drain(task).model


def evaluate(
    model: SegmentationModel,
    samples: Iterable[AnySample],
    settings: PredictSettings | None = None,
    *,
    baselines: Sequence[str] = (),
    metrics: Sequence[str] = (),
    training: Sequence[AnySample] = (),
) -> Evaluation:
    """Score a model on annotated images; see `evaluate_task`."""
    task = evaluate_task(
        model,
        samples,
        settings,
        baselines=baselines,
        metrics=metrics,
        training=training,
    )
    return drain(task)


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
