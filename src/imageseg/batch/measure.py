"""All that is measured in one image."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Self, TypedDict

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imageseg.classes import ClassScheme
from imageseg.density import (
    WHOLE,
    Hemisphere,
    Labelled,
    Lens,
    Placed,
    Region,
    measure_hemisphere,
    measure_regions,
    measure_slices,
)
from imageseg.errors import SettingsError
from imageseg.geometry import Circle
from imageseg.images import describe_image
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
        Of the density table, one a region; of time series, one a region and time
        point, numbered from 0 in ``time``.
    slices
        One a region and slice.
    rings
        One a ring and sector.
    """

    rows: list[Row]
    slices: list[Row] = field(default_factory=list)
    rings: list[Row] = field(default_factory=list)

    @classmethod
    def joined(cls, parts: Iterable[Found]) -> Self:
        """Return the rows of several parts of a file, one after the other."""
        found = list(parts)
        return cls(
            rows=[row for part in found for row in part.rows],
            slices=[row for part in found for row in part.slices],
            rings=[row for part in found for row in part.rings],
        )

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
    prediction: Labelled,
    regions: Regions,
    extras: Extras,
) -> Found:
    """Measure a prediction in all regions, and what else is wanted.

    Parameters
    ----------
    path, image
        The file and its pixels.
    prediction
        Of the image, or other labels of it.
    regions
        Finds where to measure; with a lens its circle takes the place of the
        whole image. Each time point is measured by itself.
    extras
        What else to measure. Where no image circle is found, the rows have their
        shares, and an error instead of what the lens adds.
    """
    places = regions(path, image)
    info = describe_image(path)
    extras = replace(extras, pixel_size=extras.pixel_size or info.pixel_size)
    seen = _Seen(prediction.labels, _named_for(prediction.scheme, extras.lens), image)
    if "T" not in info.axes:
        return _measure(seen, places, extras)
    moments = enumerate(seen.along(info.axes.index("T")))
    return Found.joined(
        _measure(moment, places, extras).of(time=i) for i, moment in moments
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    """Labels once and for all; a prediction makes them anew each time."""

    labels: NDArray[np.uint8]
    scheme: ClassScheme
    image: Pixels

    def along(self, axis: int) -> Iterator[_Seen]:
        """Yield what is seen at every place of an axis."""
        labels, image = (np.moveaxis(a, axis, 0) for a in (self.labels, self.image))
        for plane, pixels in zip(labels, image, strict=True):
            yield _Seen(plane, self.scheme, pixels)


def _named_for(scheme: ClassScheme, lens: Lens | None) -> ClassScheme:
    """Let a canopy model use the names of hemispherical photographs with a lens.

    Its openness, the plain share of sky, would else stand beside the openness that
    is weighted by solid angle.
    """
    if lens is None or scheme.context != "canopy":
        return scheme
    return replace(scheme, context="hemispherical")


def _measure(seen: _Seen, places: Sequence[Region], extras: Extras) -> Found:
    """Measure an image, or one time point of it."""
    hemisphere, error = _hemisphere(extras, seen)
    if hemisphere is not None:
        whole = Placed(hemisphere.circle)
        places = [whole if place == WHOLE else place for place in places]
    shown = seen.image if extras.overexposed else None
    options: _Options = {"pixel_size": extras.pixel_size, "image": shown}
    measure = partial(measure_slices, seen, **options)
    slices = extras.slices and seen.labels.ndim > 2
    besides = (hemisphere.row() if hemisphere else {}) | error
    return Found(
        rows=[d.row() | besides for d in measure_regions(seen, places, **options)],
        slices=[d.row() for p in places for d in measure(p)] if slices else [],
        rings=_records(hemisphere.table()) if hemisphere else [],
    )


def _hemisphere(extras: Extras, seen: _Seen) -> tuple[Hemisphere | None, Row]:
    """Return what the lens shows, or the error for the rows of its image."""
    if extras.lens is None:
        return None, {}
    try:
        circle = extras.circle or fit_circle(seen.image).circle
    except SettingsError:
        return None, {"error": "no image circle found; give --circle X,Y,RADIUS"}
    rings, sectors = extras.rings, extras.sectors
    found = measure_hemisphere(seen, circle, extras.lens, rings=rings, sectors=sectors)
    return found, {}


class _Options(TypedDict):
    pixel_size: PixelSize | None
    image: Pixels | None


def _records(table: pd.DataFrame) -> list[Row]:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
