"""Measure the share of every class in a region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from imageseg.classes import ClassScheme
from imageseg.density.regions import WHOLE, Region, parse_region
from imageseg.errors import SettingsError, ShapeMismatchError


class Labelled(Protocol):
    """Anything with labels and the classes they stand for, as a `Prediction`."""

    @property
    def labels(self) -> NDArray[np.uint8]:
        """(Y, X) or (Z, Y, X)."""

    @property
    def scheme(self) -> ClassScheme:
        """The classes."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Density:
    """Class shares in a region.

    Attributes
    ----------
    scheme, region
        What was counted and where.
    counts
        Pixels of every class in the region, excluded classes too.
    unlabelled
        Pixels of the region without a class; they are in no denominator.
    """

    scheme: ClassScheme
    region: Region
    counts: Mapping[str, int]
    unlabelled: int = 0

    @property
    def pixels(self) -> int:
        """The denominator: pixels of the classes that are not excluded."""
        return sum(self.counts[c.name] for c in self.scheme if not c.excluded)

    @property
    def fractions(self) -> dict[str, float]:
        """Share of every class, 0 to 1; NaN for excluded ones and empty regions."""
        whole = self.pixels
        return {
            c.name: self.counts[c.name] / whole
            if whole and not c.excluded
            else float("nan")
            for c in self.scheme
        }

    @property
    def quantities(self) -> dict[str, float]:
        """The quantities of the field, by their names.

        For canopy photographs *openness* is the share of sky and *canopy
        cover* its complement; inside a circle, the image of a fisheye lens,
        the complement is called *canopy closure* (Jennings, Brown & Sheil
        1999, doi 10.1093/forestry/72.1.59).
        """
        if self.scheme.context != "canopy" or "sky" not in self.fractions:
            return {}
        openness = self.fractions["sky"]
        covered = "canopy cover" if self.region == WHOLE else "canopy closure"
        return {covered: 1 - openness, "openness": openness}

    def row(self) -> dict[str, object]:
        """Return the columns of a density table."""
        shares = {f"{_column(k)}_fraction": v for k, v in self.fractions.items()}
        named = {_column(k): v for k, v in self.quantities.items()}
        return {"region": str(self.region), "pixels": self.pixels} | shares | named


def measure_density(
    labelled: Labelled | NDArray[np.uint8],
    region: str | float | Region = WHOLE,
    *,
    scheme: ClassScheme | None = None,
) -> Density:
    """Count classes inside a region.

    Parameters
    ----------
    labelled
        A prediction, or labels (Y, X) or (Z, Y, X) with 0 = no class.
    region
        ``"whole"``, ``"circle"``, or a circle's diameter as a share of the
        shorter side; applied to every plane of a stack.
    scheme
        The classes; needed with plain labels.

    Returns
    -------
    density
        Counts, fractions and the field's quantities.

    Raises
    ------
    SettingsError
        The region or the scheme is missing or makes no sense.
    ShapeMismatchError
        The labels have no rows and columns, or labels without a class.
    """
    region = parse_region(region)
    labels, scheme = _labels_and_scheme(labelled, scheme)
    if labels.ndim < 2:
        raise ShapeMismatchError(f"Labels of shape {labels.shape} are no image.")
    inside = labels[..., region.mask(labels.shape[-2:])]
    counts = np.bincount(inside.ravel(), minlength=len(scheme) + 1)
    if len(counts) > len(scheme) + 1:
        raise ShapeMismatchError(
            f"The labels go up to {len(counts) - 1}, but there are only "
            f"{len(scheme)} classes. Measure with the classes they were made with."
        )
    return Density(
        scheme=scheme,
        region=region,
        counts={c.name: int(counts[c.id]) for c in scheme},
        unlabelled=int(counts[0]),
    )


def _labels_and_scheme(
    labelled: Labelled | NDArray[np.uint8], scheme: ClassScheme | None
) -> tuple[NDArray[np.uint8], ClassScheme]:
    if not isinstance(labelled, np.ndarray):
        return labelled.labels, labelled.scheme
    if scheme is None:
        raise SettingsError("scheme", None, "given with plain labels")
    return labelled, scheme


def _column(name: str) -> str:
    return name.strip().replace(" ", "_")
