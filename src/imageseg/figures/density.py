"""Density tables as plots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from imageseg.classes import ClassScheme, default_colours
from imageseg.errors import SettingsError
from imageseg.figures.style import (
    FAINT,
    FONT,
    INK,
    LINE,
    MARGIN,
    Key,
    axes_at,
    clear_spines,
    draw_legend,
    fitted,
    legend_height,
    new_figure,
    plain,
    text_width,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Style = Literal["auto", "bars", "strips"]
"""bars: one bar an image, divided by class; strips: one point an image, a strip a
class, with mean and standard deviation; auto takes bars up to 40 rows."""

_SUFFIX = "_fraction"
_MOST_BARS = 40
_NAMES, _PLOT = 2.2, 4.2  # inches
_STRIP = 0.9
_LABEL = "fraction of the region's pixels"


def density_figure(
    table: pd.DataFrame, scheme: ClassScheme | None = None, *, style: Style = "auto"
) -> Figure:
    """Plot the class fractions of a density table.

    Parameters
    ----------
    table
        As `density_table` returns it: a row an image, columns ``CLASS_fraction``;
        rows without numbers are left out.
    scheme
        Gives names and colours; without it those of new schemes are taken.
    style
        Bars or strips.

    Raises
    ------
    SettingsError
        The table has no fractions.
    """
    shares = fractions(table)
    keys = _keys(shares, scheme)
    bars = style == "bars" or (style == "auto" and len(shares) <= _MOST_BARS)
    return _bars(shares, keys) if bars else _strips(shares, keys)


def fractions(table: pd.DataFrame) -> pd.DataFrame:
    """Return the fractions by class (columns) and by image and region (index).

    Raises
    ------
    SettingsError
        The table has none.
    """
    columns = [c for c in map(str, table) if c.endswith(_SUFFIX)]
    shares = table[columns].dropna(how="all")
    if shares.empty:
        names = ", ".join(map(str, table.columns))
        raise SettingsError("density table", names, f"with numbers in CLASS{_SUFFIX}")
    shares.columns = pd.Index([c.removesuffix(_SUFFIX) for c in columns])
    shares.index = pd.Index(_row_names(table.loc[shares.index]))
    return shares.dropna(axis="columns", how="all")  # excluded classes


def _row_names(table: pd.DataFrame) -> list[str]:
    images = table.get("image", pd.Series(range(1, len(table) + 1), table.index))
    names = [str(name).replace("\\", "/").rsplit("/", 1)[-1] for name in images]
    if "region" not in table or table["region"].nunique() < 2:
        return names
    return [f"{n} {r}" for n, r in zip(names, table["region"], strict=True)]


def _keys(shares: pd.DataFrame, scheme: ClassScheme | None) -> list[Key]:
    found = list(shares.columns)
    colours = dict(zip(found, default_colours(len(found)), strict=True))
    for c in scheme or ():
        colours[c.name.strip().replace(" ", "_")] = c.colour
    return [Key(name, colours[name]) for name in found]


def _bars(shares: pd.DataFrame, keys: list[Key]) -> Figure:
    names = [fitted(name, _NAMES) for name in shares.index]
    size = (_PLOT, max(len(shares), 2) * LINE * 1.3)
    figure, axes = _plot(size, max(map(text_width, names)) + 0.1, keys)
    place = np.arange(len(shares))
    start = np.zeros(len(shares))
    for key in keys:
        values = shares[key.text].fillna(0).to_numpy()
        axes.barh(place, values, 0.75, start, color=key.colour)
        start += values
    axes.set_yticks(place, [plain(name) for name in names])
    axes.set(xlim=(0, 1), ylim=(len(shares) - 0.4, -0.6))
    axes.set_xlabel(_LABEL, size=FONT, color=INK)
    axes.tick_params(axis="y", length=0)
    return figure


def _strips(shares: pd.DataFrame, keys: list[Key]) -> Figure:
    size = (max(len(keys), 2) * _STRIP, 2.6)
    figure, axes = _plot(size, 0.6, [])
    rng = np.random.default_rng(0)  # the same picture every time
    for i, key in enumerate(keys):
        values = shares[key.text].dropna().to_numpy()
        spread = rng.uniform(-0.22, 0.22, len(values))
        axes.plot(i + spread, values, "o", ms=2.5, mew=0, alpha=0.6, color=key.colour)
        deviation = values.std(ddof=1) if len(values) > 1 else 0.0
        axes.errorbar(
            i + 0.33,
            values.mean(),
            deviation,
            fmt="_",
            color=INK,
            ms=8,
            lw=1,
            capsize=2,
        )
    names = [plain(fitted(key.text, _STRIP - 0.05)) for key in keys]
    axes.set_xticks(range(len(keys)), names)
    axes.set(ylim=(-0.03, 1.03), xlim=(-0.6, len(keys) - 0.4))
    axes.set_ylabel(_LABEL, size=FONT, color=INK)
    text = f"n = {len(shares)}; bars: mean ± SD"
    axes.set_title(text, size=FONT, color=FAINT, loc="left")
    return figure


def _plot(
    size: tuple[float, float], left: float, keys: list[Key]
) -> tuple[Figure, Axes]:
    """Return a figure with one plot, room for names at its left, a legend above."""
    width = left + size[0] + 2 * MARGIN
    above = MARGIN + legend_height([keys], size[0]) + 0.1
    figure = new_figure(width, above + size[1] + 0.5)
    if keys:
        draw_legend(figure, [keys], left + MARGIN, MARGIN, size[0])
    axes = axes_at(figure, left + MARGIN, above, size)
    clear_spines(axes)
    return figure, axes
