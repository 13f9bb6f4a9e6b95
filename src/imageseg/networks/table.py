"""The table of networks: a name, its settings and how it is built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, cast

from torch import Tensor, nn

from imageseg.errors import ModelFormatError
from imageseg.networks.unet import UNet
from imageseg.settings import Checked, UNetSettings


class Network(Protocol):
    """What prediction and training need to know of a network, beside its weights."""

    stride: int
    """Input sides are multiples of this; tiles start at multiples of it."""

    halo: int
    """Pixels around a tile that can change its result; a multiple of `stride`."""

    def __call__(self, images: Tensor) -> Tensor:
        """Map (N, C, Y, X), sides multiples of `stride`, to logits (N, K, Y, X)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the table."""

    network: type[nn.Module]
    settings: type[Checked]
    help: str


NETWORKS: dict[str, Entry] = {
    "unet": Entry(UNet, UNetSettings, "imageseg's U-Net (versions 0.4 and 0.5)"),
}


def build_network(
    architecture: str, channels: int, outputs: int, arguments: dict[str, Any]
) -> nn.Module:
    """Build a network by name, with random weights.

    Raises
    ------
    ModelFormatError
        The name or an argument is unknown.
    SettingsError
        An argument is out of range.
    """
    if architecture not in NETWORKS:
        raise ModelFormatError(
            f"The architecture {architecture!r} is unknown; this version has "
            f"{', '.join(NETWORKS)}. Update napari-imageseg if the model is newer."
        )
    entry = NETWORKS[architecture]
    try:
        settings = entry.settings(**arguments)
    except TypeError as error:
        raise ModelFormatError(
            f"The architecture {architecture!r} takes other arguments ({error})."
        ) from error
    return entry.network(channels, outputs, settings)


def as_network(module: nn.Module) -> Network:
    """Type a module from the table as the network it is."""
    return cast("Network", module)


def count_parameters(module: nn.Module) -> tuple[int, int]:
    """Count numbers as Keras does: (total, trainable).

    Total includes the running means and variances of batch normalisation.
    """
    trainable = sum(p.numel() for p in module.parameters())
    running = sum(b.numel() for b in module.buffers() if b.ndim)
    return trainable + running, trainable
