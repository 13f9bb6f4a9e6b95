"""Habitat-Net: an unevenly deep U-Net for canopy and understory photographs."""

from __future__ import annotations

from dataclasses import dataclass

from imageseg.architectures.fields import Filters
from imageseg.architectures.graph import Builder, Graph
from imageseg.settings import Checked

_ENCODER = (3, 4, 4, 2)  # convolutions a level
_BOTTLENECK = 4
_DECODER = (3, 4, 4, 4)  # likewise, from the top


@dataclass(frozen=True, slots=True, kw_only=True)
class HabitatNetSettings(Checked):
    """The shape of Habitat-Net."""

    filters: Filters = 32


def habitatnet(channels: int, outputs: int, settings: HabitatNetSettings) -> Graph:
    """Write down Habitat-Net; levels are unevenly deep.

    Only the first level normalises after its first convolution too.
    """
    g = Builder(channels)
    x, skips = g.input, []
    for level, convolutions in enumerate(_ENCODER):
        width = settings.filters * 2**level
        skip = _stage(g, x, width, convolutions, bare=0 if level == 0 else 1)
        skips.append(skip)
        x = g.add("max_pool", skip, size=2)
    x = _stage(g, x, settings.filters * 16, _BOTTLENECK)
    for level, convolutions in reversed(list(enumerate(_DECODER))):
        width = settings.filters * 2**level
        x = g.add("conv_transpose", x, filters=width, kernel=2, stride=2)
        x = g.add("concat", x, skips[level])
        x = _stage(g, x, width, convolutions)
    return g.graph(g.add("conv", x, filters=outputs, kernel=1))


def _stage(g: Builder, x: str, width: int, convolutions: int, bare: int = 1) -> str:
    """Convolve and rectify; normalise after all but the first `bare`."""
    for i in range(convolutions):
        x = g.add("conv", x, filters=width, kernel=3, activation="relu")
        if i >= bare:
            x = g.add("batch_norm", x)
    return x
