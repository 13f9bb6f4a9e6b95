"""Boxes, circles and polygons on the pixel grid.

Coordinates are (y, x) with the centre of the first pixel at (0, 0). A pixel is
inside a shape if its centre is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imageseg.errors import SettingsError

Mask = NDArray[np.bool_]
_GEOMETRY = re.compile(r"(\d+)x(\d+)\+(\d+)\+(\d+)")


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of whole pixels.

    Attributes
    ----------
    top, left
        First row and column.
    height, width
        Rows and columns, at least 1.
    """

    top: int
    left: int
    height: int
    width: int

    def __post_init__(self) -> None:
        if min(self.top, self.left) < 0 or min(self.height, self.width) < 1:
            raise SettingsError("box", str(self), "of at least one pixel, from 0 on")

    def __str__(self) -> str:
        """Return ImageMagick's geometry, ``WIDTHxHEIGHT+LEFT+TOP``."""
        return f"{self.width}x{self.height}+{self.left}+{self.top}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Understand ``WIDTHxHEIGHT+LEFT+TOP``.

        Raises
        ------
        SettingsError
            It is written otherwise.
        """
        found = _GEOMETRY.fullmatch(text.strip())
        if found is None:
            raise SettingsError("box", text, "written as WIDTHxHEIGHT+LEFT+TOP")
        width, height, left, top = map(int, found.groups())
        return cls(top, left, height, width)

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns, to index a plane with."""
        return (
            slice(self.top, self.top + self.height),
            slice(self.left, self.left + self.width),
        )

    def fits(self, shape: tuple[int, int]) -> bool:
        """Tell whether a plane of this shape holds the whole box."""
        bottom, right = self.top + self.height, self.left + self.width
        return bottom <= shape[0] and right <= shape[1]


@dataclass(frozen=True, slots=True)
class Circle:
    """A disc, as the image of a fisheye lens.

    Attributes
    ----------
    y, x
        Centre, px; may lie between pixels.
    radius
        px.
    """

    y: float
    x: float
    radius: float

    def __post_init__(self) -> None:
        if not self.radius > 0:
            raise SettingsError("radius", self.radius, "above 0")

    def mask(self, shape: tuple[int, int]) -> Mask:
        """Return which pixels of a plane (Y, X) have their centre inside."""
        y, x = np.arange(shape[0]) - self.y, np.arange(shape[1]) - self.x
        return np.asarray(y[:, None] ** 2 + x[None, :] ** 2 <= self.radius**2)


def polygon_mask(vertices: ArrayLike, shape: tuple[int, int]) -> Mask:
    """Return which pixels of a plane (Y, X) a closed polygon holds.

    Parameters
    ----------
    vertices
        (N, 2) as (y, x), at least three; what lies outside the plane is cut.
    shape
        Rows and columns.

    Raises
    ------
    SettingsError
        There are fewer than three vertices.
    """
    from skimage.draw import polygon  # noqa: PLC0415  heavy

    points = np.asarray(vertices, float)
    if points.ndim != 2 or points.shape[0] < 3 or points.shape[1] != 2:
        raise SettingsError("polygon", points.shape, "three or more vertices (y, x)")
    mask = np.zeros(shape, bool)
    mask[polygon(points[:, 0], points[:, 1], shape)] = True  # type: ignore[no-untyped-call]
    return mask
