"""How much the pixels of each class count."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import SettingsError
from imageseg.training.sample import AnnotatedPart


def class_weights(
    wish: str, planes: Sequence[AnnotatedPart], n_classes: int
) -> NDArray[np.float32] | None:
    """Return a weight for each class, or None if all are equal.

    Parameters
    ----------
    wish
        ``"equal"``; ``"balanced"``, which is one over the share of annotated pixels,
        with mean 1 over the classes that are there; or a number for each class,
        ``"1,1,1.2"``.
    planes
        Training planes, for ``"balanced"``.
    n_classes
        How many numbers there must be.

    Raises
    ------
    SettingsError
        There are more or fewer numbers than classes, or all are 0.
    """
    if wish == "equal":
        return None
    if wish == "balanced":
        return _balanced(sum(p.counts[1 : n_classes + 1] for p in planes))  # type: ignore[arg-type]
    weights = np.array([float(number) for number in wish.split(",")], np.float32)
    if len(weights) != n_classes or not weights.any():
        raise SettingsError(
            "class_weights", wish, f"{n_classes} numbers, one a class, not all 0"
        )
    return weights


def _balanced(counts: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return inverse frequencies; a class without pixels gets 1."""
    seen = counts > 0
    weights = np.ones(len(counts))
    weights[seen] = 1 / counts[seen]
    weights[seen] /= weights[seen].mean()
    return weights.astype(np.float32)
