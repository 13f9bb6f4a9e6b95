"""Outlines drawn in labelme, and other programs that write its JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import ImageReadError
from imageseg.geometry import Circle, Mask, polygon_mask

Figure = Literal["polygon", "rectangle", "circle"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Outline:
    """One shape that somebody drew.

    Attributes
    ----------
    name
        Of its class.
    figure
        A rectangle has two opposite corners, a circle its centre and a point of
        its rim.
    points
        (N, 2) as (y, x), the centre of the first pixel at (0, 0).
    """

    name: str
    figure: Figure
    points: NDArray[np.float64]

    @property
    def vertices(self) -> NDArray[np.float64]:
        """Corners (N, 2) as (y, x); those of a circle lie one pixel apart."""
        if self.figure == "rectangle":
            (top, left), (bottom, right) = self.points
            return np.array(
                [(top, left), (top, right), (bottom, right), (bottom, left)]
            )
        if self.figure == "circle":
            circle = self._circle()
            angles = np.linspace(0, 2 * np.pi, max(int(6.3 * circle.radius), 8), False)  # noqa: FBT003  numpy's order
            centre = np.array((circle.y, circle.x))
            return centre + circle.radius * np.stack(
                (np.sin(angles), np.cos(angles)), 1
            )
        return self.points

    def mask(self, shape: tuple[int, int]) -> Mask:
        """Return which pixels of a plane (Y, X) have their centre inside."""
        if self.figure == "circle":
            return self._circle().mask(shape)
        return polygon_mask(self.vertices, shape)

    def _circle(self) -> Circle:
        (y, x), (rim_y, rim_x) = self.points
        return Circle(y, x, float(np.hypot(rim_y - y, rim_x - x)))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Outlines:
    """All shapes drawn on one image.

    Attributes
    ----------
    path
        The file they come from.
    shape
        Rows and columns of the image.
    outlines
        In the order they were drawn.
    """

    path: Path
    shape: tuple[int, int]
    outlines: tuple[Outline, ...]

    def labels(self, names: Sequence[str], *, background: int = 1) -> NDArray[np.uint8]:
        """Fill the outlines with their classes; later ones lie above earlier ones.

        Parameters
        ----------
        names
            Class names in order of their ids; upper and lower case are the same.
        background
            Label of what lies in no outline; 0 is not annotated.

        Raises
        ------
        ImageReadError
            An outline's name is none of the classes.
        """
        known = {name.casefold(): k for k, name in enumerate(names, start=1)}
        labels = np.full(self.shape, background, np.uint8)
        for outline in self.outlines:
            if outline.name.casefold() not in known:
                raise ImageReadError(
                    self.path,
                    f"it outlines {outline.name!r}, which is none of the classes "
                    f"{', '.join(names) or '(no names were given)'}. Rename it, or "
                    "add the class.",
                )
            labels[outline.mask(self.shape)] = known[outline.name.casefold()]
        return labels


def is_labelme(path: Path) -> bool:
    """Tell by the name whether a file holds outlines rather than pixels."""
    return path.suffix.lower() == ".json"


def read_labelme(path: Path | str) -> Outlines:
    """Read the polygons, rectangles and circles of a labelme file.

    labelme counts from the upper left corner of the first pixel; half a pixel is
    taken off, so that its centre is at (0, 0).

    Raises
    ------
    ImageReadError
        It is no such file, or holds lines or points, which have no area.
    """
    path = Path(path)
    try:
        content = json.loads(path.read_text("utf-8"))
        shape = int(content["imageHeight"]), int(content["imageWidth"])
        outlines = tuple(_outline(path, drawn) for drawn in content["shapes"])
    except OSError as error:
        raise ImageReadError(path, error.strerror or str(error)) from error
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise ImageReadError(
            path, "it is no labelme file (shapes, imageHeight, imageWidth)."
        ) from error
    return Outlines(path=path, shape=shape, outlines=outlines)


def _outline(path: Path, drawn: dict[str, Any]) -> Outline:
    figure: Figure = drawn.get("shape_type") or "polygon"
    if figure not in get_args(Figure):
        raise ImageReadError(
            path,
            f"it holds a {figure}, which has no area. Draw polygons, rectangles or "
            "circles.",
        )
    points = np.array(drawn["points"], float)[:, ::-1] - 0.5
    enough = len(points) >= 3 if figure == "polygon" else len(points) == 2
    if not enough:
        raise ImageReadError(path, f"a {figure} in it has {len(points)} points.")
    return Outline(name=str(drawn["label"]), figure=figure, points=points)
