"""Densities go by the names of their field."""

from __future__ import annotations

import math

import numpy as np
import pytest

from imageseg.classes import CANOPY, ClassScheme, Context
from imageseg.density import Density, measure_density
from imageseg.units import PixelSize

QUARTER = np.array([[1, 1, 1, 2]], np.uint8)


def measured(context: Context, names: list[str], region: str = "whole") -> Density:
    scheme = ClassScheme.from_names(names, context)
    return measure_density(QUARTER, region, scheme=scheme)


@pytest.mark.parametrize(
    ("context", "names", "region", "quantities"),
    [
        (
            "canopy",
            ["canopy", "sky"],
            "whole",
            {"canopy cover": 0.75, "openness": 0.25},
        ),
        (
            "canopy",
            ["canopy", "sky"],
            "4x1+0+0",
            {"canopy cover": 0.75, "openness": 0.25},
        ),
        (
            "canopy",
            ["canopy", "sky"],
            "circle 2,0,1.5",
            {"canopy closure": 2 / 3, "openness": 1 / 3},
        ),
        (
            "hemispherical",
            ["canopy", "sky"],
            "whole",
            {"canopy closure": 0.75, "gap fraction": 0.25},
        ),
        (
            "understory",
            ["vegetation", "sheet"],
            "whole",
            {"understory vegetation density": 0.75, "openness": 0.25},
        ),
        ("generic", ["canopy", "sky"], "whole", {}),
        ("canopy", ["leaves", "gaps"], "whole", {}),
        ("understory", ["vegetation", "sky"], "whole", {}),
    ],
)
def test_quantities_go_by_context_and_region(
    context: Context, names: list[str], region: str, quantities: dict[str, float]
) -> None:
    assert measured(context, names, region).quantities == pytest.approx(quantities)


def test_a_row_names_its_columns_without_blanks() -> None:
    scheme = ClassScheme.from_names(["canopy", "sky", "wet stem"], context="canopy")

    row = measure_density(QUARTER, "circle 2,0,1.5", scheme=scheme).row()

    assert list(row) == [
        "region",
        "pixels",
        "canopy_fraction",
        "sky_fraction",
        "wet_stem_fraction",
        "canopy_closure",
        "openness",
    ]
    assert row["region"] == "circle 2,0,1.5"
    assert row["wet_stem_fraction"] == 0


def test_units_stand_in_the_name_of_the_column() -> None:
    size = PixelSize(0.5, 0.5, unit="µm")

    row = measure_density(QUARTER, scheme=CANOPY, pixel_size=size).row()

    assert row["area_um2"] == 1.0
    assert all(name.isascii() for name in row)


def test_classes_that_differ_in_a_blank_only_keep_their_columns() -> None:
    scheme = ClassScheme.from_names(["dry leaf", "dry_leaf", "stem"])

    row = measure_density(QUARTER, scheme=scheme).row()

    assert row["dry leaf_fraction"] == 0.75
    assert row["dry_leaf_fraction"] == 0.25


def test_all_classes_have_their_column_also_those_not_seen() -> None:
    scheme = ClassScheme.from_names([f"c{k}" for k in range(1, 6)])

    fractions = measure_density(QUARTER, scheme=scheme).fractions

    assert fractions == {"c1": 0.75, "c2": 0.25, "c3": 0, "c4": 0, "c5": 0}


def test_an_empty_region_has_no_overexposed_share() -> None:
    density = Density(
        scheme=CANOPY,
        region=measured("generic", ["a", "b"]).region,
        counts={"canopy": 0, "sky": 0},
        overexposed=0,
    )

    assert density.overexposed_share is not None
    assert math.isnan(density.overexposed_share)
