"""What a density is: counts, shares, and the names of the field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from imageseg.classes import ClassScheme
from imageseg.density.regions import Region, is_round
from imageseg.units import PixelSize


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
    planes
        How many planes were counted; 1 unless it is a stack.
    slice
        Which slice of a stack was counted, from 0; None for all of it.
    pixel_size
        For areas and volumes.
    overexposed
        Pixels of the region, labelled or not, at the brightest value of the image
        in all channels; None without an image.
    """

    scheme: ClassScheme
    region: Region
    counts: Mapping[str, int]
    unlabelled: int = 0
    planes: int = 1
    slice: int | None = None
    pixel_size: PixelSize | None = None
    overexposed: int | None = None

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

        *Openness* is the share of what is open, `ClassScheme.open_class`; its
        complement is called *canopy cover* in canopy photographs and *canopy
        closure* inside a circle or through a fisheye lens, where a half-space is
        seen from one point (Jennings, Brown & Sheil 1999,
        doi:10.1093/forestry/72.1.59). In hemispherical photographs the share of
        sky pixels is a *gap fraction*; openness of the half-space weighs them by
        solid angle, see `measure_hemisphere`.
        """
        open_class = self.scheme.open_class
        if open_class is None:
            return {}
        share = self.fractions[open_class.name]
        names = {
            "canopy": ("canopy cover", "openness"),
            "hemispherical": ("canopy closure", "gap fraction"),
            "understory": ("understory vegetation density", "openness"),
        }
        covered, opened = names[self.scheme.context]
        if self.scheme.context == "canopy" and is_round(self.region):
            covered = "canopy closure"
        return {covered: 1 - share, opened: share}

    @property
    def size(self) -> dict[str, float]:
        """The denominator's area, or of a stack its volume, by its name and unit.

        Empty without a pixel size; volumes need the distance of the slices.
        """
        if self.pixel_size is None:
            return {}
        unit = self.pixel_size.unit.replace("µ", "u").replace("μ", "u")
        if self.planes == 1:
            return {f"area_{unit}2": self.pixels * self.pixel_size.area}
        volume = self.pixel_size.volume
        return {} if volume is None else {f"volume_{unit}3": self.pixels * volume}

    @property
    def overexposed_share(self) -> float | None:
        """Overexposed pixels per pixel of the region, labelled or not."""
        if self.overexposed is None:
            return None
        region = sum(self.counts.values()) + self.unlabelled
        return self.overexposed / region if region else float("nan")

    def row(self) -> dict[str, object]:
        """Return the columns of a density table."""
        row: dict[str, object] = {"region": str(self.region)}
        if self.slice is not None:
            row["slice"] = self.slice
        row["pixels"] = self.pixels
        row |= self.size
        names = _columns(self.scheme)
        row |= {f"{names[k]}_fraction": v for k, v in self.fractions.items()}
        row |= {k.replace(" ", "_"): v for k, v in self.quantities.items()}
        if self.overexposed is not None:
            row["overexposed_share"] = self.overexposed_share
        return row


def _columns(scheme: ClassScheme) -> dict[str, str]:
    """Name columns without blanks, unless two classes would share one."""
    names = {name: name.strip().replace(" ", "_") for name in scheme.names}
    often = Counter(names.values())
    return {name: new if often[new] == 1 else name for name, new in names.items()}
