"""A bar that says how long things are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from imageseg.figures.style import FONT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from imageseg.units import PixelSize

_LONGEST = 0.25  # of the picture's width
_EDGE, _THICKNESS = 0.04, 0.012  # of the picture's height


def draw_scale_bar(axes: Axes, pixel_size: PixelSize, shape: tuple[int, ...]) -> None:
    """Draw a scale bar at the lower right of a picture of shape (Y, X)."""
    height, width = shape
    axes.set_aspect(pixel_size.y / pixel_size.x)
    length = round_length(width * _LONGEST * pixel_size.x)
    pixels = length / pixel_size.x
    right, bottom = width * (1 - _EDGE) - 0.5, height * (1 - _EDGE) - 0.5
    thickness = height * _THICKNESS
    axes.add_patch(
        Rectangle(
            (right - pixels, bottom - thickness),
            pixels,
            thickness,
            facecolor="white",
            edgecolor="black",
            linewidth=0.5,
        )
    )
    axes.text(
        right - pixels / 2,
        bottom - 1.6 * thickness,
        f"{length:g} {pixel_size.unit}",
        size=FONT,
        color="white",
        ha="center",
        va="bottom",
        path_effects=[withStroke(linewidth=1.5, foreground="black")],
    )


def round_length(longest: float) -> float:
    """Return the largest of 1, 2, 5, 10, 20 … that is no longer."""
    power = 10.0 ** math.floor(math.log10(longest))
    return next(f * power for f in (5, 2, 1) if f * power <= longest * (1 + 1e-9))
