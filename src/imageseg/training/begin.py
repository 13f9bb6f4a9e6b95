"""The model that a training begins with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from imageseg.architectures import architecture_of
from imageseg.classes import ClassScheme
from imageseg.errors import ModelMismatchError
from imageseg.exchange.encoder import with_encoder
from imageseg.model import SegmentationModel, new_model
from imageseg.settings import Checked, Normalisation, TrainSettings, UNetSettings
from imageseg.training.sample import AnySample


def begin_anew(
    samples: Sequence[AnySample],
    settings: TrainSettings,
    scheme: ClassScheme,
    network: Checked | None,
    name: str,
    encoder: Path | str | None = None,
) -> SegmentationModel:
    """Build a new model that fits the images, of which the first tells channels."""
    network = network or UNetSettings()
    model = new_model(
        scheme,
        channels=samples[0].channels,
        architecture=architecture_of(network),
        arguments=network.to_dict(),
        normalisation=choose_normalisation(settings.normalisation, samples),
        neighbours=settings.neighbours,
        channel_names=shared_channel_names(samples),
        name=name,
    )
    return model if encoder is None else with_encoder(model, encoder)


def begin_from(
    start: SegmentationModel,
    scheme: ClassScheme,
    name: str,
    samples: Sequence[AnySample] = (),
) -> SegmentationModel:
    """Copy a model; layers that do not fit the new classes start anew.

    It goes by the names of the channels that it learns now, if these have any.
    """
    copy = new_model(
        scheme,
        channels=start.spec.channels,
        architecture=start.spec.architecture,
        arguments=start.spec.arguments,
        normalisation=start.spec.normalisation,
        neighbours=start.spec.neighbours,
        channel_names=shared_channel_names(samples) or start.spec.channel_names,
        name=name,
    )
    fresh = copy.network.state_dict()
    old = start.network.state_dict()
    fits = {k: v for k, v in old.items() if v.shape == fresh[k].shape}
    copy.network.load_state_dict(fresh | fits)
    return copy


def check_channels(start: SegmentationModel, samples: Sequence[AnySample]) -> None:
    """Make sure that a model takes these images.

    Raises
    ------
    ModelMismatchError
        It does not; the image is named.
    """
    wanted = start.spec.channels
    for sample in samples:
        if sample.channels != wanted:
            raise ModelMismatchError(
                f"{sample.name} has {sample.channels} channel(s), but the model "
                f"{start.spec.name!r} takes {wanted}. Start from another model, or "
                "train a new one."
            )


def shared_channel_names(samples: Sequence[AnySample]) -> tuple[str, ...]:
    """Return the names of the channels, if all images have the same ones."""
    names = samples[0].channel_names if samples else ()
    if not names or len(set(names)) != samples[0].channels:
        return ()
    return names if all(other.channel_names == names for other in samples) else ()


def choose_normalisation(
    wish: Normalisation | Literal["auto"], samples: Sequence[AnySample]
) -> Normalisation:
    """Return how a new model scales pixel values.

    ``auto`` is the range of the file type if all images are 8-bit: beside others, an
    8-bit image says nothing of their range.
    """
    if wish != "auto":
        return wish
    eight_bit = all(sample.dtype in (np.uint8, bool) for sample in samples)
    return "range" if eight_bit else "percentile"
