"""Lenses map angles to distances and back, as their formulas say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseg.density import Lens, Projection
from imageseg.density.lens import azimuth
from imageseg.errors import SettingsError
from imageseg.geometry import Circle

# r / f, written out once more by hand
FORMULAS = {
    "equidistant": lambda t: t,
    "equisolid": lambda t: 2 * math.sin(t / 2),
    "orthographic": math.sin,
    "stereographic": lambda t: 2 * math.tan(t / 2),
}
every_projection = pytest.mark.parametrize("projection", FORMULAS)


@every_projection
@pytest.mark.parametrize("view", [90, 150, 180])
def test_distances_are_those_of_the_formula(projection: Projection, view: int) -> None:
    formula, rim = FORMULAS[projection], math.radians(view / 2)
    lens = Lens(projection, view)
    for degrees in (0, 10, 30, view / 2):
        expected = formula(math.radians(degrees)) / formula(rim)

        assert lens.radius(degrees) == pytest.approx(expected)


@every_projection
@given(x=st.floats(-1, 1), y=st.floats(-1, 1), view=st.floats(20, 180))
def test_angles_of_pixels_invert_the_formula(
    projection: Projection, x: float, y: float, view: float
) -> None:
    lens = Lens(projection, view)
    circle = Circle(y=-100 * y, x=-100 * x, radius=100)

    zenith = lens.zenith(circle, (1, 1))[0, 0]

    share = math.hypot(x, y)
    if share > 1:
        assert math.isnan(zenith)
    else:
        assert lens.radius(zenith) == pytest.approx(share, abs=1e-9)


@every_projection
def test_the_hemisphere_has_a_solid_angle_of_two_pi(projection: Projection) -> None:
    size, circle = 801, Circle(400, 400, 400.5)
    lens = Lens(projection)
    theta = np.radians(lens.zenith(circle, (size, size)))
    formula = np.vectorize(FORMULAS[projection])
    r, step = formula(theta), 1e-6
    slope = (formula(theta + step) - formula(theta - step)) / (2 * step)
    with np.errstate(divide="ignore", invalid="ignore"):
        per_area = np.sin(theta) / (r * slope)  # sin θ dθ dφ over r dr dφ
    per_area[400, 400] = 1  # its limit in the middle
    pixel = (FORMULAS[projection](math.pi / 2) / circle.radius) ** 2
    # dr/dθ of an orthographic lens is 0 at the rim: its last pixels are endless
    inside = theta < math.radians(89 if projection == "orthographic" else 90)

    total = pixel * np.sum(per_area[inside])

    expected = 2 * math.pi * (1 - math.cos(theta[inside].max()))
    assert total == pytest.approx(expected, rel=0.005)


def test_what_is_outside_the_circle_has_no_zenith_angle() -> None:
    zenith = Lens().zenith(Circle(5, 5, 3), (11, 11))

    assert zenith[5, 5] == 0
    assert zenith[5, 8] == pytest.approx(90)
    assert np.isnan(zenith[5, 9])
    assert np.isnan(zenith[0, 0])


def test_azimuths_go_clockwise_from_the_top() -> None:
    angles = azimuth(Circle(2, 2, 2), (5, 5))

    assert angles[0, 2] == 0
    assert angles[2, 4] == 90
    assert angles[4, 2] == 180
    assert angles[2, 0] == 270
    assert angles[0, 4] == pytest.approx(45)


def test_the_horizon_ends_the_sky_of_wider_lenses() -> None:
    assert Lens("equidistant", 150).horizon == 75
    assert Lens("equidistant", 200).horizon == 90


def test_a_projection_stands_for_a_lens_of_180_degrees() -> None:
    assert Lens.of("equisolid") == Lens("equisolid", 180)
    assert Lens.of(Lens("equisolid", 150)) == Lens("equisolid", 150)


@pytest.mark.parametrize("view", [0, -10, 250, math.nan])
def test_a_field_of_view_is_an_angle(view: float) -> None:
    with pytest.raises(SettingsError, match="field of view"):
        Lens("equidistant", view)


def test_an_orthographic_lens_ends_at_the_horizon() -> None:
    with pytest.raises(SettingsError, match="above 0 to 180 degrees"):
        Lens("orthographic", 190)


def test_an_unknown_projection_is_refused() -> None:
    with pytest.raises(SettingsError, match="one of equidistant, equisolid"):
        Lens("fisheye")  # type: ignore[arg-type]
