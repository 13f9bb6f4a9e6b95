"""Results are told and never take the place of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from imageseg.batch import Outputs, beside, write_prediction
from imageseg.batch.outputs import protect
from imageseg.classes import ClassScheme
from imageseg.errors import SettingsError
from imageseg.images import describe_image, write_image
from imageseg.inference import Prediction
from imageseg.units import PixelSize

if TYPE_CHECKING:
    from pathlib import Path


def test_the_files_written_are_told(tmp_path: Path) -> None:
    scheme = ClassScheme.from_names(["a", "b", "c"])
    prediction = Prediction(
        probabilities=np.full((3, 5, 6), 1 / 3, np.float32), scheme=scheme
    )
    image = np.zeros((5, 6), np.uint8)

    files = write_prediction(tmp_path, "x", image, prediction, probabilities=True)

    assert set(files) == set(tmp_path.iterdir())
    assert len(files) == 3


@pytest.mark.parametrize("axes", ["TYX", "ZYX", "TYXC", None])
def test_labels_of_stacks_keep_axes_and_pixel_size(
    tmp_path: Path, axes: str | None
) -> None:
    scheme = ClassScheme.from_names(["a", "b", "c"])
    probabilities = np.full((4, 3, 5, 6), 1 / 3, np.float32)
    prediction = Prediction(probabilities=probabilities, scheme=scheme)
    size = PixelSize(0.25, 0.5, 2.0)
    image = np.zeros((4, 5, 6, 3) if axes == "TYXC" else (4, 5, 6), np.uint8)
    write_image(tmp_path / "x.tif", image, axes=axes, pixel_size=size)
    info = describe_image(tmp_path / "x.tif") if axes else None

    write_prediction(tmp_path / "out", "x", image, prediction, info=info)

    told = describe_image(tmp_path / "out" / "x_labels.tif")
    assert told.axes == (axes or "ZYX").removesuffix("C")
    assert told.pixel_size == (size if axes else None)


def test_tables_beside_the_table_have_its_name(tmp_path: Path) -> None:
    assert beside(tmp_path / "a.b.csv", "rings") == tmp_path / "a.b_rings.csv"


def test_pictures_do_not_go_among_the_images(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="another folder than that of the images"):
        protect([tmp_path / "a.png"], Outputs(folder=tmp_path / "x" / ".."))


@pytest.mark.parametrize("name", ["t.png", "t_slices.png", "t_summary.png"])
def test_no_table_is_written_over_an_image(tmp_path: Path, name: str) -> None:
    link = tmp_path / "link.png"
    link.symlink_to(tmp_path / name)

    for path in (tmp_path / name, link):
        with pytest.raises(SettingsError, match="another file than an image"):
            protect([path], Outputs(table=tmp_path / "t.png"))


def test_a_table_may_lie_among_the_images(tmp_path: Path) -> None:
    protect([tmp_path / "a.png"], Outputs(table=tmp_path / "density.csv"))
