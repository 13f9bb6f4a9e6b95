"""What probabilities are worth: threshold curves and calibration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import ShapeMismatchError

BINS = 1000
_RELIABILITY_BINS = 10
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ThresholdCurve:
    """How one class fares when it is called from a threshold on, p ≥ t.

    Attributes
    ----------
    thresholds
        Rising, from 0 to 1.
    precision, recall, false_positive_rate, dice
        At each threshold; NaN where nothing is called, or nothing is there.
    """

    thresholds: Floats
    precision: Floats
    recall: Floats
    false_positive_rate: Floats
    dice: Floats

    @property
    def best(self) -> float:
        """The threshold with the largest Dice; the middle one of equal ones."""
        known = np.nan_to_num(self.dice, nan=-1.0)
        equal = np.flatnonzero(known == known.max())
        return float(self.thresholds[equal[len(equal) // 2]])

    @property
    def area_under_roc(self) -> float:
        """Area under recall over false positive rate, by trapezia."""
        from scipy.integrate import trapezoid  # noqa: PLC0415  heavy

        rates = self.false_positive_rate[::-1]
        return float(trapezoid(self.recall[::-1], rates))


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """Predicted probability and observed share of one class, bin by bin.

    Attributes
    ----------
    predicted, observed
        Means over the pixels of each bin; NaN in empty ones.
    pixels
        In each bin.
    """

    predicted: Floats
    observed: Floats
    pixels: NDArray[np.int64]

    @property
    def error(self) -> float:
        """Expected calibration error: mean |predicted - observed| over the pixels.

        Naeini, Cooper & Hauskrecht 2015, doi 10.1609/aaai.v29i1.9602.
        """
        if not self.pixels.sum():
            return float("nan")
        gaps = np.nan_to_num(np.abs(self.predicted - self.observed))
        return float((gaps * self.pixels).sum() / self.pixels.sum())


@dataclass(frozen=True, slots=True, eq=False)
class ProbabilityCounts:
    """Pixels by class, predicted probability and truth: constant memory for any set.

    Attributes
    ----------
    counts
        (K, BINS, 2): for class k, pixels whose probability lies in the bin, by
        whether they are of another class (0) or of it (1).
    """

    counts: NDArray[np.int64]

    @classmethod
    def of(cls, truth: NDArray[np.uint8], probabilities: NDArray[Any]) -> Self:
        """Count the annotated pixels of an image.

        Parameters
        ----------
        truth
            (…), 0 = not annotated, k = class k.
        probabilities
            (K, …).

        Raises
        ------
        ShapeMismatchError
            They do not fit.
        """
        if truth.shape != probabilities.shape[1:]:
            raise ShapeMismatchError(
                f"The annotation has shape {truth.shape}, the probabilities "
                f"{probabilities.shape[1:]}. Use the mask that belongs to this image."
            )
        on = truth > 0
        true = truth[on]
        planes = [
            _count(plane[on], true == k) for k, plane in enumerate(probabilities, 1)
        ]
        return cls(np.stack(planes))

    def __add__(self, other: ProbabilityCounts) -> ProbabilityCounts:
        """Pool the pixels of two images."""
        return ProbabilityCounts(self.counts + other.counts)

    def curve(self, label: int) -> ThresholdCurve:
        """Return the threshold curve of a class (1-based), exact to 1 / BINS."""
        false, true = (
            np.append(np.cumsum(part[::-1])[::-1], 0)
            for part in self.counts[label - 1].T
        )
        return ThresholdCurve(
            thresholds=np.linspace(0, 1, BINS + 1),
            precision=_share(true, true + false),
            recall=_share(true, true[0]),
            false_positive_rate=_share(false, false[0]),
            dice=_share(2 * true, true + false + true[0]),
        )

    def reliability(self, label: int) -> Reliability:
        """Return how far the probabilities of a class (1-based) can be believed."""
        fine = self.counts[label - 1]
        middles = (np.arange(BINS) + 0.5) / BINS
        weighted = (fine.sum(1) * middles).reshape(_RELIABILITY_BINS, -1).sum(1)
        coarse = fine.reshape(_RELIABILITY_BINS, -1, 2).sum(1)
        pixels = coarse.sum(1)
        return Reliability(
            predicted=_share(weighted, pixels),
            observed=_share(coarse[:, 1], pixels),
            pixels=pixels,
        )


def _count(p: NDArray[Any], own: NDArray[np.bool_]) -> NDArray[np.int64]:
    # Rounding must not lift 0.5 - 1e-8 over a threshold that it does not reach.
    bins = np.minimum((p.astype(np.float64) * BINS).astype(np.intp), BINS - 1)
    return np.bincount(bins * 2 + own, minlength=2 * BINS).reshape(BINS, 2)


def _share(
    part: NDArray[Any], whole: NDArray[Any] | np.generic[Any]
) -> NDArray[np.float64]:
    part, whole = np.broadcast_arrays(np.asarray(part, float), np.asarray(whole, float))
    share = np.full(part.shape, np.nan)
    np.divide(part, whole, out=share, where=whole > 0)
    return share
