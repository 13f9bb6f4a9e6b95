"""The part of an image in which a density is measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Region:
    """The whole image, or a centred circle.

    Attributes
    ----------
    ratio
        Diameter of the circle as a share of the shorter side, above 0 to 1;
        None for the whole image.
    """

    ratio: float | None = None

    def __post_init__(self) -> None:
        if self.ratio is not None and not 0 < self.ratio <= 1:
            raise SettingsError(
                "region",
                self.ratio,
                "whole, circle, or the circle's diameter as a share, above 0 to 1",
            )

    def __str__(self) -> str:
        if self.ratio is None:
            return "whole"
        return "circle" if self.ratio == 1 else f"circle {self.ratio:g}"

    def mask(self, shape: tuple[int, int]) -> NDArray[np.bool_]:
        """Return which pixels of a plane (Y, X) are inside."""
        if self.ratio is None:
            return np.ones(shape, bool)
        radius = _diameter(min(shape), self.ratio) / 2
        y, x = (np.arange(side) - (side - 1) / 2 for side in shape)
        return np.asarray(y[:, None] ** 2 + x[None, :] ** 2 <= radius**2)


WHOLE = Region()


def parse_region(text: str | float | Region) -> Region:
    """Understand ``"whole"``, ``"circle"`` and ``0.9``.

    Raises
    ------
    SettingsError
        It is none of these.
    """
    if isinstance(text, Region):
        return text
    named = {"whole": WHOLE, "circle": Region(1.0)}
    key = str(text).strip().casefold()
    if key in named:
        return named[key]
    try:
        return Region(float(key.removeprefix("circle").strip()))
    except ValueError as error:
        if isinstance(error, SettingsError):
            raise
        raise SettingsError("region", text, "whole, circle or a number") from error


def _diameter(size: int, ratio: float) -> int:
    """Round so that the circle sits centred on the pixel grid.

    imageseg's rule: the diameter becomes even, upwards. Its odd images lose a
    row; here an odd image has an odd diameter. No circle is empty.
    """
    diameter = round(size * ratio)
    return (diameter + (size - diameter) % 2) or 2
