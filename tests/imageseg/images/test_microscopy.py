"""Microscopes' formats are read through bioio, or its absence says what to install."""

from __future__ import annotations

import sys
from collections import namedtuple
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from imageseg.errors import ImageReadError
from imageseg.images import describe_image, find_images, microscopy, open_image, sniff
from imageseg.units import PixelSize

PIXELS = np.arange(2 * 5 * 6 * 9, dtype=np.uint16).reshape(1, 2, 5, 6, 9)
Sizes = namedtuple("Sizes", "Z Y X")  # noqa: PYI024  as bioio's own


class BioImage:
    """What a reader of bioio offers, for one image."""

    def __init__(self, path: Path) -> None:
        if path.read_bytes() == b"strange":
            raise ValueError("unsupported file format")
        self.dims = SimpleNamespace(order="TCZYX")
        self.shape, self.dtype = PIXELS.shape, PIXELS.dtype
        self.physical_pixel_sizes = Sizes(2.0, 0.5, 0.25)
        self.dask_data = PIXELS


@pytest.fixture
def bioio(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in for the package."""
    module = ModuleType("bioio")
    module.__spec__ = ModuleSpec("bioio", None)
    module.BioImage = BioImage  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "bioio", module)


@pytest.fixture
def no_bioio(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the package away, if it is there."""
    monkeypatch.setattr(microscopy, "is_installed", lambda _: False)


@pytest.mark.usefixtures("bioio")
@pytest.mark.parametrize("name", ["a.nd2", "a.unheard_of"])
def test_what_bioio_reads_has_our_axes(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"pixels")

    with open_image(path) as image:
        assert image.info.format == "bioio"
        assert image.info.axes == "ZYXC"
        assert image.info.pixel_size == PixelSize(0.5, 0.25, 2.0)
        np.testing.assert_array_equal(image, np.moveaxis(PIXELS[0], 0, -1))
        np.testing.assert_array_equal(image[2, :, 3, 1], PIXELS[0, 1, 2, :, 3])


@pytest.mark.usefixtures("bioio")
def test_what_bioio_does_not_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.czi").write_bytes(b"strange")

    with pytest.raises(ImageReadError, match=r"a\.czi.*unsupported file format"):
        describe_image(tmp_path / "a.czi")


@pytest.mark.usefixtures("no_bioio")
@pytest.mark.parametrize(
    ("name", "reader"), [("a.czi", "bioio-czi"), ("a.ND2", "bioio-nd2")]
)
def test_without_bioio_the_reader_to_install_is_named(
    tmp_path: Path, name: str, reader: str
) -> None:
    (tmp_path / name).write_bytes(b"pixels")

    assert sniff(tmp_path / name) == "bioio"
    assert find_images([tmp_path]) == [tmp_path / name]
    with pytest.raises(ImageReadError, match=rf"\[bioio\]\" {reader}; or"):
        describe_image(tmp_path / name)


@pytest.mark.usefixtures("no_bioio")
def test_a_text_is_no_image(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("hello")

    with pytest.raises(ImageReadError, match=r"a\.png: it is no PNG, JPEG"):
        describe_image(tmp_path / "a.png")
