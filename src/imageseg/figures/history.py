"""How a training went: losses and scores by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.ticker import MaxNLocator

from imageseg.errors import SettingsError
from imageseg.figures.style import (
    FAINT,
    FONT,
    INK,
    axes_at,
    clear_spines,
    new_figure,
    plain,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TRAINING, HELD_OUT = "#0072b2", "#d55e00"
_HELD_OUT_NAMES = ("validation_", "val_")
_NO_CURVES = {"epoch", "run", "seconds", "rate", "lr", "learning_rate"}
_SIZE, _LEFT, _TOP, _BELOW = (2.6, 1.9), 0.6, 0.35, 0.45  # inches
_COLUMNS = 3


@dataclass(frozen=True, slots=True)
class Curve:
    """One quantity by epoch, and the columns it stands in.

    Attributes
    ----------
    name
        ``"loss"``, ``"dice"``.
    training, held_out
        Columns of the history; None where there is none.
    """

    name: str
    training: str | None
    held_out: str | None


def history_figure(
    history: pd.DataFrame | Sequence[Any], *, best_epoch: int | None = None
) -> Figure:
    """Plot every loss and score of a history, training and held out together.

    Parameters
    ----------
    history
        Rows as a training reports them, or a table with the column ``epoch``;
        ``validation_X`` and ``val_X`` are drawn beside ``X``.
    best_epoch
        Marked with a line: the epoch whose weights were kept.

    Raises
    ------
    SettingsError
        There is nothing to plot.
    """
    table = pd.DataFrame(history)
    found = curves(table)
    if "epoch" not in table or not found:
        names = ", ".join(map(str, table.columns))
        raise SettingsError("history", names, "a table of losses or scores by epoch")
    columns, rows = min(len(found), _COLUMNS), -(-len(found) // _COLUMNS)
    cell = (_LEFT + _SIZE[0] + 0.15, _TOP + _SIZE[1] + _BELOW)
    figure = new_figure(cell[0] * columns, cell[1] * rows)
    for i, curve in enumerate(found):
        left = cell[0] * (i % _COLUMNS) + _LEFT
        axes = axes_at(figure, left, cell[1] * (i // _COLUMNS) + _TOP, _SIZE)
        draw_curve(axes, table, curve)
        if best_epoch is not None:
            _mark(axes, best_epoch)
    return figure


def curves(table: pd.DataFrame) -> list[Curve]:
    """Pair the columns of training and held-out data; losses come first."""
    numbers = table.select_dtypes("number").dropna(axis="columns", how="all")
    columns = [str(c) for c in numbers if c not in _NO_CURVES]
    names = dict.fromkeys(_quantity(c) for c in columns)
    found = [
        Curve(
            name,
            name if name in columns else None,
            next((p + name for p in _HELD_OUT_NAMES if p + name in columns), None),
        )
        for name in names
    ]
    return sorted(found, key=lambda curve: "loss" not in curve.name)


def draw_curve(axes: Axes, table: pd.DataFrame, curve: Curve) -> None:
    """Draw one quantity into axes; gaps in the table are left out."""
    for column, colour, label in (
        (curve.training, TRAINING, "training"),
        (curve.held_out, HELD_OUT, "held out"),
    ):
        if column is not None:
            known = table[["epoch", column]].dropna()
            marker = "o" if len(known) == 1 else ""
            axes.plot(
                known["epoch"],
                known[column],
                color=colour,
                lw=1.4,
                marker=marker,
                label=label,
            )
    clear_spines(axes)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.set_xlabel("epoch", size=FONT, color=INK)
    axes.set_ylabel(plain(curve.name.replace("_", " ")), size=FONT, color=INK)
    axes.legend(fontsize=FONT, frameon=False, labelcolor=INK, handlelength=1.5)


def _quantity(column: str) -> str:
    prefix = next((p for p in _HELD_OUT_NAMES if column.startswith(p)), "")
    return column.removeprefix(prefix)


def _mark(axes: Axes, epoch: int) -> None:
    """Name the kept epoch above its line, on the side where there is room."""
    left = epoch < sum(axes.get_xlim()) / 2
    axes.axvline(epoch, color=FAINT, lw=0.8, ls=":")
    axes.annotate(
        f"kept: epoch {epoch}",
        (epoch, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="left" if left else "right",
        size=FONT,
        color=FAINT,
    )
