"""What is written is read back by others and by ourselves, without loss."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from imageseg.errors import SettingsError
from imageseg.images import describe_image, read_image, write_image, write_labels
from imageseg.images.write import refuse_leftovers
from imageseg.units import PixelSize


def picture(*shape: int, dtype: type = np.uint8) -> np.ndarray:
    top = 255 if dtype is np.uint8 else 60_000
    return np.random.default_rng(3).integers(0, top, shape).astype(dtype)


@pytest.mark.parametrize(
    "image",
    [picture(5, 7), picture(5, 7, 3), picture(5, 7, dtype=np.uint16)],
    ids=["grey", "colour", "16 bit"],
)
def test_a_png_holds_the_pixels(tmp_path: Path, image: np.ndarray) -> None:
    path = tmp_path / "new folder" / "a.PNG"
    write_image(path, image)

    assert path.read_bytes().startswith(b"\x89PNG")
    with Image.open(path) as file:
        np.testing.assert_array_equal(np.asarray(file), image)
    np.testing.assert_array_equal(read_image(path), image)


@pytest.mark.parametrize(
    ("image", "photometric"),
    [
        (picture(5, 7), "MINISBLACK"),
        (picture(5, 7, 3), "RGB"),
        (picture(5, 7, 3, dtype=np.uint16), "RGB"),
        (picture(4, 5, 7), "MINISBLACK"),
        (picture(4, 5, 7, dtype=np.uint16), "MINISBLACK"),
        (picture(2, 5, 7, dtype=np.float32), "MINISBLACK"),
        (picture(2, 5, 3, dtype=np.float32), "MINISBLACK"),
        (picture(4, 5, 7, 3), "RGB"),
    ],
)
def test_a_tiff_holds_the_pixels(
    tmp_path: Path, image: np.ndarray, photometric: str
) -> None:
    path = tmp_path / "a.tif"
    write_image(path, image)

    with tifffile.TiffFile(path) as tif:
        assert tif.pages.first.photometric.name == photometric
    stored = tifffile.imread(path)
    assert stored.dtype == image.dtype
    np.testing.assert_array_equal(stored, image)
    np.testing.assert_array_equal(read_image(path), image)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    labels=hnp.arrays(
        np.uint8, st.tuples(st.integers(2, 9), st.integers(4, 9), st.integers(4, 9))
    )
)
def test_labels_come_back_as_they_were(tmp_path: Path, labels: np.ndarray) -> None:
    write_labels(tmp_path / "stack.tif", labels)
    write_labels(tmp_path / "plane.png", labels[0])

    np.testing.assert_array_equal(tifffile.imread(tmp_path / "stack.tif"), labels)
    np.testing.assert_array_equal(read_image(tmp_path / "plane.png"), labels[0])


@pytest.mark.parametrize(
    "image",
    [
        picture(4, 5, 7),
        picture(5, 7, 4),
        picture(5, 7, 3, dtype=np.uint16),
        picture(5, 7, dtype=np.float32),
        picture(7),
    ],
    ids=["stack", "four channels", "16-bit colour", "float", "row"],
)
def test_what_no_png_can_hold_is_refused(tmp_path: Path, image: np.ndarray) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")

    with pytest.raises(ValueError, match="PNG cannot hold an array of shape"):
        write_image(path, image)

    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_a_full_disk_is_named_and_the_old_file_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(b"old")

    def fill(file: Path | Image.Image, *_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", fill)
    monkeypatch.setattr(tifffile, "imwrite", fill)

    with pytest.raises(OSError, match=rf"make room .*{name}") as caught:
        write_image(path, picture(5, 7))

    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.int64])
@pytest.mark.parametrize(
    ("axes", "shape"),
    [
        ("YX", (5, 7)),
        ("YXC", (5, 7, 2)),
        ("YXC", (5, 7, 3)),
        ("YXC", (5, 7, 4)),
        ("YXC", (5, 7, 6)),
        ("ZYX", (3, 5, 7)),
        ("TYX", (3, 5, 7)),
        ("TYX", (4, 5, 3)),
        ("TZYX", (2, 3, 5, 7)),
        ("TZYXC", (2, 3, 5, 7, 2)),
        ("TZYXC", (2, 3, 5, 7, 3)),
        ("QZYX", (2, 3, 5, 7)),
    ],
)
def test_a_tiff_tells_its_axes(
    tmp_path: Path, axes: str, shape: tuple[int, ...], dtype: type
) -> None:
    image = picture(*shape, dtype=np.uint8).astype(dtype)
    write_image(tmp_path / "a.tif", image, axes=axes)

    info = describe_image(tmp_path / "a.tif")
    assert (info.axes, info.shape, info.dtype) == (axes, shape, np.dtype(dtype))
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif"), image)
    stored = np.moveaxis(image, -1, -3) if info.colour == "channels" else image
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "a.tif"), stored)


@pytest.mark.parametrize(
    "size",
    [PixelSize(0.25, 0.5), PixelSize(0.25, 0.5, 2.0), PixelSize(3, 4, 5, "mm")],
    ids=str,
)
@pytest.mark.parametrize("axes", ["TZYX", None])
def test_a_tiff_tells_its_pixel_size(
    tmp_path: Path, size: PixelSize, axes: str | None
) -> None:
    write_image(tmp_path / "a.tif", picture(2, 3, 5, 7), axes=axes, pixel_size=size)
    write_labels(tmp_path / "b.tif", picture(5, 7), pixel_size=size)
    write_image(tmp_path / "c.tif", picture(2, 5, 7, 3), pixel_size=size)

    found = [describe_image(tmp_path / f"{name}.tif") for name in "abc"]
    assert [info.pixel_size for info in found] == [size] * 3
    assert [info.axes for info in found] == ["TZYX", "YX", "ZYXC"]


def test_axes_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Axes YX do not fit an array of shape"):
        write_image(tmp_path / "a.tif", picture(2, 5, 7), axes="YX")

    assert not list(tmp_path.iterdir())


def test_images_that_would_stay_are_named(tmp_path: Path) -> None:
    for name in ("a.png", "B.TIF", ".c.png", "table.csv", "old.tif"):
        (tmp_path / name).touch()
    folders = [tmp_path / "none", tmp_path]

    refuse_leftovers(tmp_path, folders, ["a", "b", "old"])
    with pytest.raises(SettingsError, match=r"new or emptied: .*old\.tif is there"):
        refuse_leftovers(tmp_path, folders, ["a", "b"])
