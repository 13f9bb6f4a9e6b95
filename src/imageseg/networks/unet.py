"""The U-Net of the R package imageseg, with all its arguments.

Graph as in imageseg 0.5.2 (`u_net`); `decoder="upsample"` is that of 0.4.0.
U-Net: Ronneberger, Fischer & Brox (2015), doi 10.1007/978-3-319-24574-4_28.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from imageseg.settings import UNetSettings

if TYPE_CHECKING:
    from collections.abc import Callable

_TRUNCATION = 0.87962566103423978  # std of a normal cut at two sigma
_EPSILON, _MOMENTUM = 1e-3, 0.01  # Keras' epsilon; its momentum is 0.99


class UNet(nn.Module):
    """Encoder, bottleneck and decoder with skip connections.

    Takes (N, C, Y, X) with sides that are multiples of ``2 ** blocks`` and
    gives logits (N, outputs, Y, X).

    Parameters
    ----------
    channels
        Image channels.
    outputs
        Output maps: 1 for two classes, else one a class.
    settings
        imageseg's arguments.
    """

    def __init__(self, channels: int, outputs: int, settings: UNetSettings) -> None:
        super().__init__()
        widths = [settings.filters * 2**level for level in range(settings.blocks + 1)]
        self.settings = settings
        self.stride = 2**settings.blocks
        self.halo = _halo(settings.blocks, settings.layers_per_block)
        self.encoder = nn.ModuleList(
            _block(before, width, settings)
            for before, width in zip([channels, *widths], widths, strict=False)
        )
        self.up = nn.ModuleList(
            _upsampler(width, settings) for width in reversed(widths[:-1])
        )
        self.decoder = nn.ModuleList(
            _block(width + _upsampled(width, settings), width, settings)
            for width in reversed(widths[:-1])
        )
        self.head = nn.Conv2d(widths[0], outputs, 1)
        self.pool = nn.MaxPool2d(2)
        self.dropout = nn.Dropout(settings.dropout)
        self.apply(_initialiser(settings.kernel_initializer))

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (N, outputs, Y, X) for images (N, C, Y, X)."""
        x = images
        skips = []
        for level, block in enumerate(self.encoder):
            x = block(self.dropout(self.pool(x)) if level else x)
            skips.append(x)
        skips.pop()  # the bottleneck is no skip
        for up, block in zip(self.up, self.decoder, strict=True):
            x = block(self.dropout(self._join(up(x), skips.pop())))
        logits: Tensor = self.head(x)
        return logits

    def _join(self, upsampled: Tensor, skip: Tensor) -> Tensor:
        """Concatenate in the order of the original, which weight files depend on."""
        old = self.settings.decoder == "upsample"
        skip_first = old and self.settings.layers_per_block == 2
        return torch.cat([skip, upsampled] if skip_first else [upsampled, skip], dim=1)


def _block(before: int, width: int, settings: UNetSettings) -> nn.Sequential:
    layers: list[nn.Module] = []
    for _ in range(settings.layers_per_block):
        layers.append(nn.Conv2d(before, width, 3, padding=1))
        if settings.batch_normalization:
            layers.append(nn.BatchNorm2d(width, eps=_EPSILON, momentum=_MOMENTUM))
        layers.append(nn.ReLU(inplace=True))
        before = width
    return nn.Sequential(*layers)


def _upsampler(width: int, settings: UNetSettings) -> nn.Module:
    if settings.decoder == "upsample":
        return nn.Upsample(scale_factor=2, mode="nearest")
    return nn.ConvTranspose2d(2 * width, width, 2, stride=2)


def _upsampled(width: int, settings: UNetSettings) -> int:
    """Channels that leave the upsampler of a level."""
    return 2 * width if settings.decoder == "upsample" else width


def _initialiser(name: str) -> Callable[[nn.Module], None]:
    """Return Keras' initialisation: `name` for 3×3 kernels, Glorot for the rest."""

    def initialise(module: nn.Module) -> None:
        if not isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            return
        inner = isinstance(module, nn.Conv2d) and module.kernel_size == (3, 3)
        _fill(module.weight, name if inner else "glorot_uniform")
        if module.bias is not None:
            nn.init.zeros_(module.bias)

    return initialise


def _fill(weight: Tensor, name: str) -> None:
    """Draw a kernel as Keras' initialisers do (truncated normals included)."""
    fan_in, fan_out = nn.init._calculate_fan_in_and_fan_out(weight)  # noqa: SLF001  no public twin
    scale = 2.0 / fan_in if name.startswith("he") else 2.0 / (fan_in + fan_out)
    if name.endswith("uniform"):
        bound = (3.0 * scale) ** 0.5
        nn.init.uniform_(weight, -bound, bound)
    else:
        std = scale**0.5 / _TRUNCATION
        nn.init.trunc_normal_(weight, std=std, a=-2 * std, b=2 * std)


def _halo(blocks: int, layers: int) -> int:
    """Return how far an input pixel can reach, rounded up to the stride.

    The span of inputs behind one output is followed down the decoder and the
    encoder, in the worst position of the pooling grid.
    """
    stride = 1 << blocks
    reach = max(_reach(offset, blocks, layers) for offset in range(stride))
    return -(-reach // stride) * stride


def _reach(offset: int, blocks: int, layers: int) -> int:
    """Return the farthest input pixel behind the output pixel at `offset`."""
    low = high = offset
    for _ in range(blocks):  # decoder, output to bottleneck
        low, high = (low - layers) // 2, (high + layers) // 2
    low, high = low - layers, high + layers
    for _ in range(blocks):  # encoder, bottleneck to input
        low, high = 2 * low - layers, 2 * high + 1 + layers
    return max(offset - low, high - offset)
