"""Openness and leaf area index from hemispherical photographs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imageseg.classes import ClassScheme
from imageseg.density.gaps import Gaps, Rings, as_rings, count_gaps, even_rings
from imageseg.density.lens import Lens, Projection
from imageseg.density.measure import Labelled
from imageseg.geometry import Circle

if TYPE_CHECKING:
    import pandas as pd

LAI_2000_RINGS: Rings = ((0, 13), (16, 28), (32, 43), (47, 58), (61, 74))
"""Rings of the LAI-2000 plant canopy analyzer (Welles & Norman 1991,
doi:10.2134/agronj1991.00021962008300050009x)."""

_ANGLES = np.radians([7.0, 23.0, 38.0, 53.0, 68.0])
_WEIGHTS = np.array([0.034, 0.104, 0.160, 0.218, 0.484])
_STEP = 1.0  # degrees: width of the rings that openness is summed over


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Hemisphere:
    """What a hemispherical photograph says about its canopy.

    Attributes
    ----------
    circle, lens
        The image circle and what made it.
    openness
        Share of the visible sky hemisphere that is open, 0 to 1.
    lai_effective
        Effective leaf area index: as if leaves were placed at random. All that
        hides the sky counts as leaf; NaN if the lens sees less than a ring.
    lai
        The same, corrected for clumping between sectors.
    saturated_rings, saturated_cells
        How many rings, and sectors of rings, have no gap. Half a pixel is taken
        for one: `lai_effective` and `lai` are then lower bounds.
    gaps
        By ring and sector.
    """

    circle: Circle
    lens: Lens
    openness: float
    lai_effective: float
    lai: float
    saturated_rings: int
    saturated_cells: int
    gaps: Gaps

    @property
    def clumping(self) -> float:
        """Clumping index, effective by corrected leaf area index; 1 is random."""
        return self.lai_effective / self.lai if self.lai else float("nan")

    def row(self) -> dict[str, object]:
        """Return the columns of a density table."""
        return {
            "canopy_openness": self.openness,
            "lai_effective": self.lai_effective,
            "lai": self.lai,
            "clumping_index": self.clumping,
            "saturated_rings": self.saturated_rings,
            "saturated_cells": self.saturated_cells,
        }

    def table(self) -> pd.DataFrame:
        """Return gap fractions by ring and sector, one row each."""
        return self.gaps.table()


def measure_hemisphere(
    labelled: Labelled | NDArray[np.uint8],
    circle: Circle,
    lens: Lens | Projection = "equidistant",
    *,
    scheme: ClassScheme | None = None,
    rings: int | Rings = 9,
    sectors: int = 8,
) -> Hemisphere:
    r"""Measure openness and leaf area index in a hemispherical photograph.

    Openness is the mean gap fraction of rings of one degree, weighted by their
    solid angles, Δφ (cos θ₁ - cos θ₂).

    The effective leaf area index is Miller's (1967, doi:10.1071/BT9670141)
    integral over the gap fraction P,

        L = 2 ∫ -ln P(θ) cos θ sin θ dθ, from 0 to π/2,

    as the LAI-2000 sums it (Welles & Norman 1991,
    doi:10.2134/agronj1991.00021962008300050009x): five rings, `LAI_2000_RINGS`,
    seen at θ = 7, 23, 38, 53, 68°, with the weights for sin θ dθ that are commonly
    given for it, 0.034, 0.104, 0.160, 0.218, 0.484; they sum to 1 (lists that end
    in 0.494 do not, and find up to 1 % more). Without the rings that the lens does
    not see, the others weigh more.

    The other index takes the mean of ln P over the sectors of a ring, weighted
    by their pixels (Lang & Xiang 1986, doi:10.1016/0168-1923(86)90033-X).

    Parameters
    ----------
    labelled
        A prediction, or labels (Y, X) with 0 = no class; one class is the sky.
    circle
        The image of the lens.
    lens
        The lens, or its projection if it sees 180 degrees.
    scheme
        The classes; needed with plain labels.
    rings, sectors
        For the table; see `gap_fractions`. The sectors also serve Lang & Xiang.

    Raises
    ------
    SettingsError
        There is no sky, or rings and sectors make no sense.
    ShapeMismatchError
        The labels are no plane, or nothing in the circle has a class.
    """
    lens = Lens.of(lens)
    wanted = as_rings(rings, lens)
    steps, known = _steps(lens), _lai_rings(lens)
    sky = count_gaps(labelled, scheme, circle, lens, [*steps, *known, *wanted], sectors)
    parts = sky.by(known)
    whole = parts.of_rings()
    return Hemisphere(
        circle=circle,
        lens=lens,
        openness=_openness(sky.by(steps).of_rings()),
        lai_effective=_miller(whole),
        lai=_miller(parts),
        saturated_rings=whole.saturated,
        saturated_cells=parts.saturated,
        gaps=sky.by(wanted),
    )


def _steps(lens: Lens) -> Rings:
    return even_rings(math.ceil(lens.horizon / _STEP), lens)


def _lai_rings(lens: Lens) -> Rings:
    return [ring for ring in LAI_2000_RINGS if ring[1] <= lens.widest]


def _openness(gaps: Gaps) -> float:
    """Weigh gap fractions by the rings' solid angles; rings without pixels lack."""
    shares = gaps.fractions.ravel()
    limits = np.cos(np.radians(np.reshape(gaps.rings, (-1, 2))))
    solid = limits[:, 0] - limits[:, 1]
    known = ~np.isnan(shares)
    return float(np.average(shares[known], weights=solid[known]))


def _miller(gaps: Gaps) -> float:
    """Sum contacts -ln P cos θ over the rings of the LAI-2000."""
    count = len(gaps.rings)
    per_cell = np.maximum(gaps.pixels, 1)
    logs = np.log(np.maximum(gaps.gaps, 0.5) / per_cell)
    known = gaps.pixels.any(axis=1)
    if not known.any():
        return float("nan")
    means = np.average(logs[known], axis=1, weights=gaps.pixels[known])
    contacts = -means * np.cos(_ANGLES[:count][known])
    weights = _WEIGHTS[:count][known]
    return float(2 * np.average(contacts, weights=weights))
