"""What of a difference between two models is an accident of the place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imageseg.metrics import Scores

Counts = NDArray[np.int64]


def dice_where_annotated(matrix: Counts) -> float:
    """Return the mean Dice over the classes that are annotated; NaN if none is.

    A class that is not annotated in a few strokes, but predicted in one pixel of them,
    has a Dice of 0 and would halve the mean.
    """
    dice = Scores(matrix).dice[matrix.sum(1) > 0]
    return float(dice.mean()) if dice.size else float("nan")


def jackknife_error(before: Counts, after: Counts) -> float:
    """Return the standard error of the change of mean Dice over blocks.

    Neighbouring pixels are right or wrong together, so blocks of them are what can be
    counted: the change is computed without each of them in turn (Efron & Tibshirani
    1993, An Introduction to the Bootstrap, eq. 11.5).

    Parameters
    ----------
    before, after
        Confusion matrices (B, K, K) of the same blocks.
    """
    total_before, total_after = before.sum(0), after.sum(0)
    changes = np.array(
        [
            dice_where_annotated(total_after - a)
            - dice_where_annotated(total_before - b)
            for b, a in zip(before, after, strict=True)
        ]
    )
    n = len(changes)
    spread = ((changes - changes.mean()) ** 2).sum()
    return float(np.sqrt((n - 1) / n * spread))


def t_quantile(share: float, freedom: int) -> float:
    """Return what Student's t stays below with this probability."""
    from scipy.stats import t  # noqa: PLC0415  heavy

    return float(t.ppf(share, freedom))
