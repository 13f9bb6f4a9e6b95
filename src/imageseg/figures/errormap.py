"""Where a prediction is right and where it is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from imageseg.classes import ClassScheme
from imageseg.errors import ShapeMismatchError
from imageseg.figures.layout import picture_grid
from imageseg.figures.pictures import Labels, Picture, rgb, subject
from imageseg.figures.style import NEUTRAL, Key
from imageseg.metrics import Scores

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TRUE_POSITIVE = Key("true positive", "#2b2b2b")
FALSE_POSITIVE = Key("false positive", "#d55e00")
FALSE_NEGATIVE = Key("false negative", "#3f63ff")
TRUE_NEGATIVE = Key("true negative", "#f2f2f2")
OUTCOMES = (TRUE_POSITIVE, FALSE_POSITIVE, FALSE_NEGATIVE, TRUE_NEGATIVE)
OPEN = Key("not annotated", NEUTRAL)
RIGHT, WRONG = Key("right class", "#f2f2f2"), Key("wrong class", "#d55e00")
"""Errors in vermilion and ultramarine, a pair that everyone tells apart, on greys."""

_COLUMNS = 4


def error_map(truth: Labels, predicted: Labels, label: int) -> Picture:
    """Colour the hits and errors of one class.

    Parameters
    ----------
    truth, predicted
        (Y, X); pixels that are 0 in either are not compared.
    label
        The class.

    Returns
    -------
    picture
        (Y, X, 3) uint8: true positives dark, false positives vermilion, false
        negatives blue, true negatives light, not annotated pixels grey.

    Raises
    ------
    ShapeMismatchError
        The arrays differ in shape.
    """
    truth = compared(truth, predicted)
    is_true, is_predicted = truth == label, predicted == label
    picture = _filled(truth, TRUE_NEGATIVE)
    picture[is_true & is_predicted] = rgb(TRUE_POSITIVE.colour)
    picture[~is_true & is_predicted] = rgb(FALSE_POSITIVE.colour)
    picture[is_true & ~is_predicted] = rgb(FALSE_NEGATIVE.colour)
    picture[truth == 0] = rgb(OPEN.colour)
    return picture


def wrong_class_map(truth: Labels, predicted: Labels) -> Picture:
    """Colour the pixels of a wrong class, whichever it is.

    Parameters
    ----------
    truth, predicted
        As in `error_map`.

    Returns
    -------
    picture
        (Y, X, 3) uint8: right pixels light, wrong ones vermilion, not annotated
        ones grey.
    """
    truth = compared(truth, predicted)
    picture = _filled(truth, RIGHT)
    picture[truth != predicted] = rgb(WRONG.colour)
    picture[truth == 0] = rgb(OPEN.colour)
    return picture


def error_figure(
    truth: Labels,
    predicted: Labels,
    scheme: ClassScheme,
    *,
    labels: Sequence[int] | None = None,
) -> Figure:
    """Show an error map for every class, its Dice in the title.

    Parameters
    ----------
    truth, predicted
        As in `error_map`.
    scheme
        The classes.
    labels
        Which classes; without it all, and of two the open one, else the second:
        the other's map has the same errors.
    """
    chosen = labels or (
        [subject(scheme).id] if len(scheme) == 2 else [c.id for c in scheme]
    )
    dice = scores(truth, predicted, scheme).dice
    return picture_grid(
        [error_map(truth, predicted, k) for k in chosen],
        [f"{scheme[k].name}: {dice_text(dice[k - 1])}" for k in chosen],
        columns=_COLUMNS,
        side=4.0 if len(chosen) == 1 else 2.4,
        legend=[[*OUTCOMES, OPEN]],
    )


def scores(truth: Labels, predicted: Labels, scheme: ClassScheme) -> Scores:
    """Score the pixels that both label."""
    return Scores.of(compared(truth, predicted), predicted, len(scheme))


def compared(truth: Labels, predicted: Labels) -> Labels:
    """Return the truth where both label, else 0.

    Raises
    ------
    ShapeMismatchError
        The arrays differ in shape.
    """
    if truth.shape != predicted.shape or truth.ndim != 2:
        raise ShapeMismatchError(
            f"The annotation has shape {truth.shape}, the prediction "
            f"{predicted.shape}. Compare planes (Y, X) of one image."
        )
    return np.where(predicted > 0, truth, 0).astype(np.uint8)


def dice_text(dice: float) -> str:
    """Return ``Dice 0.93``; absent classes have none."""
    return "absent" if np.isnan(dice) else f"Dice {dice:.3f}"


def _filled(truth: Labels, key: Key) -> Picture:
    return np.full((*truth.shape, 3), rgb(key.colour), np.uint8)
