"""How much a density would change if what is uncertain were looked at.

Let y be 1 where a pixel is labelled as a class, and p its probability of being one. If
the probabilities are honest, looking at an area changes the class's pixels in it by

    m = Σ (p - y)

on average. What a class loses on one side of a border and gains on the other cancels in
this sum, as it does in the density; the entropy of such a border is large all the same.

The change also has a spread. That of a single pixel has the variance p (1 - p). Errors
come in pieces, not in pixels: if pieces of n × n are right or wrong together, the sum
has the variance

    s² = n² Σ p (1 - p)

The expected size of the change is the mean of the folded normal distribution (Leone,
Nelson & Nottingham 1961, doi 10.1080/00401706.1961.10489974):

    E|Δ| = s √(2/π) exp(-m² / 2s²) + m erf(m / √2 s)

A density is the share f = A / D of a class in the pixels D of all counted classes. To
first order it changes by (ΔA - f ΔD) / D: a pixel that leaves an excluded class, as
glare, enters D. Half the sum of E|Δf| over the counted classes is the share of the area
that is expected to change its class; of two classes it is the change of either one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imageseg.guidance.uncertainty import block_sums

_TINY = 1e-9  # pixels

Mask = NDArray[np.bool_]
Sums = NDArray[np.float64]

PIECE = 16
"""Side in pixels of a piece that is right or wrong as a whole. Of 0, 8, 16, 32 and 64
px this came nearest to the true size of the changes; see docs/guidance.md."""


@dataclass(frozen=True, slots=True, eq=False)
class Masses:
    """What is uncertain in each square of a grid, of one plane.

    Attributes
    ----------
    shift
        (K, rows, columns), expected change of each class in pixels.
    variance
        (K, rows, columns), of single pixels: Σ p (1 - p).
    area
        (K,), pixels of each class inside the region, as predicted or annotated.
    pixels
        (rows, columns), open ones: inside the region and not annotated.
    """

    shift: Sums
    variance: Sums
    area: Sums
    pixels: Sums

    @property
    def whole(self) -> Masses:
        """The same with the plane as its only square."""
        return Masses(
            shift=self.shift.sum((1, 2), keepdims=True),
            variance=self.variance.sum((1, 2), keepdims=True),
            area=self.area,
            pixels=self.pixels.sum(keepdims=True),
        )


def masses(
    probabilities: NDArray[np.float32],
    labels: NDArray[np.uint8],
    side: int,
    *,
    region: Mask,
    annotated: NDArray[np.uint8] | None = None,
) -> Masses:
    """Add up what is uncertain in the squares of one plane.

    Parameters
    ----------
    probabilities
        (K, Y, X).
    labels
        (Y, X), the classes they are taken for.
    side
        Of a square.
    region
        (Y, X), where the density is measured.
    annotated
        (Y, X) labels; where they are not 0 nothing is uncertain any more.
    """
    known = np.zeros(labels.shape, bool) if annotated is None else annotated > 0
    truth = labels if annotated is None else np.where(known, annotated, labels)
    still = (region & ~known).astype(np.float32)
    shift, variance = [], []
    for k, p in enumerate(probabilities, start=1):
        shift.append(block_sums((p - (labels == k)) * still, side))
        variance.append(block_sums(p * (1 - p) * still, side))
    area = np.bincount(truth[region], minlength=len(probabilities) + 1)[1:]
    return Masses(
        shift=np.stack(shift),
        variance=np.stack(variance),
        area=area.astype(np.float64),
        pixels=block_sums(still, side),
    )


def share_changed(
    found: Masses, counted: Mask, area: Sums, piece: int = PIECE
) -> NDArray[np.float64]:
    """Return the share of the area that is expected to change its class, by square.

    Parameters
    ----------
    found
        What is uncertain.
    counted
        (K,), which classes are in the denominator of densities.
    area
        (K,), pixels of each class in the whole image or stack.
    piece
        Side of a piece that is right or wrong as a whole; 0 leaves out the spread.
    """
    denominator = max(float(area[counted].sum()), 1.0)
    fractions = area[counted] / denominator
    shift, variance = found.shift[counted], found.variance[counted]
    entering = shift.sum(0)
    mean = shift - fractions[:, None, None] * entering
    size = folded_mean(mean, piece * np.sqrt(variance)).sum(0) / 2
    share: NDArray[np.float64] = size / denominator
    return share


def folded_mean(mean: Sums, deviation: Sums) -> Sums:
    """Return the mean absolute value of normal numbers; |mean| without deviation."""
    from scipy.special import erf  # noqa: PLC0415  heavy

    spread = np.maximum(deviation, _TINY)
    ratio = np.abs(mean) / spread
    result: Sums = spread * np.sqrt(2 / np.pi) * np.exp(-(ratio**2) / 2)
    result += np.abs(mean) * erf(ratio / np.sqrt(2))
    return result
