"""U-Nets without batch normalisation: r-tensorflow's, Lab 10's and zhixuhao's.

U-Net: Ronneberger, Fischer & Brox (2015), doi 10.1007/978-3-319-24574-4_28.
"""

from __future__ import annotations

from dataclasses import dataclass

from imageseg.architectures.fields import Blocks, Dropout, Filters
from imageseg.architectures.graph import Builder, Graph
from imageseg.settings import Checked


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassicSettings(Checked):
    """The shape of a classic U-Net; dropout stands before the bottleneck."""

    filters: Filters = 64
    blocks: Blocks = 4
    dropout: Dropout = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab10Settings(Checked):
    """The shape of the U-Net of Lab 10; dropout stands inside the blocks."""

    filters: Filters = 16
    blocks: Blocks = 4
    dropout: Dropout = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class ZhixuhaoSettings(Checked):
    """The shape of zhixuhao's U-Net; dropout stands at its two deepest levels."""

    filters: Filters = 64
    dropout: Dropout = 0.5


def classic(channels: int, outputs: int, settings: ClassicSettings) -> Graph:
    """Write down r-tensorflow's `unet`."""
    return _plain(channels, outputs, settings, inside=0.0)


def lab10(channels: int, outputs: int, settings: Lab10Settings) -> Graph:
    """Write down the U-Net of Lab 10.

    It has no rescaling layer: images come as 0 to 1 here.
    """
    return _plain(channels, outputs, settings, inside=settings.dropout)


def zhixuhao(channels: int, outputs: int, settings: ZhixuhaoSettings) -> Graph:
    """Write down zhixuhao's `unet`, which enlarges plainly and then convolves 2×2."""
    g = Builder(channels)
    x, skips = g.input, []
    for level in range(4):
        skip = _pair(g, x, settings.filters * 2**level)
        if level == 3:
            skip = g.add("dropout", skip, rate=settings.dropout)
        skips.append(skip)
        x = g.add("max_pool", skip, size=2)
    x = _pair(g, x, settings.filters * 16)
    x = g.add("dropout", x, rate=settings.dropout)
    for level in reversed(range(4)):
        width = settings.filters * 2**level
        x = g.add("upsample", x, factor=2)
        x = _conv(g, x, width, kernel=2)
        x = g.add("concat", skips[level], x)
        x = _pair(g, x, width)
    x = _conv(g, x, 2)
    return g.graph(g.add("conv", x, filters=outputs, kernel=1))


def _plain(
    channels: int,
    outputs: int,
    settings: ClassicSettings | Lab10Settings,
    *,
    inside: float,
) -> Graph:
    g = Builder(channels)
    x, skips = g.input, []
    for level in range(settings.blocks):
        skip = _pair(g, x, settings.filters * 2**level, inside)
        skips.append(skip)
        x = g.add("max_pool", skip, size=2)
    if settings.dropout:
        x = g.add("dropout", x, rate=settings.dropout)
    x = _pair(g, x, settings.filters * 2**settings.blocks)
    for level in reversed(range(settings.blocks)):
        width = settings.filters * 2**level
        x = g.add("conv_transpose", x, filters=width, kernel=2, stride=2)
        x = g.add("concat", skips[level], x)
        x = _pair(g, x, width, inside)
    return g.graph(g.add("conv", x, filters=outputs, kernel=1))


def _pair(g: Builder, x: str, width: int, dropout: float = 0.0) -> str:
    x = _conv(g, x, width)
    if dropout:
        x = g.add("dropout", x, rate=dropout)
    return _conv(g, x, width)


def _conv(g: Builder, x: str, width: int, kernel: int = 3) -> str:
    return g.add(
        "conv", x, filters=width, kernel=kernel, activation="relu", init="he_normal"
    )
