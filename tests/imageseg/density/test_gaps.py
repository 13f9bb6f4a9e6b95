"""Gap fractions are found where they were put."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseg.classes import ClassScheme
from imageseg.density import Lens, Projection, gap_fractions
from imageseg.density.lens import azimuth
from imageseg.errors import SettingsError, ShapeMismatchError
from imageseg.geometry import Circle

SCHEME = ClassScheme.from_names(["canopy", "sky"], "hemispherical")
SIZE = 401
CIRCLE = Circle(200, 200, 200.5)
SHAPE = (SIZE, SIZE)


def sky_where(condition: np.ndarray) -> np.ndarray:
    return np.where(condition, 2, 1).astype(np.uint8)


@pytest.mark.parametrize(
    "projection", ["equidistant", "equisolid", "orthographic", "stereographic"]
)
def test_an_open_ring_is_found_whatever_the_lens(projection: Projection) -> None:
    lens = Lens(projection)
    zenith = lens.zenith(CIRCLE, SHAPE)
    labels = sky_where((zenith >= 30) & (zenith < 40))

    table = gap_fractions(labels, CIRCLE, lens, scheme=SCHEME, sectors=4)

    assert len(table) == 9 * 4
    opened = table.loc[table["gap_fraction"] == 1, "ring"]
    assert sorted(opened) == [4] * 4
    assert (table.loc[table["ring"] != 4, "gap_fraction"] == 0).all()
    assert table.loc[12, ["zenith_from_deg", "zenith_to_deg"]].tolist() == [30, 40]


def test_half_a_sky_fills_half_of_the_sectors() -> None:
    right = azimuth(CIRCLE, SHAPE) < 180

    table = gap_fractions(sky_where(right), CIRCLE, scheme=SCHEME, rings=3, sectors=8)

    assert (table.loc[table["sector"] <= 4, "gap_fraction"] == 1).all()
    assert (table.loc[table["sector"] > 4, "gap_fraction"] == 0).all()
    assert table.loc[3, ["azimuth_from_deg", "azimuth_to_deg"]].tolist() == [135, 180]


@given(rings=st.integers(1, 20), sectors=st.integers(1, 20))
def test_cells_partition_the_circle(rings: int, sectors: int) -> None:
    circle = Circle(20.3, 18.7, 17)
    labels = np.random.default_rng(3).integers(0, 3, (40, 41), dtype=np.uint8)
    inside = circle.mask(labels.shape)

    table = gap_fractions(labels, circle, scheme=SCHEME, rings=rings, sectors=sectors)

    assert len(table) == rings * sectors
    assert table["pixels"].sum() == np.sum(labels[inside] > 0)
    gaps = (table["pixels"] * table["gap_fraction"]).sum()
    assert gaps == pytest.approx(np.sum(labels[inside] == 2))


def test_excluded_and_unlabelled_pixels_count_nowhere() -> None:
    scheme = ClassScheme.from_names(["canopy", "sky", "sun"], "hemispherical")
    labels = np.full(SHAPE, 2, np.uint8)
    labels[:, :200] = 1
    labels[:150] = 3
    labels[300:] = 0

    table = gap_fractions(
        labels, CIRCLE, scheme=scheme.changed(3, excluded=True), rings=1, sectors=1
    )

    inside = CIRCLE.mask(SHAPE)
    inside[:150] = inside[300:] = False
    assert table["pixels"].tolist() == [inside.sum()]
    assert table["gap_fraction"][0] == pytest.approx(
        inside[:, 200:].sum() / inside.sum()
    )


def test_cells_without_pixels_have_no_gap_fraction() -> None:
    labels = np.zeros(SHAPE, np.uint8)
    labels[:200] = 2

    table = gap_fractions(labels, CIRCLE, scheme=SCHEME, rings=1, sectors=4)

    assert table["gap_fraction"].isna().tolist() == [False, True, True, False]


def test_rings_may_be_chosen_and_leave_holes() -> None:
    zenith = Lens().zenith(CIRCLE, SHAPE)
    rings = [(0, 13), (16, 28), (28, 43.5)]

    table = gap_fractions(
        sky_where(zenith < 28), CIRCLE, scheme=SCHEME, rings=rings, sectors=1
    )

    for pixels, (low, high) in zip(table["pixels"], rings, strict=True):
        # the outer limit belongs to the last ring
        upper = zenith <= high if high == 43.5 else zenith < high
        assert pixels == np.sum((zenith >= low) & upper)
    assert table["gap_fraction"].tolist() == [1, 1, 0]


@pytest.mark.parametrize(
    "rings",
    [0, [], [(10, 10)], [(20, 10)], [(0, 20), (10, 30)], [(0, 95)], [(-5, 10)]],
    ids=str,
)
def test_rings_that_make_no_sense_are_refused(rings: object) -> None:
    with pytest.raises(SettingsError, match="rings"):
        gap_fractions(np.ones(SHAPE, np.uint8), CIRCLE, scheme=SCHEME, rings=rings)


def test_there_is_a_sector() -> None:
    with pytest.raises(SettingsError, match="sectors is 0"):
        gap_fractions(np.ones(SHAPE, np.uint8), CIRCLE, scheme=SCHEME, sectors=0)


def test_a_circle_away_from_the_picture_is_refused() -> None:
    with pytest.raises(ShapeMismatchError, match="Nothing is labelled inside"):
        gap_fractions(np.ones((9, 9), np.uint8), Circle(50, 50, 5), scheme=SCHEME)


def test_a_stack_is_no_photograph() -> None:
    with pytest.raises(ShapeMismatchError, match="are a stack"):
        gap_fractions(np.ones((3, 9, 9), np.uint8), Circle(4, 4, 4), scheme=SCHEME)


def test_sky_is_known_by_name_in_other_contexts_too() -> None:
    generic = ClassScheme.from_names(["Sky", "leaves"])
    labels = np.ones((9, 9), np.uint8)

    table = gap_fractions(labels, Circle(4, 4, 4), scheme=generic)

    assert (table["gap_fraction"].dropna() == 1).all()


def test_without_a_sky_there_are_no_gaps() -> None:
    scheme = ClassScheme.from_names(["leaves", "soil"])

    with pytest.raises(SettingsError, match="with one called sky"):
        gap_fractions(np.ones((9, 9), np.uint8), Circle(4, 4, 4), scheme=scheme)
