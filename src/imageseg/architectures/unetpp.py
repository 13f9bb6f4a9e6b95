"""U-Net++: nested skip connections.

Zhou et al. (2018), doi 10.1007/978-3-030-00889-5_1; layers as in the R package
imageseg (`u_net_plusplus`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from imageseg.architectures.fields import Filters
from imageseg.architectures.graph import Builder, Graph
from imageseg.settings import Checked, Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class UNetPlusPlusSettings(Checked):
    """The shape of a U-Net++."""

    filters: Filters = 16
    blocks: Annotated[
        int,
        Setting(
            label="Blocks", help="How often the image is halved.", minimum=1, maximum=5
        ),
    ] = 4
    deep_supervision: Annotated[
        bool,
        Setting(
            label="Deep supervision",
            help="Learn from the maps of the shallower nets inside it too.",
        ),
    ] = False
    compat: Annotated[
        bool,
        Setting(
            label="As in imageseg",
            help="Leave out the convolution after each joining, as models of "
            "imageseg 0.5 do.",
            advanced=True,
        ),
    ] = False


def unetpp(channels: int, outputs: int, settings: UNetPlusPlusSettings) -> Graph:
    """Write down a U-Net++, correct or as imageseg shipped it."""
    g = Builder(channels)
    rows: list[list[str]] = []  # rows[i][j] is node X(i, j)
    x = g.input
    for level in range(settings.blocks + 1):
        if level:
            x = g.add("max_pool", x, size=2)
        x = _unit(
            g, _unit(g, x, settings.filters * 2**level), settings.filters * 2**level
        )
        rows.append([x])
    for j in range(1, settings.blocks + 1):
        for i in range(settings.blocks + 1 - j):
            rows[i].append(_node(g, rows[i + 1][j - 1], rows[i], i, settings))
    shallow = rows[0][1:-1] if settings.deep_supervision else []
    ends = [rows[0][-1], *reversed(shallow)]
    return g.graph(*(g.add("conv", x, filters=outputs, kernel=1) for x in ends))


def _node(
    g: Builder, below: str, row: list[str], level: int, settings: UNetPlusPlusSettings
) -> str:
    """Enlarge what is below and join it with all nodes of the row, last first."""
    width = settings.filters * 2**level
    x = g.add(
        "conv_transpose",
        below,
        filters=width,
        kernel=3,
        stride=2,
        activation="relu",
        init="he_normal",
    )
    x = g.add("concat", g.add("batch_norm", x), *reversed(row))
    return x if settings.compat else _unit(g, x, width)


def _unit(g: Builder, x: str, width: int) -> str:
    """Convolve, rectify, normalise."""
    x = g.add("conv", x, filters=width, kernel=3, activation="relu", init="he_normal")
    return g.add("batch_norm", x)
