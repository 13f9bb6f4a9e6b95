"""Networks by name, and what their users need to know of them."""

from __future__ import annotations

from typing import Any, Protocol, cast

import torch
from torch import Tensor, nn

from imageseg.architectures import write_graph
from imageseg.networks.network import GraphNetwork


class Network(Protocol):
    """What prediction and training need to know of a network, beside its weights."""

    stride: int
    """Input sides are multiples of this; tiles start at multiples of it."""

    halo: int
    """Pixels around a tile that can change its result; a multiple of `stride`."""

    dims: int
    """2 for planes, 3 for volumes."""

    def __call__(self, images: Tensor) -> Tensor:
        """Map (N, C, Y, X), sides multiples of `stride`, to logits (N, K, Y, X).

        Those of volumes take (N, C, Z, Y, X) and give (N, K, Z, Y, X).
        """


def build_network(
    architecture: str, channels: int, outputs: int, arguments: dict[str, Any]
) -> GraphNetwork:
    """Build a network by name, with random weights.

    See `imageseg.architectures.write_graph` for the parameters.

    Raises
    ------
    ModelFormatError
        The name or an argument is unknown.
    SettingsError
        An argument is out of range.
    """
    return GraphNetwork(write_graph(architecture, channels, outputs, arguments))


def as_network(module: nn.Module) -> Network:
    """Type a module as the network it is."""
    return cast("Network", module)


def memory_order(dims: int) -> torch.memory_format:
    """Return how networks of planes (2) or volumes (3) lay numbers out in memory."""
    return torch.channels_last if dims == 2 else torch.channels_last_3d


def count_parameters(module: nn.Module) -> tuple[int, int]:
    """Count numbers as Keras does: (total, trainable).

    Total includes the running means and variances of batch normalisation.
    """
    trainable = sum(p.numel() for p in module.parameters())
    running = sum(b.numel() for b in module.buffers() if b.ndim)
    return trainable + running, trainable
