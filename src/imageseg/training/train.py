"""Train a model, from scratch or from another one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from imageseg.annotations import check_annotations
from imageseg.architectures import architecture_of, write_graph
from imageseg.architectures.resnet import ResNetSettings
from imageseg.augmentation import AugmentSettings, preset
from imageseg.classes import ClassScheme
from imageseg.errors import SettingsError
from imageseg.model import SegmentationModel
from imageseg.networks.table import as_network
from imageseg.settings import Checked, TrainSettings
from imageseg.spec import ModelSpec
from imageseg.tasks import Task
from imageseg.training.begin import begin_anew, begin_from, check_channels
from imageseg.training.checkpoint import Checkpoint, data_digest
from imageseg.training.forest import fit_forest_task, forest_settings
from imageseg.training.history import TrainingResult
from imageseg.training.parallel import Group
from imageseg.training.run import Run
from imageseg.training.sample import AnySample, annotated_parts
from imageseg.training.split import HeldOut, hold_out


def train_task(  # noqa: PLR0913  settings of three kinds, all optional
    samples: Sequence[AnySample],
    settings: TrainSettings | None = None,
    *,
    scheme: ClassScheme | None = None,
    start: SegmentationModel | None = None,
    network: Checked | None = None,
    encoder: Path | str | None = None,
    augment: AugmentSettings | None = None,
    held_out: Collection[str] = (),
    name: str = "",
    checkpoint: Path | None = None,
    resume: bool = False,
    group: Group | None = None,
) -> Task[TrainingResult]:
    """Train on all annotated pixels and keep the best weights.

    Parameters
    ----------
    samples
        Images with labels; unannotated pixels (0) never count. With
        `TrainSettings.recent` they are in the order in which they were worked on, the
        last one most recently.
    settings
        How to train; `imageseg.settings.FINE_TUNING` costs the same for any number of
        images.
    scheme
        The classes; those of `start` if there is one.
    start
        Model to go on from, unchanged; with other classes its last layer is new. It
        finds the channels that it knows by name.
    network
        Shape of a new network, without `start`: the settings of an architecture in
        `imageseg.architectures`; by default imageseg's U-Net.
    encoder
        ``.safetensors`` file of a trained ResNet that a new network ``resnet`` begins
        with; see `imageseg.exchange.encoder`.
    augment
        Random changes in place of the preset that the settings name.
    held_out
        Names of images to validate on in place of the share that the settings tell.
        Kept the same from one fine-tuning to the next, they are images that no model
        has learned.
    name
        Of the new model.
    checkpoint
        File that holds the last finished epoch; whoever saves the model removes it.
    resume
        Go on from that file, if it is there, with the same numbers as without a
        break.
    group
        The processes that train together; by default only this one.

    Yields
    ------
    Progress
        After every step; an `EpochProgress` after every epoch.

    Returns
    -------
    result
        The model of the best epoch by held-out loss or Dice (of the last epoch, if
        nothing is held out), with its history.

    Raises
    ------
    NotEnoughAnnotationsError
        Nothing, or one class only, is annotated, or a class in `held_out` only.
    ModelMismatchError, ShapeMismatchError
        `start` takes other channels, the encoder is of another depth, or the
        checkpoint is of another training; an image and its labels do not fit.
    ModelFormatError
        The checkpoint or the encoder's file is damaged.
    SettingsError, PixelValueError
        Settings do not fit the data; a pixel is no finite number.
    TrainingDivergedError, OutOfMemoryError
        The loss is no number any more (the error carries the best model so far); a
        patch does not fit.
    """
    settings = settings or TrainSettings()
    _check_settings(settings, group)
    _check_encoder(encoder, network, start)
    scheme = scheme or (start.spec.scheme if start else None)
    if scheme is None:
        raise SettingsError("scheme", None, "given when there is no start model")
    if start is not None:
        samples = [sample.seen_by(start.spec) for sample in samples]
    _check_samples(samples, scheme, start)
    forest = forest_settings(network, start)
    _check_neighbours(settings, network, start)
    if forest is not None:
        task = fit_forest_task(
            samples,
            forest,
            scheme=scheme,
            normalisation=settings.normalisation,
            seed=settings.seed,
            name=name or "new",
        )
        return (yield from task)
    if start is None:
        new = (samples, settings, scheme, network, name or "new", encoder)
        begin = partial(begin_anew, *new)
    else:
        called = name or f"{start.spec.name} tuned"
        begin = partial(begin_from, start, scheme, called, samples)
    split = _split(samples, settings, begin(), held_out)
    same = start is not None and len(start.spec.scheme) == len(scheme)
    run = Run(
        begin=begin,
        settings=settings,
        split=split,
        start=start,
        teacher=start if same else None,
        augment=augment,
        group=group or Group(),
    )
    if checkpoint is not None:
        _keep_at(checkpoint, run, samples, resume=resume)
    return (yield from run.work())


def _split(
    samples: Sequence[AnySample],
    settings: TrainSettings,
    model: SegmentationModel,
    named: Collection[str],
) -> HeldOut:
    """Hold out annotated pixels, as the model takes them."""
    spec, dims = model.spec, as_network(model.network).dims
    parts = annotated_parts(
        samples, spec.channels, spec.normalisation, dims, spec.neighbours
    )
    share, seed, test = settings.validation, settings.seed, settings.test
    return hold_out(parts, share, seed=seed, test=test, named=named)


def _keep_at(
    path: Path, run: Run, samples: Sequence[AnySample], *, resume: bool
) -> None:
    """Write every finished epoch there, and go on from the last one if asked to."""
    run.checkpoint = Checkpoint(path, _identity(run, samples))
    state = run.checkpoint.read() if resume else None
    if state is not None:
        run.restore(state)


def _check_settings(settings: TrainSettings, group: Group | None) -> None:
    """Refuse settings that contradict each other."""
    if settings.restarts > 1 and settings.validation == 0:
        raise SettingsError("restarts", settings.restarts, "1 if nothing is held out")
    if group is not None and settings.batch % group.size:
        expected = f"a multiple of the {group.size} processes"
        raise SettingsError("batch", settings.batch, expected)


def _check_encoder(
    encoder: Path | str | None,
    network: Checked | None,
    start: SegmentationModel | None,
) -> None:
    if encoder and (start is not None or not isinstance(network, ResNetSettings)):
        expected = "left out, or the network resnet, without a start model"
        raise SettingsError("encoder", str(encoder), expected)


def _check_neighbours(
    settings: TrainSettings, network: Checked | None, start: SegmentationModel | None
) -> None:
    """Refuse neighbouring slices where the network has no use for them."""
    count = settings.neighbours
    if start is not None:
        if count not in (0, start.spec.neighbours):
            expected = f"{start.spec.neighbours}, as of the start model, or left out"
            raise SettingsError("neighbours", count, expected)
    elif count and network is not None:
        name = architecture_of(network)
        if name == "forest" or write_graph(name, 1, 1, network.to_dict()).dims == 3:
            raise SettingsError("neighbours", count, f"0 for the network {name}")


def _check_samples(
    samples: Sequence[AnySample], scheme: ClassScheme, start: SegmentationModel | None
) -> None:
    counts = sum((sample.counts for sample in samples), np.zeros(256, np.int64))
    if start is not None:
        check_channels(start, samples)
    check_annotations([np.flatnonzero(counts).astype(np.uint8)], scheme)


def _identity(run: Run, samples: Sequence[AnySample]) -> dict[str, Any]:
    """Return what must be the same to go on with a training."""
    spec, settings = run.model.spec, run.settings
    return {
        "settings": settings.to_dict(),
        "augmentation": (run.augment or preset(settings.augmentation)).to_dict(),
        "network": {
            "architecture": spec.architecture,
            "arguments": spec.arguments,
            "classes": spec.scheme.names,
            "neighbours": spec.neighbours,
        },
        "start": run.start.digest() if run.start else _encoder(spec),
        "data": data_digest(samples),
        "held_out": sorted({part.name for part in run.split.validation}),
        "processes": run.group.size,
    }


def _encoder(spec: ModelSpec) -> str:
    """Return the digest of the encoder that a new model began with, if it has one."""
    return str(spec.provenance.get("parent", {}).get("digest", ""))
