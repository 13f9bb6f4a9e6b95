"""Metrics of the systems people come from, under their names there.

Each takes truth t (0 or 1) and probabilities p of one shape; sums run over all
they are given, so pass one image for a figure per image and many for a pooled
one. Two of them are thresholded, and differ in what p = 0.5 means.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Metric = Callable[[Floats, Floats], float]

_EPSILON = 1e-7


def dice_coef(t: Floats, p: Floats) -> float:
    """Imageseg and keras-unet: (2 Σtp + 1) / (Σt + Σp + 1)."""
    return _dice(t, p, 1.0)


def habitat_dice(t: Floats, p: Floats) -> float:
    """Habitat-Net: 2 Σtp / (Σt + Σp); 1 if both are empty."""
    return _dice(t, p, float(np.finfo(np.float64).eps))


def habitat_jaccard(t: Floats, p: Floats) -> float:
    """Habitat-Net: dice / (2 - dice)."""
    dice = habitat_dice(t, p)
    return dice / (2 - dice)


def platypus_dice(t: Floats, p: Floats) -> float:
    """Platypus: (2 Σ|tp| + 1) / (Σt² + Σp² + 1)."""
    return float(
        (2 * np.abs(t * p).sum() + 1) / ((t**2).sum() + (p**2).sum() + 1),
    )


def jaccard_index(t: Floats, p: Floats) -> float:
    """Imageseg: intersection over union where both are above 0.5."""
    return _jaccard(t > 0.5, p > 0.5, _EPSILON)


def iou(t: Floats, p: Floats) -> float:
    """keras-unet: (Σtp + 1) / (Σt + Σp - Σtp + 1), without a threshold."""
    return _jaccard(t, p, 1.0)


def iou_thresholded(t: Floats, p: Floats) -> float:
    """keras-unet: as `iou`, of p from 0.5 on."""
    return _jaccard(t, p >= 0.5, 1.0)


def binary_accuracy(t: Floats, p: Floats) -> float:
    """Keras: share of values on the right side of 0.5."""
    return float(((p > 0.5) == (t > 0.5)).mean())


NAMED_METRICS: dict[str, Metric] = {
    metric.__name__: metric
    for metric in (
        dice_coef,
        jaccard_index,
        iou,
        iou_thresholded,
        binary_accuracy,
        habitat_dice,
        habitat_jaccard,
        platypus_dice,
    )
}


def _dice(t: Floats, p: Floats, smooth: float) -> float:
    return float((2 * (t * p).sum() + smooth) / (t.sum() + p.sum() + smooth))


def _jaccard(
    t: Floats | NDArray[np.bool_], p: Floats | NDArray[np.bool_], smooth: float
) -> float:
    both = float((t * p).sum())
    return (both + smooth) / (float(t.sum()) + float(p.sum()) - both + smooth)
