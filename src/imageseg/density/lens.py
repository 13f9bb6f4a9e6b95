"""Where in the sky the pixels of a fisheye photograph look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imageseg.errors import SettingsError
from imageseg.geometry import Circle

Projection = Literal["equidistant", "equisolid", "orthographic", "stereographic"]
"""How a fisheye lens maps zenith angles to distances from the centre."""

Angles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lens:
    """A fisheye lens that looks straight up.

    The distance r of a picture from the centre, for zenith angle θ and focal
    length f (Schneider, Schwalbe & Maas 2009,
    doi:10.1016/j.isprsjprs.2009.01.005; Herbert 1987,
    doi:10.1016/0168-1923(87)90039-6)::

        equidistant     r = f θ
        equisolid       r = 2 f sin(θ/2)
        orthographic    r = f sin θ
        stereographic   r = 2 f tan(θ/2)

    The focal length follows from the image circle: its rim is at half of the
    field of view.

    Attributes
    ----------
    projection
        Which of these.
    field_of_view
        Angle that the image circle spans, degrees.
    """

    projection: Projection = "equidistant"
    field_of_view: float = 180.0

    def __post_init__(self) -> None:
        known = get_args(Projection)
        if self.projection not in known:
            raise SettingsError("lens", self.projection, f"one of {', '.join(known)}")
        widest = 180 if self.projection == "orthographic" else 240
        if not 0 < self.field_of_view <= widest:
            raise SettingsError(
                "field of view", self.field_of_view, f"above 0 to {widest} degrees"
            )

    @classmethod
    def of(cls, lens: Lens | Projection) -> Lens:
        """Take a lens as it is, or the projection of one that sees 180 degrees."""
        return lens if isinstance(lens, Lens) else cls(lens)

    @property
    def widest(self) -> float:
        """Zenith angle at the rim, degrees."""
        return self.field_of_view / 2

    @property
    def horizon(self) -> float:
        """Largest zenith angle that is seen and still sky, degrees."""
        return min(self.widest, 90.0)

    def radius(self, zenith: ArrayLike) -> Angles:
        """Return the distance from the centre as a share of the circle's radius.

        Parameters
        ----------
        zenith
            Zenith angles, degrees.
        """
        return np.asarray(
            self._project(np.radians(zenith)) / self._project(np.radians(self.widest))
        )

    def zenith(self, circle: Circle, shape: tuple[int, int]) -> Angles:
        """Return the zenith angle of every pixel (Y, X), degrees; NaN outside."""
        y, x = np.ogrid[: shape[0], : shape[1]]
        share = np.hypot(y - circle.y, x - circle.x) / circle.radius
        share = np.where(share <= 1, share, np.nan)
        return np.degrees(
            self._project_back(share * self._project(np.radians(self.widest)))
        )

    def _project(self, theta: ArrayLike) -> Angles:
        """Return r / f."""
        angles = np.asarray(theta, float)
        if self.projection == "equidistant":
            return angles
        if self.projection == "equisolid":
            return np.asarray(2 * np.sin(angles / 2))
        if self.projection == "orthographic":
            return np.asarray(np.sin(angles))
        return np.asarray(2 * np.tan(angles / 2))

    def _project_back(self, r: Angles) -> Angles:
        """Return θ for r / f."""
        if self.projection == "equidistant":
            return r
        if self.projection == "equisolid":
            return np.asarray(2 * np.arcsin(r / 2))
        if self.projection == "orthographic":
            return np.asarray(np.arcsin(np.minimum(r, 1)))  # rounding at the rim
        return np.asarray(2 * np.arctan(r / 2))


def azimuth(circle: Circle, shape: tuple[int, int]) -> Angles:
    """Return the direction of every pixel (Y, X) from the centre.

    Degrees from 0 to 360, clockwise from the top of the image. In a photograph
    taken upwards with its top to the north, east is at 270 degrees.
    """
    y, x = np.ogrid[: shape[0], : shape[1]]
    return np.asarray(np.degrees(np.arctan2(x - circle.x, circle.y - y)) % 360)
