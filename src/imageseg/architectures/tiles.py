"""Small networks that classify square tiles of a photograph as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from imageseg.architectures.fields import Dropout, Filters
from imageseg.architectures.graph import Builder, Graph
from imageseg.settings import Checked, Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile1Settings(Checked):
    """The shape of a tile classifier with one convolution."""

    filters: Filters = 50
    side: Annotated[
        int,
        Setting(
            label="Tile side",
            help="Side of the squares that get one class each.",
            minimum=8,
            maximum=512,
            unit="px",
        ),
    ] = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile2Settings(Tile1Settings):
    """The shape of a tile classifier with one convolution, pooled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile3Settings(Tile1Settings):
    """The shape of a tile classifier with two convolutions."""

    dropout: Dropout = 0.25


def tile1(channels: int, outputs: int, settings: Tile1Settings) -> Graph:
    """Write down one convolution and a dense layer."""
    g = Builder(channels, tile=settings.side)
    return _classified(g, _conv(g, g.input, settings.filters, "valid"), outputs)


def tile2(channels: int, outputs: int, settings: Tile2Settings) -> Graph:
    """Write down one convolution, 3×3 pooling and a dense layer."""
    g = Builder(channels, tile=settings.side)
    x = _conv(g, g.input, settings.filters, "valid")
    return _classified(g, g.add("max_pool", x, size=3), outputs)


def tile3(channels: int, outputs: int, settings: Tile3Settings) -> Graph:
    """Write down two convolutions with dropout, 3×3 pooling and a dense layer."""
    g = Builder(channels, tile=settings.side)
    x = _conv(g, g.input, settings.filters, "same")
    x = g.add("dropout", x, rate=settings.dropout)
    x = _conv(g, g.add("max_pool", x, size=3), 10, "same")
    return _classified(g, g.add("dropout", x, rate=settings.dropout), outputs)


def _conv(g: Builder, x: str, width: int, padding: str) -> str:
    return g.add("conv", x, filters=width, kernel=3, padding=padding, activation="relu")


def _classified(g: Builder, x: str, outputs: int) -> Graph:
    """End in a number a class, also for two classes."""
    return g.graph(g.add("dense", g.add("flatten", x), units=max(outputs, 2)))
