"""The short calls: each drains the task of the same name."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imageseg.augmentation import AugmentSettings
from imageseg.batch import Extras, Outputs, Regions, density_table_task
from imageseg.classes import ClassScheme
from imageseg.datasets import find_samples
from imageseg.density import WHOLE, Region
from imageseg.errors import ImageReadError
from imageseg.evaluation import Evaluation, evaluate_task
from imageseg.images import Channels, as_choice, find_images, seen_channels
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
    channels: Channels | None = None,
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
    channels
        Names of channels, or numbers from 1 on, in the order in which they are
        learned, as `read_image` takes them. None reads all; a model that knows
        channels by name finds these.

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
    ShapeMismatchError
        A channel is not there; the file is named.
    """
    choice = as_choice(channels)
    pairing = find_samples(Path(images), () if masks is None else Path(masks))
    for message in pairing.messages():
        warnings.warn(message, stacklevel=2)
    if not pairing.pairs:
        raise ImageReadError(
            Path(images), "no image has a mask of the same name (1.jpg, 1_mask.png)."
        )
    names = scheme.names
    reader = LabelReader(pairing.masks, len(scheme), coding=coding, names=names)
    return drain(file_samples_task(pairing.pairs, reader, choice=choice))


def predict(
    model: SegmentationModel,
    image: NDArray[Any],
    settings: PredictSettings | None = None,
    *,
    channels: Channels | None = None,
) -> Prediction:
    """Predict an image (Y, X[, C]) or stack; see `predict_task`.

    Parameters
    ----------
    model, image, settings
        As `predict_task` takes them.
    channels
        Numbers from 1 on of the channels in the last axis, in the order in which the
        model takes them: ``"3,1"``, ``[3, 1]``, ``2``; ``"grey"`` makes colours grey.
        Of a file, `read_image` reads channels by their names.

    Raises
    ------
    ShapeMismatchError
        A channel is not there, or the model takes another number.
    """
    choice = as_choice(channels)
    if choice is not None:
        planes = image[..., np.newaxis] if image.ndim == 2 else image
        seen = seen_channels(planes.shape[-1], model.spec.channels, choice=choice)
        image = seen.apply(planes)
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


def density_table(  # noqa: PLR0913  what is measured, and what of it is written
    paths: Iterable[Path | str],
    model: SegmentationModel,
    *,
    region: str | float | Region | Regions = WHOLE,
    extras: Extras | None = None,
    settings: PredictSettings | None = None,
    outputs: Outputs | None = None,
    channels: Channels | None = None,
) -> pd.DataFrame:
    """Predict files and folders and table their densities; see `density_table_task`.

    Parameters
    ----------
    paths
        Files and folders.
    model, region, extras, settings, outputs
        As `density_table_task` takes them.
    channels
        Names of channels, or numbers from 1 on, in the order in which the model takes
        them, as `read_image` takes them. None finds those that the model knows by
        name, else it is to be exactly those of the images.
    """
    task = density_table_task(
        find_images(paths),
        model,
        region=region,
        extras=extras,
        settings=settings,
        outputs=outputs,
        choice=as_choice(channels),
    )
    return drain(task)
