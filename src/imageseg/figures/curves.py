"""What probabilities are worth: threshold curves and reliability."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from imageseg.classes import ClassDef, ClassScheme
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
    legend_height,
    new_figure,
    write_at,
)
from imageseg.metrics import ProbabilityCounts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from imageseg.metrics.probabilities import Reliability, ThresholdCurve

_SIDE = 2.5  # inches
_LEFT, _BELOW = 0.55, 0.45
_GAP, _SHARES = 0.3, 0.6  # above the plot of shares, and its height
_WIDTH = 2 * (_LEFT + _SIDE) + MARGIN
_NOTE = "● largest Dice on these images; on others it lies elsewhere"


def threshold_figure(counts: ProbabilityCounts, scheme: ClassScheme) -> Figure:
    """Draw precision over recall, and recall over false positive rate, by class.

    Classes that are nowhere annotated are left out. A point marks the threshold with
    the largest Dice.

    Parameters
    ----------
    counts
        Of all images.
    scheme
        Names and colours.
    """
    curves = {
        c: counts.curve(c.id) for c in scheme if counts.counts[c.id - 1, :, 1].any()
    }
    keys = [Key(_curve_text(c, curve), c.colour) for c, curve in curves.items()]
    above = MARGIN + legend_height([keys], _WIDTH - 2 * MARGIN) + LINE + 0.15
    figure = new_figure(_WIDTH, above + _SIDE + _BELOW)
    draw_legend(figure, [keys], MARGIN, MARGIN, _WIDTH - 2 * MARGIN)
    write_at(figure, MARGIN, above - LINE - 0.15, _NOTE, colour=FAINT)
    precision = _square(figure, _LEFT, above, ("recall", "precision"))
    rates = _square(figure, 2 * _LEFT + _SIDE, above, ("false positive rate", "recall"))
    rates.plot([0, 1], [0, 1], ":", color=FAINT, lw=0.8)
    for c, curve in curves.items():
        best = int(np.searchsorted(curve.thresholds, curve.best))
        for axes, x, y in (
            (precision, curve.recall, curve.precision),
            (rates, curve.false_positive_rate, curve.recall),
        ):
            axes.plot(x, y, color=c.colour, lw=1.4, clip_on=False)
            axes.plot(x[best], y[best], "o", color=c.colour, ms=4, clip_on=False)
    return figure


def reliability_figure(counts: ProbabilityCounts, scheme: ClassScheme) -> Figure:
    """Draw the observed share of each class over its predicted probability.

    On the diagonal probabilities can be taken at their word. Below stands how many
    pixels have them.

    Parameters
    ----------
    counts, scheme
        As in `threshold_figure`.
    """
    found = {c: counts.reliability(c.id) for c in scheme}
    keys = [Key(_reliability_text(c, r), c.colour) for c, r in found.items()]
    width = _LEFT + _SIDE + 2 * MARGIN
    above = MARGIN + legend_height([keys], width - 2 * MARGIN) + 0.15
    figure = new_figure(width, above + _SIDE + _GAP + _SHARES + _BELOW)
    draw_legend(figure, [keys], MARGIN, MARGIN, width - 2 * MARGIN)
    axes = _square(figure, _LEFT, above, ("", "observed share"))
    axes.plot([0, 1], [0, 1], ":", color=FAINT, lw=0.8)
    size = (_SIDE, _SHARES)
    shares = axes_at(figure, _LEFT, above + _SIDE + _GAP, size)
    for c, reliability in found.items():
        _draw_reliability(axes, shares, c.colour, reliability)
    _finish(shares, ("predicted probability", "pixel share"))
    shares.set(xlim=(0, 1), ylim=(0, 1))
    return figure


def _draw_reliability(
    axes: Axes, shares: Axes, colour: str, reliability: Reliability
) -> None:
    known = reliability.pixels > 0
    x, y = reliability.predicted[known], reliability.observed[known]
    axes.plot(x, y, "o-", color=colour, ms=3.5, lw=1.2, clip_on=False)
    edges = np.linspace(0, 1, len(reliability.pixels) + 1)
    part = reliability.pixels / max(reliability.pixels.sum(), 1)
    shares.stairs(part, edges, color=colour, lw=1.2)


def _square(figure: Figure, left: float, top: float, names: tuple[str, str]) -> Axes:
    axes = axes_at(figure, left, top, (_SIDE, _SIDE))
    _finish(axes, names)
    axes.set(xlim=(0, 1), ylim=(0, 1))
    return axes


def _finish(axes: Axes, names: tuple[str, str]) -> None:
    clear_spines(axes)
    axes.set_xlabel(names[0], size=FONT, color=INK)
    axes.set_ylabel(names[1], size=FONT, color=INK)


def _curve_text(c: ClassDef, curve: ThresholdCurve) -> str:
    area = curve.area_under_roc
    shown = "" if np.isnan(area) else f"ROC area {area:.3f}, "
    return f"{c.name}: {shown}best from p ≥ {curve.best:.2f}"


def _reliability_text(c: ClassDef, reliability: Reliability) -> str:
    known = reliability.pixels.any()
    return f"{c.name}: error {reliability.error:.3f}" if known else c.name
