"""Scores of several models on the same images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import SettingsError
from imageseg.figures.style import (
    FAINT,
    FONT,
    INK,
    MARGIN,
    axes_at,
    clear_spines,
    fitted,
    new_figure,
    plain,
    text_width,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PLOT = 3.6  # inches
_ROW = 0.38
_NAMES = 2.2
_BELOW, _ABOVE, _RIGHT = 0.5, 0.35, 0.6
_COLOUR = "#0072b2"
_SPREAD = 0.18


def models_figure(
    scores: Mapping[str, Sequence[float]], *, label: str = "mean Dice of the classes"
) -> Figure:
    """Plot a row a model: a point an image, and the mean of them as tick and number.

    Parameters
    ----------
    scores
        Of every image, by name of the model; NaN is left out.
    label
        What is scored, 0 to 1.

    Raises
    ------
    SettingsError
        There is no model.
    """
    if not scores:
        raise SettingsError("models to compare", 0, "at least 1")
    names = [fitted(name, _NAMES) for name in scores]
    left = max(map(text_width, names)) + 0.15 + MARGIN
    height = len(names) * _ROW
    figure = new_figure(left + _PLOT + _RIGHT, _ABOVE + height + _BELOW)
    axes = axes_at(figure, left, _ABOVE, (_PLOT, height))
    known = [np.asarray(v, float)[np.isfinite(v)] for v in scores.values()]
    for row, values in enumerate(known):
        _draw_row(axes, row, values)
    lowest = min((float(v.min()) for v in known if v.size), default=0.0)
    start = min(np.floor(lowest * 10) / 10, 0.9)
    axes.set(xlim=(start, 1), ylim=(len(names) - 0.5, -0.5))
    axes.set_yticks(range(len(names)), [plain(name) for name in names])
    clear_spines(axes)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(label, size=FONT, color=INK)
    images = max(map(len, scores.values()))
    text = f"n = {images}; point: image, tick: mean"
    axes.set_title(text, size=FONT, color=FAINT, loc="left")
    return figure


def _draw_row(axes: Axes, row: int, values: NDArray[np.float64]) -> None:
    rng = np.random.default_rng(0)  # the same picture every time
    spread = row + rng.uniform(-_SPREAD, _SPREAD, len(values))
    axes.plot(
        values, spread, "o", color=_COLOUR, ms=3.5, mew=0, alpha=0.5, clip_on=False
    )
    if values.size:
        mean = float(values.mean())
        axes.plot([mean, mean], [row - 0.3, row + 0.3], color=INK, lw=1.6)
    text = f"{mean:.3f}" if values.size else "none"
    axes.annotate(
        text,
        (1, row),
        xycoords=("axes fraction", "data"),
        xytext=(8, 0),
        textcoords="offset points",
        va="center",
        size=FONT,
        color=INK,
    )
