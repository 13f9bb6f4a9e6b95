"""Predicted class fractions over annotated ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from imageseg.classes import ClassDef, ClassScheme
from imageseg.figures.pictures import subject
from imageseg.figures.style import (
    FAINT,
    FONT,
    INK,
    LINE,
    MARGIN,
    axes_at,
    clear_spines,
    fitted,
    new_figure,
    write_at,
)
from imageseg.metrics import DensityAgreement

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SIDE = 2.3  # inches
_LEFT, _ABOVE, _BELOW = 0.6, MARGIN + 3 * LINE, 0.5
_COLUMNS = 3
_NARROWEST = 0.1  # of the axes, in fractions


def agreement_figure(
    true: NDArray[Any], predicted: NDArray[Any], scheme: ClassScheme
) -> Figure:
    """Plot one point an image for each class, with the line of equality.

    Of two classes only the open one, else the second: the other's errors are the same.

    Parameters
    ----------
    true, predicted
        (images, K) fractions; NaN where nothing is annotated.
    scheme
        The K classes.
    """
    classes = [subject(scheme)] if len(scheme) == 2 else list(scheme)
    columns, rows = min(len(classes), _COLUMNS), -(-len(classes) // _COLUMNS)
    cell = (_LEFT + _SIDE + MARGIN, _ABOVE + _SIDE + _BELOW)
    figure = new_figure(cell[0] * columns, cell[1] * rows)
    for i, c in enumerate(classes):
        place = (cell[0] * (i % _COLUMNS), cell[1] * (i // _COLUMNS))
        _draw(figure, place, c, (true[:, c.id - 1], predicted[:, c.id - 1]))
    return figure


def _draw(
    figure: Figure,
    place: tuple[float, float],
    c: ClassDef,
    pair: tuple[NDArray[Any], NDArray[Any]],
) -> None:
    left, top = place[0] + _LEFT, place[1] + MARGIN
    agreement = DensityAgreement.of(*pair)
    write_at(figure, left, top, fitted(c.name, _SIDE))
    write_at(figure, left, top + LINE, *_notes(agreement), colour=FAINT)
    axes = axes_at(figure, left, place[1] + _ABOVE + 0.05, (_SIDE, _SIDE))
    limits = _limits(np.concatenate(pair))
    axes.plot(limits, limits, ":", color=FAINT, lw=0.8)
    axes.plot(*pair, "o", color=c.colour, ms=4, mew=0, alpha=0.7, clip_on=False)
    axes.set(xlim=limits, ylim=limits)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    clear_spines(axes)
    axes.set_xlabel("annotated fraction", size=FONT, color=INK)
    axes.set_ylabel("predicted fraction", size=FONT, color=INK)


def _notes(agreement: DensityAgreement) -> tuple[str, str]:
    r2 = "none" if np.isnan(agreement.r2) else f"{agreement.r2:.3f}"
    return (
        f"n = {agreement.n}, bias {agreement.bias:+.3f}, MAE {agreement.mae:.3f}",
        f"RMSE {agreement.rmse:.3f}, R² {r2}",
    )


def _limits(values: NDArray[Any]) -> tuple[float, float]:
    """Return where the values lie, with some room, within 0 to 1."""
    known = values[np.isfinite(values)]
    if not known.size:
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    room = max(0.05 * (high - low), (_NARROWEST - (high - low)) / 2)
    return max(low - room, 0.0), min(high + room, 1.0)
