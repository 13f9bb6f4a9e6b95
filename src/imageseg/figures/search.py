"""What a search has found: the score of every trial against what was varied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.ticker import NullFormatter
from numpy.typing import NDArray

from imageseg.errors import SettingsError
from imageseg.figures.style import (
    FAINT,
    FONT,
    INK,
    axes_at,
    clear_spines,
    fitted,
    new_figure,
    plain,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SIZE, _LEFT, _TOP, _BELOW = (2.6, 1.9), 0.65, 0.35, 0.65  # inches
_COLUMNS = 3
_POINT, _BEST = "#0072b2", "#d55e00"
_SPREAD = 0.15
_LOG_FROM = 20.0  # a range of numbers this wide is drawn by its logarithms
_FEW = 5
_NAME = 0.7  # inches


def search_figure(
    table: pd.DataFrame, names: Sequence[str], *, score: str = "validation_dice"
) -> Figure:
    """Plot the trials in their order, and beside it against each thing varied.

    Parameters
    ----------
    table
        One row a trial, with the columns ``trial``, ``rank`` and ``state``, that of
        the score and those of `names`.
    names
        What was varied.
    score
        Column of the score; a loss is better low, others high.

    Raises
    ------
    SettingsError
        No trial has a score.
    """
    known = table[table["rank"].notna()]
    if known.empty:
        raise SettingsError("trials with a score", 0, "at least 1")
    shown = [name for name in names if known[name].notna().any()]
    count = 1 + len(shown)
    columns, rows = min(count, _COLUMNS), -(-count // _COLUMNS)
    cell = (_LEFT + _SIZE[0] + 0.15, _TOP + _SIZE[1] + _BELOW)
    figure = new_figure(cell[0] * columns, cell[1] * rows)
    for i in range(count):
        left = cell[0] * (i % _COLUMNS) + _LEFT
        axes = axes_at(figure, left, cell[1] * (i // _COLUMNS) + _TOP, _SIZE)
        if i == 0:
            _draw_order(axes, known.sort_values("trial"), score)
        else:
            _draw_against(axes, known, shown[i - 1], score)
        clear_spines(axes)
    return figure


def _draw_order(axes: Axes, table: pd.DataFrame, score: str) -> None:
    values = table[score].to_numpy(float)
    better = np.fmin if score.endswith("loss") else np.fmax
    axes.plot(table["trial"], values, "o", color=_POINT, ms=3.5, mew=0, alpha=0.6)
    axes.plot(
        table["trial"],
        better.accumulate(values),
        color=_BEST,
        lw=1.4,
        drawstyle="steps-post",
    )
    axes.set_xlabel("trial", size=FONT, color=INK)
    axes.set_ylabel(_label(score), size=FONT, color=INK)
    best = table.loc[table["rank"] == table["rank"].min(), score].iloc[0]
    title = f"n = {len(table)}; best {best:.4g}"
    axes.set_title(title, size=FONT, color=FAINT, loc="left")


def _draw_against(axes: Axes, table: pd.DataFrame, name: str, score: str) -> None:
    own = table[table[name].notna()]
    best = own["rank"] == own["rank"].min()
    if _are_numbers(own[name]):
        at = own[name].to_numpy(float)
        _scale(axes, at)
    else:
        at = _places(axes, own[name])
    values = own[score].to_numpy(float)
    axes.plot(at[~best], values[~best], "o", color=_POINT, ms=3.5, mew=0, alpha=0.6)
    axes.plot(at[best], values[best], "o", color=_BEST, ms=5, mew=0)
    axes.set_xlabel(plain(name.replace("_", " ")), size=FONT, color=INK)


def _scale(axes: Axes, at: NDArray[np.float64]) -> None:
    """Mark the numbers themselves if they are few; wide ranges by their logarithms."""
    if at.min() > 0 and at.max() / at.min() >= _LOG_FROM:
        axes.set_xscale("log")
        axes.xaxis.set_minor_formatter(NullFormatter())
    elif len(np.unique(at)) <= _FEW:
        axes.set_xticks(np.unique(at))


def _places(axes: Axes, values: pd.Series[Any]) -> NDArray[np.float64]:
    """Give each word its place on the axis, points beside each other."""
    words = sorted(set(values.astype(str)))
    labels = [plain(fitted(word, _NAME)) for word in words]
    axes.set_xticks(range(len(words)), labels)
    if len(words) > 3:
        axes.tick_params(axis="x", rotation=30)
    axes.set_xlim(-0.5, len(words) - 0.5)
    rng = np.random.default_rng(0)  # the same picture every time
    at = np.array([words.index(str(value)) for value in values], float)
    return at + rng.uniform(-_SPREAD, _SPREAD, len(at))


def _are_numbers(values: pd.Series[Any]) -> bool:
    return all(
        isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
        for value in values
    )


def _label(score: str) -> str:
    names = {
        "validation_dice": "mean Dice, held out",
        "validation_loss": "loss, held out",
    }
    return names.get(score, plain(score))
