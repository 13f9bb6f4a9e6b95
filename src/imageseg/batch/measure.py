"""All that is measured in one image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imageseg.classes import ClassScheme
from imageseg.density import (
    WHOLE,
    Hemisphere,
    Lens,
    Placed,
    Region,
    measure_hemisphere,
    measure_regions,
    measure_slices,
)
from imageseg.geometry import Circle
from imageseg.images import describe_image
from imageseg.inference import Prediction
from imageseg.preparation import fit_circle
from imageseg.tables import Row
from imageseg.units import PixelSize

Pixels = NDArray[Any]  # of any type that files hold

Regions = Callable[[Path, Pixels], Sequence[Region]]
"""Finds the regions of each image."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What is measured besides the shares of the classes.

    Attributes
    ----------
    pixel_size
        For areas and volumes; None takes what the file tells.
    slices
        Whether each slice of a stack gets a row in a table of its own.
    overexposed
        Whether the overexposed share is measured.
    lens
        Of hemispherical photographs, for openness, leaf area index and gap
        fractions; None for others.
    circle
        The image of the lens; None finds it in each photograph.
    rings, sectors
        Of the table of gap fractions.
    """

    pixel_size: PixelSize | None = None
    slices: bool = False
    overexposed: bool = False
    lens: Lens | None = None
    circle: Circle | None = None
    rings: int = 9
    sectors: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Rows that came of one file.

    Attributes
    ----------
    rows
        Of the density table, one a region.
    slices
        One a region and slice.
    rings
        One a ring and sector.
    """

    rows: list[Row]
    slices: list[Row] = field(default_factory=list)
    rings: list[Row] = field(default_factory=list)

    def of(self, **origin: object) -> Self:
        """Return the rows with where they are from in front, and no error."""
        return replace(
            self,
            rows=[origin | {"error": ""} | row for row in self.rows],
            slices=[origin | row for row in self.slices],
            rings=[origin | row for row in self.rings],
        )


def measure_image(
    path: Path,
    image: Pixels,
    prediction: Prediction,
    regions: Regions,
    extras: Extras,
) -> Found:
    """Measure a prediction in all regions, and what else is wanted.

    Parameters
    ----------
    path, image
        The file and its pixels.
    prediction
        Of the image.
    regions
        Finds where to measure; with a lens its circle takes the place of the
        whole image.
    extras
        What else to measure.
    """
    seen = _Seen(prediction.labels, prediction.scheme)
    places = regions(path, image)
    hemisphere = _hemisphere(extras, image, seen)
    if hemisphere is not None:
        whole = Placed(hemisphere.circle)
        places = [whole if place == WHOLE else place for place in places]
    pixel_size = extras.pixel_size or describe_image(path).pixel_size
    shown = image if extras.overexposed else None
    measure = partial(measure_slices, seen, pixel_size=pixel_size, image=shown)
    slices = extras.slices and seen.labels.ndim > 2
    densities = measure_regions(seen, places, pixel_size=pixel_size, image=shown)
    besides = hemisphere.row() if hemisphere else {}
    return Found(
        rows=[density.row() | besides for density in densities],
        slices=[d.row() for p in places for d in measure(p)] if slices else [],
        rings=_records(hemisphere.table()) if hemisphere else [],
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    """Labels once and for all; a prediction makes them anew each time."""

    labels: NDArray[np.uint8]
    scheme: ClassScheme


def _hemisphere(extras: Extras, image: Pixels, seen: _Seen) -> Hemisphere | None:
    if extras.lens is None:
        return None
    return measure_hemisphere(
        seen,
        extras.circle or fit_circle(image).circle,
        extras.lens,
        rings=extras.rings,
        sectors=extras.sectors,
    )


def _records(table: pd.DataFrame) -> list[Row]:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
