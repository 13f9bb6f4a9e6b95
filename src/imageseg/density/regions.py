"""The part of an image in which a density is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from imageseg.errors import SettingsError, ShapeMismatchError
from imageseg.geometry import Box, Circle, Mask

Shape = tuple[int, int]


class Region(Protocol):
    """A part of every plane of an image.

    ``str()`` gives its name in tables.
    """

    def mask(self, shape: Shape) -> Mask:
        """Return which pixels of a plane (Y, X) are inside.

        Raises
        ------
        ShapeMismatchError
            The region does not fit a plane of this shape.
        """


@dataclass(frozen=True, slots=True)
class Whole:
    """All of the image."""

    def __str__(self) -> str:
        return "whole"

    def mask(self, shape: Shape) -> Mask:
        """Return all pixels."""
        return np.ones(shape, bool)


WHOLE = Whole()


@dataclass(frozen=True, slots=True)
class CentredCircle:
    """A circle in the middle of the image, as imageseg's ``subsetArea``.

    Attributes
    ----------
    ratio
        Its diameter as a share of the shorter side, above 0 to 1.
    """

    ratio: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.ratio <= 1:
            raise SettingsError(
                "region",
                self.ratio,
                "whole, circle, or the circle's diameter as a share, above 0 to 1",
            )

    def __str__(self) -> str:
        return "circle" if self.ratio == 1 else f"circle {self.ratio:g}"

    def mask(self, shape: Shape) -> Mask:
        """Return the pixels whose centre is inside."""
        y, x = ((side - 1) / 2 for side in shape)
        return Circle(y, x, _diameter(min(shape), self.ratio) / 2).mask(shape)


@dataclass(frozen=True, slots=True)
class Placed:
    """A box or a circle at a place of its own, in pixels.

    Attributes
    ----------
    shape
        The box or circle.
    """

    shape: Box | Circle

    def __str__(self) -> str:
        """Return ``WIDTHxHEIGHT+LEFT+TOP`` or ``circle X,Y,RADIUS``."""
        if isinstance(self.shape, Box):
            return str(self.shape)
        numbers = (self.shape.x, self.shape.y, self.shape.radius)
        return "circle " + ",".join(f"{round(n, 2):g}" for n in numbers)

    def mask(self, shape: Shape) -> Mask:
        """Return the pixels whose centre is inside."""
        if isinstance(self.shape, Circle):
            return some(self.shape.mask(shape), self)
        if not self.shape.fits(shape):
            raise _misfit(self, shape)
        mask = np.zeros(shape, bool)
        mask[self.shape.slices] = True
        return mask


@dataclass(frozen=True, slots=True, kw_only=True)
class Quadrat:
    """One field of a grid that divides the image into equal rows and columns.

    Attributes
    ----------
    row, column
        Its place, from 1.
    rows, columns
        Of the grid.
    """

    row: int
    column: int
    rows: int
    columns: int

    def __str__(self) -> str:
        return f"row {self.row} column {self.column}"

    def mask(self, shape: Shape) -> Mask:
        """Return its pixels; the quadrats of a grid share none and leave none."""
        if shape[0] < self.rows or shape[1] < self.columns:
            raise _misfit(f"grid {self.columns}x{self.rows}", shape)
        mask = np.zeros(shape, bool)
        y = _part(shape[0], self.row, self.rows)
        mask[y, _part(shape[1], self.column, self.columns)] = True
        return mask


@dataclass(frozen=True, slots=True)
class Within:
    """What of a region lies in another one, as a quadrat in an image circle.

    Attributes
    ----------
    part
        Gives the name.
    whole
        Cuts it.
    """

    part: Region
    whole: Region

    def __str__(self) -> str:
        return f"{self.part} in {self.whole}"

    def mask(self, shape: Shape) -> Mask:
        """Return the pixels of both; there may be none."""
        return self.part.mask(shape) & self.whole.mask(shape)


def quadrats(rows: int, columns: int) -> list[Quadrat]:
    """Divide images into a grid of equal fields, row by row.

    Raises
    ------
    SettingsError
        There is no row or no column.
    """
    if min(rows, columns) < 1:
        text = f"{columns}x{rows}"
        raise SettingsError("grid", text, "of at least one column and one row")
    return [
        Quadrat(row=row, column=column, rows=rows, columns=columns)
        for row in range(1, rows + 1)
        for column in range(1, columns + 1)
    ]


def is_round(region: Region) -> bool:
    """Tell whether a region is a circle, as the picture of a fisheye lens."""
    if isinstance(region, Within):
        return is_round(region.whole)
    placed = isinstance(region, Placed) and isinstance(region.shape, Circle)
    return placed or isinstance(region, CentredCircle)


def some(mask: Mask, region: object) -> Mask:
    """Return a mask that holds at least a pixel.

    Raises
    ------
    ShapeMismatchError
        It holds none.
    """
    if not mask.any():
        raise _misfit(region, mask.shape)
    return mask


def _misfit(region: object, shape: tuple[int, ...]) -> ShapeMismatchError:
    size = f"{shape[1]}×{shape[0]}"
    return ShapeMismatchError(
        f"The region {region} does not fit an image of {size} pixels. Choose another."
    )


def _part(length: int, part: int, parts: int) -> slice:
    return slice(length * (part - 1) // parts, length * part // parts)


def _diameter(size: int, ratio: float) -> int:
    """Round so that the circle sits centred on the pixel grid.

    imageseg's rule: the diameter becomes even, upwards. Its odd images lose a
    row; here an odd image has an odd diameter. No circle is empty.
    """
    diameter = round(size * ratio)
    return (diameter + (size - diameter) % 2) or 2
