"""How sure a model is of every pixel, and of areas."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
_TINY = 1e-12


def margin(probabilities: Floats) -> NDArray[np.float32]:
    """Return 1 - (p of the best class - p of the second): 0 sure, 1 undecided.

    Parameters
    ----------
    probabilities
        (K, …), summing to 1.
    """
    second, first = np.partition(probabilities, -2, axis=0)[-2:]
    result: NDArray[np.float32] = (1 - (first - second)).astype(np.float32)
    return result


def entropy(probabilities: Floats) -> NDArray[np.float32]:
    """Return -Σ p log p / log K: 0 sure, 1 all classes alike (Shannon 1948).

    Parameters
    ----------
    probabilities
        (K, …), summing to 1.
    """
    classes = len(probabilities)
    total = np.zeros(probabilities.shape[1:], np.float32)
    for p in probabilities:  # class by class: no second copy of all
        total -= p * np.log(np.maximum(p, _TINY), dtype=np.float32)
    result: NDArray[np.float32] = total / np.float32(np.log(classes))
    return result


def block_sums(values: NDArray[np.generic], side: int) -> NDArray[np.float64]:
    """Sum over squares of a grid.

    Parameters
    ----------
    values
        (Y, X); the last row and column of squares may be smaller.
    side
        Of a square.

    Returns
    -------
    sums
        (rows, columns).
    """
    rows = np.arange(0, values.shape[0], side)
    columns = np.arange(0, values.shape[1], side)
    along: NDArray[np.float64] = np.add.reduceat(values, rows, axis=0, dtype=np.float64)
    sums: NDArray[np.float64] = np.add.reduceat(along, columns, axis=1)
    return sums


def block_means(values: NDArray[np.generic], side: int) -> NDArray[np.float64]:
    """Average over squares of a grid; see `block_sums`."""
    return block_sums(values, side) / block_sums(np.ones(values.shape, np.uint8), side)
