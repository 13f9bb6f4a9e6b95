"""How well regions are kept apart: errors of electron micrographs' segmentation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import ShapeMismatchError

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionErrors:
    """Disagreement of two partitions of the same pixels; 0 for equal ones.

    Attributes
    ----------
    rand_error
        1 - Rand index: share of pixel pairs that only one of them joins (Rand
        1971, doi 10.1080/01621459.1971.10482356).
    adjusted_rand
        Rand index corrected for chance; 1 for equal ones (Hubert & Arabie 1985,
        doi 10.1007/BF01908075).
    split, merge
        Variation of information, in bits: H(predicted | true) of regions split,
        H(true | predicted) of regions merged (Meilă 2003,
        doi 10.1007/978-3-540-45167-9_14).
    """

    rand_error: float
    adjusted_rand: float
    split: float
    merge: float

    @classmethod
    def of(cls, truth: NDArray[Any], predicted: NDArray[Any]) -> Self:
        """Compare numbered regions of one shape; every number is a region.

        Raises
        ------
        ShapeMismatchError
            The arrays differ in shape.
        """
        _check(truth, predicted)
        joint = _contingency(truth, predicted)
        rows, columns = joint.sum(1), joint.sum(0)
        n = joint.sum()
        pairs = [float((part**2).sum()) for part in (joint, rows, columns)]
        share = [(total - n) / 2 for total in pairs]  # n (n - 1) / 2 of each region
        whole = n * (n - 1) / 2
        expected = share[1] * share[2] / whole if whole else 0.0
        most = (share[1] + share[2]) / 2
        return cls(
            rand_error=(share[1] + share[2] - 2 * share[0]) / whole if whole else 0.0,
            adjusted_rand=(share[0] - expected) / (most - expected)
            if most != expected
            else 1.0,
            split=_entropy(joint, n) - _entropy(rows, n),
            merge=_entropy(joint, n) - _entropy(columns, n),
        )

    @property
    def variation_of_information(self) -> float:
        """Splits and merges together, bits."""
        return self.split + self.merge


def warping_error(truth: NDArray[Any], predicted: NDArray[Any]) -> float:
    """Return the share of pixels that differ after the truth was bent to fit.

    The truth may move its borders without changing its topology; what is left
    are splits, merges, holes (Jain et al. 2010, doi 10.1109/CVPR.2010.5539950).
    Every simple pixel that differs is flipped until there is none, which need not
    find the least error. Foreground is connected over corners, background over
    sides.

    Parameters
    ----------
    truth, predicted
        (Y, X), nonzero is foreground.

    Raises
    ------
    ShapeMismatchError
        They differ in shape.
    """
    _check(truth, predicted)
    warped, goal = np.pad(truth > 0, 1), np.pad(predicted > 0, 1)
    while _warp_once(warped, goal):
        pass
    return float((warped != goal).sum() / truth.size)


def _warp_once(warped: Mask, goal: Mask) -> bool:
    """Flip every simple pixel that differs; pixels two apart do not interfere."""
    changed = False
    for top in (1, 2):
        for left in (1, 2):
            rows, columns = slice(top, -1, 2), slice(left, -1, 2)
            flips = _simple(warped)[rows, columns] & (
                warped[rows, columns] != goal[rows, columns]
            )
            warped[rows, columns] ^= flips
            changed |= bool(flips.any())
    return changed


def _simple(image: Mask) -> Mask:
    """Return whether flipping a pixel leaves the topology as it is."""
    code = np.zeros(image.shape, np.intp)
    for bit, (dy, dx) in enumerate(_NEIGHBOURS):
        code |= np.roll(image, (-dy, -dx), (0, 1)).astype(np.intp) << bit
    return _simple_codes()[code]


_NEIGHBOURS = ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))


@cache
def _simple_codes() -> Mask:
    """For each of the 256 neighbourhoods, whether its centre is simple.

    It is if the foreground around it is one piece (over corners), and the
    background that touches its sides is one (over sides).
    """
    from scipy.ndimage import label  # noqa: PLC0415  heavy

    table = np.zeros(256, bool)
    for code in range(256):
        ring = np.zeros((3, 3), bool)
        for bit, (dy, dx) in enumerate(_NEIGHBOURS):
            ring[1 + dy, 1 + dx] = code >> bit & 1
        pieces = label(ring, np.ones((3, 3)))[1]
        empty = ~ring
        empty[1, 1] = False
        numbered = label(empty)[0]
        sides = {int(numbered[at]) for at in ((0, 1), (1, 0), (1, 2), (2, 1))} - {0}
        table[code] = pieces == 1 and len(sides) == 1
    return table


def _contingency(truth: NDArray[Any], predicted: NDArray[Any]) -> NDArray[np.float64]:
    """Count pixels by true (rows) and predicted (columns) region."""
    rows = np.unique(truth, return_inverse=True)[1].ravel()
    names, columns = np.unique(predicted, return_inverse=True)
    counts = np.bincount(rows * len(names) + columns.ravel())
    height = int(rows.max(initial=-1)) + 1
    counts = np.pad(counts, (0, height * len(names) - len(counts)))
    return counts.reshape(height, len(names)).astype(np.float64)


def _entropy(counts: NDArray[np.float64], total: float) -> float:
    share = counts[counts > 0] / total
    return float(-(share * np.log2(share)).sum())


def _check(truth: NDArray[Any], predicted: NDArray[Any]) -> None:
    if truth.shape != predicted.shape:
        raise ShapeMismatchError(
            f"The truth has shape {truth.shape}, the prediction {predicted.shape}. "
            "Compare pictures of the same size."
        )
