"""TIFFs of microscopes bring their axes, pixel sizes and levels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from imageseg.errors import ImageReadError
from imageseg.images import describe_image, open_image, read_image
from imageseg.images.tiff import open_tiff
from imageseg.units import PixelSize

if TYPE_CHECKING:
    from numpy.typing import NDArray

IMAGEJ = {"unit": "um", "spacing": 1.5}


@pytest.mark.parametrize(
    ("axes", "shape", "expected"),
    [
        ("ZYX", (5, 6, 9), "ZYX"),
        ("TYX", (5, 6, 9), "TYX"),
        ("CYX", (2, 6, 9), "YXC"),
        ("TZCYX", (3, 5, 2, 6, 9), "TZYXC"),
        ("TZYX", (3, 5, 6, 9), "TZYX"),
        ("YXS", (6, 9, 3), "YXC"),
        ("ZYXS", (5, 6, 9, 3), "ZYXC"),
    ],
)
@pytest.mark.parametrize("kind", ["imagej", "ome"])
def test_axes_are_those_the_microscope_wrote(
    tmp_path: Path, axes: str, shape: tuple[int, ...], expected: str, kind: str
) -> None:
    path = tmp_path / "a.tif"
    values = np.arange(np.prod(shape)).reshape(shape).astype(np.uint8)
    photometric = "rgb" if "S" in axes else "minisblack"
    options: dict[str, Any] = {kind: True, "photometric": photometric}
    tifffile.imwrite(path, values, metadata={"axes": axes}, **options)
    order = expected.replace("C", "S" if "S" in axes else "C")

    assert describe_image(path).axes == expected
    np.testing.assert_array_equal(
        read_image(path), np.einsum(f"{axes}->{order}", values)
    )


def test_pixel_sizes_of_imagej_ome_and_plain_files(tmp_path: Path) -> None:
    stack = np.zeros((3, 4, 5), np.uint8)
    path = tmp_path / "a.tif"
    options: dict[str, Any] = {"photometric": "minisblack"}

    tifffile.imwrite(
        path, stack, imagej=True, resolution=(5, 4), metadata={"axes": "ZYX"} | IMAGEJ
    )
    assert describe_image(path).pixel_size == PixelSize(0.25, 0.2, 1.5)

    sizes: dict[str, Any] = {"PhysicalSizeX": 250, "PhysicalSizeXUnit": "nm"}
    sizes |= {"PhysicalSizeY": 0.5, "PhysicalSizeZ": 2.0, "axes": "ZYX"}
    tifffile.imwrite(path, stack, ome=True, metadata=sizes, **options)
    assert describe_image(path).pixel_size == PixelSize(0.5, 0.25, 2.0)

    resolution: dict[str, Any] = {"resolution": (20_000, 10_000)}
    tifffile.imwrite(path, stack, resolutionunit=3, **resolution, **options)
    assert describe_image(path).pixel_size == PixelSize(1.0, 0.5)

    tifffile.imwrite(path, stack, **options)
    assert describe_image(path).pixel_size is None


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_a_pyramid_has_levels_with_their_own_pixel_sizes(
    tmp_path: Path, rng: np.random.Generator, compression: str | None
) -> None:
    path = tmp_path / "a.ome.tif"
    large = rng.integers(0, 256, (2, 64, 96), dtype=np.uint8)
    options: dict[str, Any] = {"tile": (16, 16), "compression": compression}
    sizes = {"axes": "CYX", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5}
    with tifffile.TiffWriter(path, ome=True) as file:
        file.write(
            large, subifds=2, metadata=sizes, photometric="minisblack", **options
        )
        for step in 2, 4:
            file.write(large[:, ::step, ::step], subfiletype=1, **options)

    with open_image(path) as image:
        levels = image.levels

        assert [level.shape for level in levels] == [
            (64, 96, 2),
            (32, 48, 2),
            (16, 24, 2),
        ]
        for level, step in zip(levels, (1, 2, 4), strict=True):
            small = np.moveaxis(large, 0, -1)[::step, ::step]
            assert level.info.pixel_size == PixelSize(step / 2, step / 2)
            np.testing.assert_array_equal(level[1:3, 5, :], small[1:3, 5, :])
            np.testing.assert_array_equal(level, small)


def test_without_zarr_a_compressed_file_is_decoded_whole(
    tmp_path: Path, grey: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    tifffile.imwrite(tmp_path / "a.tif", grey, compression="zlib")
    monkeypatch.setattr("imageseg.images.tiff.is_installed", lambda _: False)

    with open_image(tmp_path / "a.tif") as image:
        np.testing.assert_array_equal(image[2:4, ::3], grey[2:4, ::3])


def test_lzw_stacks_of_imagej_keep_their_axes(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    values = rng.integers(0, 2**16, (4, 2, 6, 9), dtype=np.uint16)
    pages = [Image.fromarray(page) for page in values.reshape(-1, 6, 9)]
    text = "ImageJ=1.53t\nimages=8\nchannels=2\nslices=4\nhyperstack=true\n"
    pages[0].save(
        tmp_path / "a.tif",
        save_all=True,
        append_images=pages[1:],
        compression="tiff_lzw",
        description=text,
    )

    assert describe_image(tmp_path / "a.tif").axes == "ZYXC"
    np.testing.assert_array_equal(
        read_image(tmp_path / "a.tif"), np.moveaxis(values, 1, -1)
    )


def test_a_compression_that_nothing_undoes_names_the_package_that_does(
    tmp_path: Path, grey: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.tif"
    monkeypatch.setattr("imageseg.images.tiff._decodable", lambda _: False)
    tifffile.imwrite(path, grey, photometric="minisblack")
    with tifffile.TiffFile(path, mode="r+") as tif:
        tif.pages.first.tags["Compression"].overwrite(34712)  # JPEG 2000

    with pytest.raises(ImageReadError, match="pip install imagecodecs"):
        read_image(path)


def test_a_file_that_fails_to_open_is_closed_again(
    tmp_path: Path, grey: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = []
    tifffile.imwrite(tmp_path / "a.tif", grey)
    monkeypatch.setattr("imageseg.images.tiff._levels", lambda *_: 1 / 0)
    monkeypatch.setattr(
        tifffile.TiffFile, "close", lambda self: closed.append(self.filehandle.close())
    )

    with pytest.raises(ZeroDivisionError):
        open_tiff(tmp_path / "a.tif", indices=False)
    assert closed
