"""Leaf area and openness are those that synthetic canopies were made with."""

from __future__ import annotations

import math

import numpy as np
import pytest

from imageseg.classes import ClassScheme
from imageseg.density import LAI_2000_RINGS, Hemisphere, Lens, measure_hemisphere
from imageseg.density.lens import azimuth
from imageseg.geometry import Circle

SCHEME = ClassScheme.from_names(["canopy", "sky"], "hemispherical")
SIZE = 801
CIRCLE = Circle(400, 400, 400.5)
SHAPE = (SIZE, SIZE)
PROJECTIONS = ("equidistant", "equisolid", "orthographic", "stereographic")


def canopy(leaf_area: float | np.ndarray, lens: Lens) -> np.ndarray:
    """Draw leaves of all inclinations (K = 0.5) at random: P = exp(-K L / cos θ)."""
    zenith = np.radians(np.nan_to_num(lens.zenith(CIRCLE, SHAPE)))
    gap = np.exp(-0.5 * leaf_area / np.maximum(np.cos(zenith), 1e-9))
    return np.where(np.random.default_rng(5).random(SHAPE) < gap, 2, 1).astype(np.uint8)


def measured(labels: np.ndarray, lens: Lens | None = None, **options) -> Hemisphere:
    return measure_hemisphere(labels, CIRCLE, lens or Lens(), scheme=SCHEME, **options)


@pytest.mark.parametrize("leaf_area", [0.5, 2, 4])
@pytest.mark.parametrize("projection", PROJECTIONS)
def test_random_leaves_give_their_leaf_area(projection: str, leaf_area: float) -> None:
    lens = Lens(projection)

    hemisphere = measured(canopy(leaf_area, lens), lens)

    assert hemisphere.lai_effective == pytest.approx(leaf_area, rel=0.04)
    assert hemisphere.lai == pytest.approx(leaf_area, rel=0.04)
    assert hemisphere.clumping == pytest.approx(1, abs=0.01)
    assert hemisphere.saturated_rings == hemisphere.saturated_cells == 0


@pytest.mark.parametrize("projection", PROJECTIONS)
def test_openness_is_the_integral_over_solid_angles(projection: str) -> None:
    lens = Lens(projection)
    theta = np.linspace(0, math.pi / 2, 20_001)[:-1]
    gap = np.exp(-0.5 * 2 / np.cos(theta))
    expected = np.trapezoid(gap * np.sin(theta), theta)  # of 2π, over 2π

    assert measured(canopy(2, lens), lens).openness == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("projection", PROJECTIONS)
def test_the_sky_above_60_degrees_is_half_of_the_hemisphere(projection: str) -> None:
    lens = Lens(projection)
    labels = np.where(lens.zenith(CIRCLE, SHAPE) < 60, 2, 1).astype(np.uint8)

    # 1 - cos 60° = 0.5
    assert measured(labels, lens).openness == pytest.approx(0.5, abs=1e-9)


def test_a_canopy_in_two_densities_is_clumped_by_the_formula() -> None:
    lens = Lens()
    half = azimuth(CIRCLE, SHAPE) < 180
    labels = canopy(np.where(half, 1.0, 5.0), lens)

    hemisphere = measured(labels, lens, sectors=2)

    assert hemisphere.lai == pytest.approx(3, rel=0.04)  # the mean of both
    angles = np.radians([7, 23, 38, 53, 68])
    weights = [0.034, 0.104, 0.160, 0.218, 0.484]
    mean_gap = np.mean([np.exp(-0.5 * n / np.cos(angles)) for n in (1, 5)], axis=0)
    effective = 2 * np.sum(-np.log(mean_gap) * np.cos(angles) * weights)
    assert hemisphere.lai_effective == pytest.approx(effective, rel=0.04)
    assert hemisphere.clumping < 0.85


def test_an_open_sky_has_no_leaves() -> None:
    hemisphere = measured(np.full(SHAPE, 2, np.uint8))

    assert hemisphere.openness == 1
    assert hemisphere.lai_effective == hemisphere.lai == 0
    assert math.isnan(hemisphere.clumping)


def test_rings_without_gap_are_counted_and_bound_the_leaf_area() -> None:
    zenith = Lens().zenith(CIRCLE, SHAPE)
    labels = np.where(zenith < 45, 2, 1).astype(np.uint8)

    hemisphere = measured(labels, sectors=4)

    assert hemisphere.saturated_rings == 2
    assert hemisphere.saturated_cells == 8
    assert math.isfinite(hemisphere.lai_effective)
    contacts = [
        -math.log(0.5 / np.sum((zenith >= low) & (zenith < high))) * math.cos(middle)
        for (low, high), middle in zip(
            LAI_2000_RINGS[3:], np.radians([53, 68]), strict=True
        )
    ]
    expected = 2 * (contacts[0] * 0.218 + contacts[1] * 0.484)
    assert hemisphere.lai_effective == pytest.approx(expected, rel=1e-3)


def test_a_narrow_lens_does_with_the_rings_it_sees() -> None:
    lens = Lens("equidistant", 90)

    hemisphere = measured(canopy(2, lens), lens)

    assert hemisphere.lai_effective == pytest.approx(2, rel=0.04)
    assert hemisphere.gaps.rings[-1][1] == 45


def test_a_lens_that_sees_no_ring_gives_no_leaf_area() -> None:
    lens = Lens("equidistant", 20)

    hemisphere = measured(canopy(2, lens), lens)

    assert math.isnan(hemisphere.lai_effective)
    assert math.isnan(hemisphere.lai)
    assert 0 < hemisphere.openness < 1


def test_what_a_wide_lens_sees_below_the_horizon_is_no_sky() -> None:
    lens = Lens("equidistant", 220)
    labels = np.where(lens.zenith(CIRCLE, SHAPE) > 90, 2, 1).astype(np.uint8)

    assert measured(labels, lens).openness == 0


def test_a_row_and_a_table_say_it_all() -> None:
    hemisphere = measured(canopy(1, Lens()), rings=6, sectors=3)

    assert list(hemisphere.row()) == [
        "canopy_openness",
        "lai_effective",
        "lai",
        "clumping_index",
        "saturated_rings",
        "saturated_cells",
    ]
    assert len(hemisphere.table()) == 18
