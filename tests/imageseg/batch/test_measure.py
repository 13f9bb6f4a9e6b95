"""What is measured besides the shares is what it would be by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tifffile

from imageseg.batch import Extras, Found
from imageseg.batch.measure import measure_image
from imageseg.classes import CANOPY
from imageseg.density import (
    WHOLE,
    CentredCircle,
    Lens,
    Region,
    measure_density,
    measure_hemisphere,
    measure_slices,
)
from imageseg.errors import ImageReadError
from imageseg.geometry import Circle
from imageseg.inference import Prediction
from imageseg.units import PixelSize


def predicted(labels: np.ndarray) -> Prediction:
    probabilities = np.stack([labels == 1, labels == 2]).astype(np.float32)
    return Prediction(probabilities=probabilities, scheme=CANOPY)


def measured(
    labels: np.ndarray,
    image: np.ndarray | None = None,
    *regions: Region,
    path: Path,
    **extras: Any,
) -> Found:
    """Measure labels in regions, the whole image if none are given."""
    if not path.exists():
        tifffile.imwrite(path, np.zeros((4, 5), np.uint8))
    pixels = np.zeros((*labels.shape, 3), np.uint8) if image is None else image
    places = list(regions or [WHOLE])
    return measure_image(
        path, pixels, predicted(labels), lambda *_: places, Extras(**extras)
    )


@pytest.fixture
def labels(rng: np.random.Generator) -> np.ndarray:
    return rng.integers(1, 3, (60, 80), dtype=np.uint8)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.tif"


def test_by_default_there_is_the_density_alone(labels: np.ndarray, path: Path) -> None:
    found = measured(labels, path=path)

    assert found.rows == [measure_density(labels, scheme=CANOPY).row()]
    assert found.slices == found.rings == []


def test_the_pixel_size_is_that_of_the_file(labels: np.ndarray, path: Path) -> None:
    tifffile.imwrite(
        path,
        np.zeros((4, 5), np.uint8),
        imagej=True,
        resolution=(4, 4),  # pixels per unit
        metadata={"unit": "um"},
    )

    assert measured(labels, path=path).rows[0]["area_um2"] == labels.size / 16
    given = measured(labels, path=path, pixel_size=PixelSize(2, 2, unit="mm"))
    assert given.rows[0]["area_mm2"] == labels.size * 4
    assert "area_um2" not in given.rows[0]


def test_slices_of_stacks_get_rows_of_their_own(
    rng: np.random.Generator, path: Path
) -> None:
    stack = rng.integers(1, 3, (3, 20, 30), dtype=np.uint8)
    circle = CentredCircle(0.8)

    found = measured(stack, None, circle, WHOLE, path=path, slices=True)

    assert len(found.rows) == 2
    expected = [
        density.row()
        for region in (circle, WHOLE)
        for density in measure_slices(stack, region, scheme=CANOPY)
    ]
    assert found.slices == expected
    assert [row["slice"] for row in found.slices] == [0, 1, 2, 0, 1, 2]


def test_planes_have_no_slices(labels: np.ndarray, path: Path) -> None:
    assert measured(labels, path=path, slices=True).slices == []


def test_the_overexposed_share_is_that_of_the_photograph(
    labels: np.ndarray, path: Path
) -> None:
    image = np.zeros((60, 80, 3), np.uint8)
    image[:15] = 255

    found = measured(labels, image, path=path, overexposed=True)

    assert found.rows[0]["overexposed_share"] == 0.25


def test_a_lens_adds_openness_and_rings_of_its_circle(
    labels: np.ndarray, path: Path
) -> None:
    circle, lens = Circle(30, 40, 25), Lens("equisolid", 170)
    expected = measure_hemisphere(
        labels, circle, lens, scheme=CANOPY, rings=3, sectors=2
    )

    found = measured(labels, path=path, lens=lens, circle=circle, rings=3, sectors=2)

    (row,) = found.rows
    assert row["region"] == "circle 40,30,25"
    assert row["canopy_closure"] == pytest.approx(1 - row["gap_fraction"])
    assert "openness" not in row
    assert {k: row[k] for k in expected.row()} == expected.row()
    pd.testing.assert_frame_equal(pd.DataFrame(found.rings), expected.table())


def test_another_region_keeps_its_place_beside_a_lens(
    labels: np.ndarray, path: Path
) -> None:
    found = measured(
        labels, None, CentredCircle(0.5), path=path, lens=Lens(), circle=Circle(9, 9, 8)
    )

    assert found.rows[0]["region"] == "circle 0.5"


def test_the_circle_of_a_lens_is_found_in_the_photograph(path: Path) -> None:
    disc = Circle(150, 155, 120)
    image = np.where(disc.mask((300, 310))[..., None], 180, 0).astype(np.uint8)
    image = np.repeat(image, 3, axis=-1)

    found = measured(np.full((300, 310), 2, np.uint8), image, path=path, lens=Lens())

    assert found.rows[0]["canopy_openness"] == 1
    assert found.rows[0]["pixels"] == pytest.approx(np.pi * 120**2, rel=0.02)


def test_without_a_circle_the_shares_are_kept(labels: np.ndarray, path: Path) -> None:
    found = measured(labels, path=path, lens=Lens())

    (row,) = found.rows
    plain = measure_density(labels, scheme=CANOPY)
    assert row["error"] == "no image circle found; give --circle X,Y,RADIUS"
    assert (row["region"], row["pixels"]) == ("whole", labels.size)
    assert row["sky_fraction"] == plain.fractions["sky"]
    assert "lai" not in row
    assert found.rings == []


def test_time_points_are_no_depth(rng: np.random.Generator, path: Path) -> None:
    series = rng.integers(1, 3, (4, 3, 20, 30), dtype=np.uint8)
    tifffile.imwrite(path, series, ome=True, metadata={"axes": "TZYX"})
    image = np.where(series == 2, 255, 0).astype(np.uint8)
    size = PixelSize(2, 2, 5, "mm")

    found = measured(
        series, image, path=path, slices=True, overexposed=True, pixel_size=size
    )

    assert [row["time"] for row in found.rows] == [0, 1, 2, 3]
    assert [row["volume_mm3"] for row in found.rows] == [3 * 20 * 30 * 20] * 4
    sky = (series == 2).mean(axis=(1, 2, 3))
    assert [row["sky_fraction"] for row in found.rows] == pytest.approx(sky)
    assert [row["overexposed_share"] for row in found.rows] == pytest.approx(sky)
    places = [(row["time"], row["slice"]) for row in found.slices]
    assert places == [(t, z) for t in range(4) for z in range(3)]
    planes = (series == 2).mean(axis=(2, 3)).ravel()
    assert [row["sky_fraction"] for row in found.slices] == pytest.approx(planes)


def test_a_series_of_planes_has_areas(rng: np.random.Generator, path: Path) -> None:
    series = rng.integers(1, 3, (4, 20, 30), dtype=np.uint8)
    tifffile.imwrite(path, series, ome=True, metadata={"axes": "TYX"})

    found = measured(series, path=path, slices=True, pixel_size=PixelSize(2, 2, 5))

    assert [row["area_um2"] for row in found.rows] == [20 * 30 * 4] * 4
    assert found.slices == []


def test_rows_tell_where_they_are_from() -> None:
    found = Found(rows=[{"pixels": 3}], slices=[{"slice": 1}], rings=[{"ring": 2}])

    told = found.of(image="a.png", model="m")

    assert told.rows == [{"image": "a.png", "model": "m", "error": "", "pixels": 3}]
    assert told.slices == [{"image": "a.png", "model": "m", "slice": 1}]
    assert told.rings == [{"image": "a.png", "model": "m", "ring": 2}]


def test_an_error_of_the_row_stands() -> None:
    found = Found(rows=[{"error": "gone"}]).of(image="a.png")

    assert found.rows == [{"image": "a.png", "error": "gone"}]


def test_a_region_that_is_not_found_is_an_error(labels: np.ndarray, path: Path) -> None:
    def find(_path: Path, _image: np.ndarray) -> list[Region]:
        raise ImageReadError("plots", "there is no file named a in it.")

    with pytest.raises(ImageReadError, match="no file named a"):
        measure_image(path, labels, predicted(labels), find, Extras())
