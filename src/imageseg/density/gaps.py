"""Gap fractions by zenith ring and azimuth sector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imageseg.classes import ClassScheme
from imageseg.density.lens import Angles, Lens, Projection, azimuth
from imageseg.density.measure import Labelled, labels_and_scheme
from imageseg.errors import SettingsError, ShapeMismatchError
from imageseg.geometry import Circle

if TYPE_CHECKING:
    import pandas as pd

Rings = Sequence[tuple[float, float]]
"""Zenith angles between which each ring lies, degrees, rising."""

Counts = NDArray[np.intp]

_ROWS = 128  # at a time: angles of all pixels at once would need much memory


@dataclass(frozen=True, slots=True, eq=False)
class Gaps:
    """Gap pixels of a hemispherical photograph by ring and sector.

    Attributes
    ----------
    rings
        Zenith angles between which each ring lies, degrees.
    gaps, pixels
        (R, S): open pixels, and all of the classes that are not excluded.
    """

    rings: Rings
    gaps: Counts
    pixels: Counts

    @property
    def fractions(self) -> Angles:
        """Gap fraction (R, S) of each cell; NaN without pixels."""
        return np.where(self.pixels, self.gaps / np.maximum(self.pixels, 1), np.nan)

    @property
    def saturated(self) -> int:
        """How many cells have pixels, but no gap."""
        return int(np.count_nonzero((self.gaps == 0) & (self.pixels > 0)))

    def of_rings(self) -> Gaps:
        """Return the sums over all sectors."""
        return Gaps(
            self.rings,
            self.gaps.sum(axis=1, keepdims=True),
            self.pixels.sum(axis=1, keepdims=True),
        )

    def table(self) -> pd.DataFrame:
        """Return one row a cell: where it lies, pixels, gap fraction."""
        import pandas as pd  # noqa: PLC0415  heavy

        count = self.pixels.shape[1]
        cells = product(enumerate(self.rings, start=1), range(count))
        width = 360 / count
        table = pd.DataFrame(
            {
                "ring": ring,
                "zenith_from_deg": start,
                "zenith_to_deg": end,
                "sector": sector + 1,
                "azimuth_from_deg": width * sector,
                "azimuth_to_deg": width * (sector + 1),
            }
            for (ring, (start, end)), sector in cells
        )
        table["pixels"] = self.pixels.ravel()
        return table.assign(gap_fraction=self.fractions.ravel())


def gap_fractions(
    labelled: Labelled | NDArray[np.uint8],
    circle: Circle,
    lens: Lens | Projection = "equidistant",
    *,
    scheme: ClassScheme | None = None,
    rings: int | Rings = 9,
    sectors: int = 8,
) -> pd.DataFrame:
    """Return the gap fraction by zenith ring and azimuth sector.

    Parameters
    ----------
    labelled, circle, lens, scheme
        As for `measure_hemisphere`.
    rings
        How many of equal width between the zenith and the rim or the horizon;
        or zenith angles from and to for each, degrees.
    sectors
        How many, the first clockwise from the top of the image.

    Returns
    -------
    table
        One row a ring and sector: ``ring`` and ``sector`` from 1, where they lie,
        ``pixels`` (the denominator) and ``gap_fraction``. Angles in degrees.
    """
    lens = Lens.of(lens)
    wanted = as_rings(rings, lens)
    sky = count_gaps(labelled, scheme, circle, lens, wanted, sectors)
    return sky.by(wanted).table()


@dataclass(frozen=True, slots=True, eq=False)
class Sky:
    """Counts between all zenith angles that matter, to be summed to rings.

    Attributes
    ----------
    edges
        (E + 1,) zenith angles, rising, degrees.
    gaps, pixels
        (E, S).
    """

    edges: Angles
    gaps: Counts
    pixels: Counts

    def by(self, rings: Rings) -> Gaps:
        """Sum to rings whose limits are among the edges."""
        gaps, pixels = np.zeros((2, len(rings), self.pixels.shape[1]), int)
        for i, limits in enumerate(rings):
            inside = slice(*np.searchsorted(self.edges, limits))
            gaps[i] = self.gaps[inside].sum(axis=0)
            pixels[i] = self.pixels[inside].sum(axis=0)
        return Gaps(tuple(rings), gaps, pixels)


def count_gaps(
    labelled: Labelled | NDArray[np.uint8],
    scheme: ClassScheme | None,
    circle: Circle,
    lens: Lens,
    rings: Rings,
    sectors: int,
) -> Sky:
    """Count gaps between all limits of rings, in one pass.

    Raises
    ------
    SettingsError
        No class is the sky, or there are no sectors.
    ShapeMismatchError
        The labels are no plane, or nothing in the circle has a class.
    """
    if sectors < 1:
        raise SettingsError("sectors", sectors, "at least 1")
    labels, scheme = labels_and_scheme(labelled, scheme)
    if labels.ndim != 2:
        raise ShapeMismatchError(
            f"Labels of shape {labels.shape} are a stack; a hemispherical photograph "
            "is one plane."
        )
    edges = np.unique(np.ravel(rings))
    counts = np.zeros((2, (len(edges) - 1) * sectors), int)
    for start in range(0, len(labels), _ROWS):
        block = labels[start : start + _ROWS]
        shifted = Circle(circle.y - start, circle.x, circle.radius)
        cells, is_gap = _cells(block, scheme, shifted, lens, edges, sectors)
        counts[0] += np.bincount(cells[is_gap], minlength=counts.shape[1])
        counts[1] += np.bincount(cells, minlength=counts.shape[1])
    if not counts[1].any():
        raise ShapeMismatchError(
            f"Nothing is labelled inside the circle {circle} of an image of "
            f"{labels.shape[1]}×{labels.shape[0]} pixels. Give the lens's own circle."
        )
    gaps, pixels = counts.reshape(2, -1, sectors)
    return Sky(edges, gaps, pixels)


def _cells(
    labels: NDArray[np.uint8],
    scheme: ClassScheme,
    circle: Circle,
    lens: Lens,
    edges: Angles,
    sectors: int,
) -> tuple[Counts, NDArray[np.bool_]]:
    """Return the cell of each pixel that counts, and whether it is a gap."""
    counted = [c.id for c in scheme if not c.excluded]
    zenith = lens.zenith(circle, labels.shape)
    seen = np.isin(labels, counted) & (zenith >= edges[0]) & (zenith <= edges[-1])
    ring = np.searchsorted(edges, zenith[seen], side="right") - 1
    ring = np.minimum(ring, len(edges) - 2)  # the rim belongs to the last ring
    turn = azimuth(circle, labels.shape)[seen] / 360
    sector = np.minimum((turn * sectors).astype(int), sectors - 1)
    return ring * sectors + sector, labels[seen] == sky_class(scheme)


def sky_class(scheme: ClassScheme) -> int:
    """Return the label of the sky.

    Raises
    ------
    SettingsError
        No class has that name.
    """
    if scheme.open_class is not None:
        return scheme.open_class.id
    for c in scheme:
        if c.name.strip().casefold() == "sky":
            return c.id
    raise SettingsError("classes", scheme.names, "with one called sky")


def as_rings(rings: int | Rings, lens: Lens) -> Rings:
    """Return the rings asked for.

    Raises
    ------
    SettingsError
        There are none, they overlap, or the lens does not see them.
    """
    if isinstance(rings, int):
        if rings < 1:
            raise SettingsError("rings", rings, "at least 1")
        return even_rings(rings, lens)
    limits = np.ravel(rings)
    rising = np.diff(limits) >= 0
    if not (len(limits) and rising.all() and (np.diff(limits)[::2] > 0).all()):
        raise SettingsError("rings", rings, "zenith angles from and to, rising")
    if limits[0] < 0 or limits[-1] > lens.widest:
        text = f"within 0 and {lens.widest:g} degrees, what the lens sees"
        raise SettingsError("rings", rings, text)
    return rings


def even_rings(count: int, lens: Lens) -> Rings:
    """Divide the sky that the lens sees into rings of equal width."""
    edges = np.linspace(0, lens.horizon, count + 1).tolist()
    return tuple(pairwise(edges))
