"""Compare what a device computes with the CPU, before its results are believed.

Drivers, memory and compilers of accelerators fail without an error now and then; a
network whose numbers are wrong still draws a picture. So some tiles are computed twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from imageseg.devices import Compute, choose_compute
from imageseg.errors import DeviceError
from imageseg.images import ValueScale
from imageseg.inference.predict import predict_task
from imageseg.model import SegmentationModel
from imageseg.settings import Precision, PredictSettings
from imageseg.tasks import Task, as_part

_TOLERANCE: dict[Precision, float] = {"fp32": 0.01, "bf16": 0.08}
"""Difference of a probability that rounding explains. GPUs multiply float32 with the 10
bits of TF32, 2^-11 relative a product, bfloat16 has 7 bits, 2^-8; the logits of some
twenty layers add such errors up about as their root, and near p = 1/2 a probability
changes by a quarter of what its logit does."""

_STRAYS = 0.005  # share of pixels beyond it that is no alarm: ties near a threshold


class Scaled(Protocol):
    """Pixels of an image, and how they become 0 to 1: an `AnnotatedPart`, or a crop."""

    @property
    def pixels(self) -> NDArray[Any]: ...  # noqa: D102
    @property
    def scale(self) -> ValueScale: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class DeviceCheck:
    """How a device agrees with float32 on the CPU.

    Attributes
    ----------
    device
        As people call it.
    compared
        Whether there was anything to compare: not on the CPU with float32.
    difference
        Largest difference of a probability.
    beyond
        Share of pixels that differ by more than rounding explains.
    """

    device: str
    compared: bool
    difference: float = 0.0
    beyond: float = 0.0


def check_device_task(
    model: SegmentationModel,
    tiles: Sequence[Scaled],
    settings: PredictSettings | None = None,
) -> Task[DeviceCheck]:
    """Compute a few tiles on the device chosen and on the CPU, and compare.

    Parameters
    ----------
    model
        The model; it is not changed.
    tiles
        A few hundred pixels square, where something is to be seen; two or three
        are enough.
    settings
        Which device and precision. float32 on the CPU needs no check.

    Raises
    ------
    DeviceError
        The device computes no numbers, or others than rounding explains.
    """
    settings = settings or PredictSettings()
    compute = choose_compute(settings.device, settings.precision)
    name = device_name(compute)
    if compute.device.type == "cpu" and compute.precision == "fp32":
        return DeviceCheck(name, compared=False)
    exact = replace(settings, device="cpu", precision="fp32")
    twin = replace(model, network=deepcopy(model.network))
    differences = []
    for i, tile in enumerate(tiles):
        found = []
        for j, (who, how) in enumerate([(model, settings), (twin, exact)]):
            task = predict_task(who, tile.pixels, how, scale=tile.scale)
            part = as_part(task, 2 * i + j, 2 * len(tiles), label=f"checking {name}")
            found.append((yield from part).probabilities)
        differences.append(np.abs(found[0] - found[1]).max(axis=0).ravel())
    check = _check_of(name, compute.precision, differences)
    if not check.beyond <= _STRAYS:  # so written, it catches nan
        raise DeviceError(name, check.difference, check.beyond)
    return check


def device_name(compute: Compute) -> str:
    """Return what people call a device with its number format."""
    name = compute.device.type
    if name == "cuda":
        name = torch.cuda.get_device_name(compute.device)
    return f"{name} with {compute.precision}"


def _check_of(
    name: str, precision: Precision, differences: list[NDArray[np.float32]]
) -> DeviceCheck:
    if not differences:
        return DeviceCheck(name, compared=False)
    joined = np.concatenate(differences)
    within = joined <= _TOLERANCE[precision]  # what is no number is not
    return DeviceCheck(
        device=name,
        compared=True,
        difference=float(joined.max()),
        beyond=float(1 - within.mean()),
    )
