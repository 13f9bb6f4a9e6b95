"""The U-Nets of the R packages imageseg and platypus.

U-Net: Ronneberger, Fischer & Brox (2015), doi 10.1007/978-3-319-24574-4_28.
"""

from __future__ import annotations

from dataclasses import dataclass

from imageseg.architectures.fields import (
    BatchNormalization,
    Blocks,
    Dropout,
    Filters,
    KernelInitializer,
)
from imageseg.architectures.graph import Builder, Graph
from imageseg.settings import Checked, UNetSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatypusSettings(Checked):
    """The shape of a platypus U-Net."""

    filters: Filters = 16
    blocks: Blocks = 4
    dropout: Dropout = 0.1
    batch_normalization: BatchNormalization = True
    kernel_initializer: KernelInitializer = "he_normal"


def unet(channels: int, outputs: int, settings: UNetSettings) -> Graph:
    """Write down imageseg's `u_net`: that of 0.5, or of 0.4 with plain enlarging."""
    g = Builder(channels)
    transposed = settings.decoder == "transpose"
    skip_first = not transposed and settings.layers_per_block == 2  # as 0.4 joins
    x, skips = g.input, []
    for level in range(settings.blocks):
        skip = _block(g, x, settings.filters * 2**level, settings)
        skips.append(skip)
        x = _dropped(g, g.add("max_pool", skip, size=2), settings.dropout)
    x = _block(g, x, settings.filters * 2**settings.blocks, settings)
    for level in reversed(range(settings.blocks)):
        width = settings.filters * 2**level
        x = _enlarged(g, x, width, transposed=transposed)
        skip = skips[level]
        x = g.add("concat", *((skip, x) if skip_first else (x, skip)))
        x = _block(g, _dropped(g, x, settings.dropout), width, settings)
    return g.graph(g.add("conv", x, filters=outputs, kernel=1))


def platypus(channels: int, outputs: int, settings: PlatypusSettings) -> Graph:
    """Write down platypus' `u_net`; it has a map a class, also for two classes."""
    g = Builder(channels)
    x, skips = g.input, []
    for level in range(settings.blocks):
        skip = _block(g, x, settings.filters * 2**level, settings)
        skips.append(skip)
        x = g.add("max_pool", skip, size=2)
        x = g.add("dropout", x, rate=settings.dropout)
    x = _block(g, x, settings.filters * 2**settings.blocks, settings)
    for level in reversed(range(settings.blocks)):
        width = settings.filters * 2**level
        x = g.add("conv_transpose", x, filters=width, kernel=3, stride=2)
        x = g.add("concat", x, skips[level])
        x = g.add("dropout", x, rate=settings.dropout)
        x = _block(g, x, width, settings)
    return g.graph(g.add("conv", x, filters=max(outputs, 2), kernel=1))


def _block(
    g: Builder, x: str, width: int, settings: UNetSettings | PlatypusSettings
) -> str:
    """Convolve, normalise and rectify, two or three times."""
    init = settings.kernel_initializer
    for _ in range(getattr(settings, "layers_per_block", 2)):
        x = g.add("conv", x, filters=width, kernel=3, init=init)
        if settings.batch_normalization:
            x = g.add("batch_norm", x)
        x = g.add("activation", x, kind="relu")
    return x


def _enlarged(g: Builder, x: str, width: int, *, transposed: bool) -> str:
    if not transposed:
        return g.add("upsample", x, factor=2)
    return g.add("conv_transpose", x, filters=width, kernel=2, stride=2)


def _dropped(g: Builder, x: str, rate: float) -> str:
    return g.add("dropout", x, rate=rate) if rate else x
