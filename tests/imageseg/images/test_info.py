"""Tables of images are made from headers, however many files there are."""

from __future__ import annotations

import shutil
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import tifffile
from PIL import Image

from imageseg.images import describe_image, find_images, image_table, image_table_task
from imageseg.images.sources import Decoded
from imageseg.tasks import drain

if TYPE_CHECKING:
    from numpy.typing import NDArray


def test_a_row_tells_what_the_file_is(
    tmp_path: Path, rgb: NDArray[np.uint8], rng: np.random.Generator
) -> None:
    photo, stack = tmp_path / "a.jpg", tmp_path / "b.tif"
    Image.fromarray(rgb).save(photo)
    tifffile.imwrite(
        stack,
        rng.integers(0, 99, (5, 2, 6, 9), dtype=np.uint16),
        imagej=True,
        resolution=(4, 2),
        metadata={"axes": "ZCYX", "unit": "um", "spacing": 3.0},
    )

    table = image_table([photo, stack, tmp_path / "gone.png"])

    first, second, third = table.to_dict("records")
    assert first["image"] == str(photo)
    assert [first[k] for k in ("format", "width", "height", "planes", "axes")] == (
        ["jpeg", 9, 6, 1, "YXC"]
    )
    assert (first["channels"], first["colour"], first["dtype"]) == (3, "rgb", "uint8")
    assert first["bytes"] == photo.stat().st_size
    assert pd.isna(first["pixel_x"])
    assert first["error"] == ""
    assert [second[k] for k in ("planes", "axes", "channels", "colour", "dtype")] == (
        [5, "ZYXC", 2, "channels", "uint16"]
    )
    assert [second[f"pixel_{k}"] for k in ("x", "y", "z", "unit")] == (
        [0.25, 0.5, 3.0, "µm"]
    )
    assert "gone.png" in third["error"]
    assert pd.isna(third["width"])
    assert list(table.columns)[-1] == "error"


def test_names_of_channels_are_told(tmp_path: Path) -> None:
    named = {"axes": "CYX", "Channel": {"Name": ["DAPI", "GFP"]}}
    path = tmp_path / "cells.ome.tif"
    tifffile.imwrite(path, np.zeros((2, 6, 9), np.uint8), ome=True, metadata=named)

    assert image_table([path])["channel_names"].tolist() == ["DAPI, GFP"]


def test_an_empty_table_has_its_columns() -> None:
    assert list(image_table([]).columns) == list(image_table(["gone"]).columns)


def test_no_pixel_is_decoded(any_image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "whole", "part":
        monkeypatch.setattr(Decoded, name, lambda *_: pytest.fail("pixels were read"))
    monkeypatch.setattr(
        "PIL.ImageFile.ImageFile.load", lambda *_: pytest.fail("pixels were read")
    )

    assert describe_image(any_image).planes >= 1


def test_the_size_of_a_folder_is_that_of_its_files(tmp_path: Path) -> None:
    zarr = pytest.importorskip("zarr")
    zarr.create_array(tmp_path / "a", data=np.ones((8, 9)), chunks=(4, 4))
    files = [path for path in (tmp_path / "a").rglob("*") if path.is_file()]

    assert describe_image(tmp_path / "a").bytes == sum(f.stat().st_size for f in files)


def test_thousands_of_files_take_the_memory_of_their_rows(
    tmp_path: Path, rgb: NDArray[np.uint8]
) -> None:
    Image.fromarray(np.tile(rgb, (40, 40, 1))).save(tmp_path / "0.png")
    for i in range(1, 1500):
        (tmp_path / f"{i}.png").hardlink_to(tmp_path / "0.png")
    steps: list[str] = []
    image_table([tmp_path / "0.png"])  # what is imported does not count

    tracemalloc.start()
    files = find_images([tmp_path])
    table = drain(image_table_task(files), lambda step: steps.append(step.message))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert len(table) == len(steps) == 1500
    assert steps[:2] == ["0.png", "1.png"]
    assert (table["width"] == 360).all()
    assert most < 20e6  # the pixels of all would be 390 MB
    shutil.rmtree(tmp_path)
