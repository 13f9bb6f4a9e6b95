"""The U-Net for satellite pictures of the Python package keras-unet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from imageseg.architectures.fields import Filters
from imageseg.architectures.graph import Builder, Graph
from imageseg.settings import Checked, Setting

_QUICK = 0.99  # Keras' momentum of 0.01: the statistics are nearly the last batch's


@dataclass(frozen=True, slots=True, kw_only=True)
class SatelliteSettings(Checked):
    """The shape of keras-unet's satellite U-Net; every level is equally wide."""

    filters: Filters = 64
    blocks: Annotated[
        int,
        Setting(
            label="Blocks",
            help="How often the image is halved, after a first time.",
            minimum=1,
            maximum=6,
        ),
    ] = 4


def satellite(channels: int, outputs: int, settings: SatelliteSettings) -> Graph:
    """Write down keras-unet's `satellite_unet`."""
    g = Builder(channels)
    width = settings.filters
    x = g.add("conv", g.input, **_convolution(width))
    top = _unit(g, x, width)
    x = g.add("max_pool", _unit(g, top, width), size=2)
    skips = []
    for _ in range(settings.blocks):
        skips.append(_unit(g, _unit(g, x, width), width))
        x = g.add("max_pool", _unit(g, skips[-1], width), size=2)
    x = _unit(g, _unit(g, x, width), width)
    for skip in [*reversed(skips), top]:
        x = g.add("batch_norm", x, momentum=_QUICK)
        x = g.add(
            "conv_transpose", x, stride=2, output_padding=1, **_convolution(width)
        )
        x = g.add("concat", x, skip)
        x = _unit(g, _unit(g, x, width * 3 // 2), width)
    return g.graph(g.add("conv", x, filters=outputs, kernel=1))


def _unit(g: Builder, x: str, width: int) -> str:
    """Normalise, convolve, rectify."""
    x = g.add("batch_norm", x, momentum=_QUICK)
    return g.add("conv", x, **_convolution(width))


def _convolution(width: int) -> dict[str, Any]:
    return {"filters": width, "kernel": 3, "activation": "relu", "init": "he_normal"}
