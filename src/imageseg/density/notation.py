"""Regions from what people write, and from files."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imageseg.density.regions import (
    WHOLE,
    CentredCircle,
    Placed,
    Region,
    Shape,
    quadrats,
    some,
)
from imageseg.errors import ImageReadError, SettingsError, ShapeMismatchError
from imageseg.geometry import Box, Circle, Mask
from imageseg.images import sniff
from imageseg.masks import Outline, is_labelme, read_codes, read_labelme

_EXPECTED = (
    "whole, circle, a circle's diameter as a share, circle X,Y,RADIUS, "
    "WIDTHxHEIGHT+LEFT+TOP, or a mask or labelme file that exists"
)
_GRID = re.compile(r"(?:grid\s*)?(\d+)x(\d+)")


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What somebody drew in a file: a mask, or outlines.

    Attributes
    ----------
    name
        In tables.
    path
        Where it comes from.
    size
        Rows and columns of the image it was drawn on.
    draw
        Returns the pixels inside, for a plane of that size.
    """

    name: str
    path: Path
    size: Shape
    draw: Callable[[], Mask]

    def __str__(self) -> str:
        return self.name

    def mask(self, shape: Shape) -> Mask:
        """Return the pixels inside."""
        if tuple(shape) != self.size:
            sizes = [f"{columns}×{rows}" for rows, columns in (self.size, shape)]
            raise ShapeMismatchError(
                f"{self.path} was drawn on an image of {sizes[0]} pixels, but this one "
                f"has {sizes[1]}. Draw it on the image that is measured."
            )
        return some(self.draw(), self)


def parse_region(text: str | float | Path | Region) -> Region:
    """Understand a region as people write it.

    Parameters
    ----------
    text
        ``"whole"``; ``"circle"``, as large as the image; its diameter as a share
        of the shorter side, ``"0.9"``; ``"circle X,Y,RADIUS"`` and
        ``"WIDTHxHEIGHT+LEFT+TOP"`` in pixels; or a file: a mask, not 0 inside,
        or a labelme file, inside of any of its outlines.

    Raises
    ------
    SettingsError
        It is none of these.
    ImageReadError
        The file cannot be read.
    """
    if isinstance(text, float | Real):  # the second for numpy's
        return CentredCircle(float(text))
    if not isinstance(text, str | Path):
        return text
    key = str(text).strip()
    found = _by_words(key.casefold())
    if found is not None:
        return found
    if key and Path(key).is_file():
        return read_region(Path(key))
    raise SettingsError("region", text, _EXPECTED)


def parse_plots(text: str | Path) -> list[Region]:
    """Understand several regions of one image: quadrats, or plots drawn in a file.

    Parameters
    ----------
    text
        ``"grid COLUMNSxROWS"``; a labelme file, one region for each name in it;
        or a label image, one region for each value but 0.

    Raises
    ------
    SettingsError
        It is none of these.
    ImageReadError
        The file cannot be read, or nothing is drawn in it.
    """
    key = str(text).strip()
    grid = _GRID.fullmatch(key.casefold())
    if grid is not None:
        return [*quadrats(rows=int(grid[2]), columns=int(grid[1]))]
    if key and Path(key).is_file():
        return read_plots(Path(key))
    raise SettingsError(
        "plots", text, "grid COLUMNSxROWS, or a labelme file or label image that exists"
    )


def read_region(path: Path) -> Region:
    """Read one region from a file.

    Parameters
    ----------
    path
        A mask: not 0 is inside (in a JPEG, whose values are blurred, 128 and
        above); or a labelme file: any outline is inside.

    Raises
    ------
    ImageReadError
        It cannot be read, or nothing is drawn in it.
    """
    if is_labelme(path):
        drawn = read_labelme(path)
        _check_drawn(path, len(drawn.outlines))
        return Drawn(str(path), path, drawn.shape, _filled(drawn.outlines, drawn.shape))
    values = _read_plane(path)
    inside = values >= 128 if sniff(path) == "jpeg" else values != 0
    _check_drawn(path, int(inside.sum()))
    return Drawn(str(path), path, inside.shape, lambda: inside)


def read_plots(path: Path) -> list[Region]:
    """Read several regions from a file.

    Parameters
    ----------
    path
        A labelme file: outlines of one name are one region; or a label image:
        each value but 0 is one.

    Raises
    ------
    ImageReadError
        It cannot be read, or nothing is drawn in it.
    """
    if is_labelme(path):
        return _named_outlines(path)
    if sniff(path) == "jpeg":
        raise ImageReadError(path, "JPEG blurs label values. Save it as PNG or TIFF.")
    labels = _read_plane(path)
    values = [v for v in np.unique(labels).tolist() if v]
    _check_drawn(path, len(values))
    return [Drawn(f"{v:g}", path, labels.shape, _equal(labels, v)) for v in values]


def _by_words(key: str) -> Region | None:
    if key == "whole":
        return WHOLE
    if key == "circle":
        return CentredCircle()
    numbers = _numbers(key.removeprefix("circle"))
    if numbers is not None and len(numbers) == 1:
        return CentredCircle(numbers[0])
    if numbers is not None and len(numbers) == 3 and key.startswith("circle"):
        x, y, radius = numbers
        return Placed(Circle(y, x, radius))
    try:
        return Placed(Box.parse(key))
    except SettingsError:
        return None


def _numbers(text: str) -> tuple[float, ...] | None:
    try:
        return tuple(map(float, text.split(",")))
    except ValueError:
        return None


def _named_outlines(path: Path) -> list[Region]:
    drawn = read_labelme(path)
    _check_drawn(path, len(drawn.outlines))
    by_name: dict[str, list[Outline]] = {}
    for outline in drawn.outlines:
        by_name.setdefault(outline.name, []).append(outline)
    return [
        Drawn(name, path, drawn.shape, _filled(outlines, drawn.shape))
        for name, outlines in by_name.items()
    ]


def _filled(outlines: Sequence[Outline], shape: Shape) -> Callable[[], Mask]:
    return lambda: np.any([outline.mask(shape) for outline in outlines], axis=0)


def _equal(labels: NDArray[Any], value: float) -> Callable[[], Mask]:
    return lambda: np.asarray(labels == value)


def _read_plane(path: Path) -> NDArray[Any]:
    values = read_codes(path)
    if values.ndim != 2:
        raise ImageReadError(
            path,
            f"a region is one grey plane, but this has the shape {values.shape}.",
        )
    return values


def _check_drawn(path: Path, count: int) -> None:
    if not count:
        raise ImageReadError(path, "nothing is drawn in it.")
