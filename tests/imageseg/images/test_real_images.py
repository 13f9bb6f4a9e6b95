"""Every real image is read as other libraries read it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from skimage.io import imread

from imageseg.images import describe_image, find_images, image_table, read_image

SETS = {
    "canopy_sky": 8,
    "em_membrane": 30,
    "nuclei_fluo": 160,
    "wbc_yellow": 300,
    "pavement_cracks": 118,
    "whale_flukes": 148,
    "street_scene": 84,
    "hippocampus_mri": 100,
}


@pytest.mark.parametrize("name", SETS)
def test_all_files_of_a_set_are_found_and_described(real_data: Path, name: str) -> None:
    table = image_table(find_images([real_data / name / "images"]))

    assert len(table) >= SETS[name]
    assert (table["error"] == "").all()


@pytest.mark.parametrize("name", SETS)
def test_pixels_are_those_that_scikit_image_reads(real_data: Path, name: str) -> None:
    for folder in "images", "masks":
        for path in find_images([real_data / name / folder])[:12]:
            image, expected = read_image(path), imread(path)

            assert describe_image(path).shape == expected.shape
            assert image.dtype == expected.dtype
            np.testing.assert_array_equal(image, expected)
