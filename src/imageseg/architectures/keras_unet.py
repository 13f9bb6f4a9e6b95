"""The U-Nets of the Python package keras-unet: vanilla, custom, and in 3-D.

U-Net: Ronneberger, Fischer & Brox (2015), doi 10.1007/978-3-319-24574-4_28;
3-D: Çiçek et al. (2016), doi 10.1007/978-3-319-46723-8_49;
attention gates: Oktay et al. (2018), arXiv 1804.03999.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from imageseg.architectures.fields import (
    BatchNormalization,
    Blocks,
    Decoder,
    Dropout,
    Filters,
)
from imageseg.architectures.graph import Builder, Graph
from imageseg.settings import Checked, Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class VanillaSettings(Checked):
    """The shape of a U-Net without padding; dropout stands before the bottleneck."""

    filters: Filters = 64
    blocks: Blocks = 4
    dropout: Dropout = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomSettings(Checked):
    """The shape of keras-unet's adjustable U-Net."""

    filters: Filters = 16
    blocks: Blocks = 4
    activation: Annotated[
        Literal["relu", "elu", "leaky_relu", "selu", "tanh"],
        Setting(label="Activation", help="What follows a convolution.", advanced=True),
    ] = "relu"
    batch_normalization: BatchNormalization = True
    dropout: Dropout = 0.3
    dropout_change: Annotated[
        float,
        Setting(
            label="Dropout change",
            help="What is added to the dropout at each level down.",
            minimum=-0.9,
            maximum=0.9,
            step=0.05,
            advanced=True,
        ),
    ] = 0.0
    dropout_type: Annotated[
        Literal["spatial", "standard"],
        Setting(
            label="Dropout type",
            help="Drop whole maps or single values.",
            advanced=True,
        ),
    ] = "spatial"
    dropout_on_upsampling: Annotated[
        bool,
        Setting(
            label="Decoder dropout",
            help="Drop features on the way up too.",
            advanced=True,
        ),
    ] = False
    attention: Annotated[
        bool,
        Setting(label="Attention", help="Weigh the encoder's features by gates."),
    ] = False
    decoder: Decoder = "transpose"


@dataclass(frozen=True, slots=True, kw_only=True)
class UNet3DSettings(CustomSettings):
    """The shape of keras-unet's U-Net of volumes."""


def vanilla(channels: int, outputs: int, settings: VanillaSettings) -> Graph:
    """Write down keras-unet's `vanilla_unet`, whose layers pad nothing."""
    g = Builder(channels)
    x, skips = g.input, []
    for level in range(settings.blocks):
        skip = _unpadded_pair(g, x, settings.filters * 2**level)
        skips.append(skip)
        x = g.add("max_pool", skip, size=2)
    if settings.dropout:
        x = g.add("dropout", x, rate=settings.dropout)
    x = _unpadded_pair(g, x, settings.filters * 2**settings.blocks)
    for level in reversed(range(settings.blocks)):
        width = settings.filters * 2**level
        x = g.add(
            "conv_transpose", x, filters=width, kernel=2, stride=2, padding="valid"
        )
        x = g.add("concat", x, g.add("crop_to", skips[level], x))
        x = _unpadded_pair(g, x, width)
    return g.graph(g.add("conv", x, filters=outputs, kernel=1))


def custom(channels: int, outputs: int, settings: CustomSettings) -> Graph:
    """Write down keras-unet's `custom_unet`."""
    return _adjustable(Builder(channels), outputs, settings)


def unet3d(channels: int, outputs: int, settings: UNet3DSettings) -> Graph:
    """Write down keras-unet's `custom_vnet`, a U-Net of volumes."""
    return _adjustable(Builder(channels, dims=3), outputs, settings)


def _adjustable(g: Builder, outputs: int, settings: CustomSettings) -> Graph:
    x, skips = g.input, []
    for level in range(settings.blocks):
        skip = _block(g, x, level, settings, _rate(settings, level))
        skips.append(skip)
        x = g.add("max_pool", skip, size=2)
    deepest = _rate(settings, settings.blocks)
    x = _block(g, x, settings.blocks, settings, deepest)
    for level in reversed(range(settings.blocks)):
        x = _enlarged(g, x, settings.filters * 2**level, settings)
        x = g.add("concat", x, _skip(g, skips[level], x, level, settings))
        rate = _rate(settings, level) if settings.dropout_on_upsampling else 0.0
        x = _block(g, x, level, settings, rate)
    return g.graph(g.add("conv", x, filters=outputs, kernel=1))


def _rate(settings: CustomSettings, level: int) -> float:
    """Dropout of a level, between nothing and 0.9."""
    return min(max(settings.dropout + level * settings.dropout_change, 0.0), 0.9)


def _block(
    g: Builder, x: str, level: int, settings: CustomSettings, dropout: float
) -> str:
    kind = "spatial_dropout" if settings.dropout_type == "spatial" else "dropout"
    x = _unit(g, x, level, settings)
    if dropout:
        x = g.add(kind, x, rate=dropout)
    return _unit(g, x, level, settings)


def _unit(g: Builder, x: str, level: int, settings: CustomSettings) -> str:
    """Convolve, activate, normalise: the bias is the normalisation's business."""
    x = g.add(
        "conv",
        x,
        filters=settings.filters * 2**level,
        kernel=3,
        activation=settings.activation,
        bias=not settings.batch_normalization,
        init="he_normal",
    )
    return g.add("batch_norm", x) if settings.batch_normalization else x


def _enlarged(g: Builder, x: str, width: int, settings: CustomSettings) -> str:
    if settings.decoder == "upsample":
        return g.add("upsample", x, factor=2)
    return g.add("conv_transpose", x, filters=width, kernel=2, stride=2)


def _skip(
    g: Builder, skip: str, below: str, level: int, settings: CustomSettings
) -> str:
    """Return the encoder's features, weighed by a gate if asked for."""
    if not settings.attention:
        return skip
    plain = settings.decoder == "upsample"
    width = settings.filters * 2 ** (level + plain)  # the channels of `below`
    signal = g.add("conv", skip, filters=width, kernel=1)
    gate = g.add("add", signal, g.add("conv", below, filters=width, kernel=1))
    gate = g.add("activation", gate, kind="relu")
    gate = g.add("conv", gate, filters=1, kernel=1)
    gate = g.add("activation", gate, kind="sigmoid")
    return g.add("multiply", skip, gate)


def _unpadded_pair(g: Builder, x: str, width: int) -> str:
    for _ in range(2):
        x = g.add(
            "conv",
            x,
            filters=width,
            kernel=3,
            padding="valid",
            activation="relu",
            init="he_normal",
        )
    return x
