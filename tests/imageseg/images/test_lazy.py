"""Open images are indexed like arrays and read only what is asked for."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from imageseg.errors import ImageReadError, ShapeMismatchError
from imageseg.images import (
    ChannelChoice,
    LazyImage,
    ReadCache,
    WholeImage,
    describe_image,
    memory,
    open_image,
    read_image,
    to_grey,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

GIGABYTES_20 = (1000, 5000, 4000)
FEW_MEGABYTES = 20e6


def test_the_header_tells_what_reading_gives(any_image: Path) -> None:
    image, info = read_image(any_image), describe_image(any_image)

    assert (info.path, info.shape, info.dtype) == (any_image, image.shape, image.dtype)
    assert len(info.axes) == image.ndim
    assert info.axes.removesuffix("C").endswith("YX")
    assert image.flags.writeable
    assert image.flags.c_contiguous
    assert image.dtype.isnative


def test_parts_are_those_of_the_whole(any_image: Path) -> None:
    image = read_image(any_image)
    with open_image(any_image) as lazy:
        assert (lazy.shape, lazy.dtype, lazy.ndim) == (
            image.shape,
            image.dtype,
            image.ndim,
        )
        for key in (..., 0, -1, np.s_[..., 1:4], np.s_[1:3], np.s_[::2, 1], ()):
            np.testing.assert_array_equal(lazy[key], image[key])
        np.testing.assert_array_equal(np.asarray(lazy), image)
        np.testing.assert_array_equal(np.stack(list(lazy)), image)
        assert np.asarray(lazy, np.float64).dtype == np.float64


def test_a_part_belongs_to_the_caller(tmp_path: Path, grey: NDArray[np.uint8]) -> None:
    Image.fromarray(grey).save(tmp_path / "a.png")
    with open_image(tmp_path / "a.png") as lazy:
        lazy[:2][...] = 0

        np.testing.assert_array_equal(lazy[:2], grey[:2])


def test_an_array_in_a_file_has_to_be_copied(
    tmp_path: Path, grey: NDArray[np.uint8]
) -> None:
    tifffile.imwrite(tmp_path / "a.tif", grey)
    with open_image(tmp_path / "a.tif") as lazy:
        assert "a.tif YX (6, 9) uint8" in repr(lazy)
        assert len(lazy) == 6
        assert len(lazy.levels) == 1
        with pytest.raises(ValueError, match="without a copy"):
            lazy.__array__(copy=False)
        with pytest.raises(IndexError, match="outside an axis"):
            lazy[6]


def test_a_picture_is_decoded_once(
    tmp_path: Path, grey: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(grey).save(path)
    with open_image(path) as lazy:
        first = lazy[0]
        path.write_bytes(b"gone")

        np.testing.assert_array_equal(lazy[0], first)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of files that are read as a whole from now on."""
    names: list[str] = []
    read = LazyImage.read

    def noted(image: LazyImage) -> NDArray[Any]:
        names.append(image.info.path.name)
        return read(image)

    monkeypatch.setattr(LazyImage, "read", noted)
    return names


def test_a_whole_image_is_read_once_and_only_when_asked_for(
    any_image: Path, reads: list[str]
) -> None:
    image = read_image(any_image)
    reads.clear()
    with open_image(any_image) as lazy:
        whole = WholeImage(lazy)
        assert (whole.shape, whole.dtype) == (image.shape, image.dtype)
        assert reads == []
        np.testing.assert_array_equal(whole[..., 1:4], image[..., 1:4])
    for key in (..., 0, np.s_[1:3], np.s_[::2, 1]):  # from a file that is closed
        np.testing.assert_array_equal(whole[key], image[key])
    assert reads == [any_image.name]


def test_whole_images_are_kept_in_one_cache_and_read_again_when_it_is_full(
    tmp_path: Path, grey: NDArray[np.uint8], reads: list[str]
) -> None:
    cache, wholes = ReadCache(room=2 * grey.nbytes), {}
    for name in "abc":
        tifffile.imwrite(tmp_path / name, grey)
        with open_image(tmp_path / name) as lazy:
            wholes[name] = WholeImage(lazy, cache)
    for name in "aabbacab":
        np.testing.assert_array_equal(wholes[name][1:], grey[1:])

    assert "".join(reads) == "abcb"


def test_a_whole_image_whose_file_changes_size_is_named(
    tmp_path: Path, grey: NDArray[np.uint8]
) -> None:
    path = tmp_path / "plot_3.tif"
    tifffile.imwrite(path, grey)
    with open_image(path) as lazy:
        whole = WholeImage(lazy)
    tifffile.imwrite(path, grey[1:])

    with pytest.raises(ImageReadError, match=r"plot_3\.tif: it has another size"):
        whole[0]


def test_a_damaged_whole_image_is_named_when_it_is_asked_for(
    tmp_path: Path, grey: NDArray[np.uint8]
) -> None:
    path = tmp_path / "plot_3.png"
    Image.fromarray(np.tile(grey, (30, 30))).save(path)
    path.write_bytes(path.read_bytes()[:-400])
    with open_image(path) as lazy:
        whole = WholeImage(lazy)
        assert whole.shape == (180, 270)
        for _ in range(2):
            with pytest.raises(ImageReadError, match=r"plot_3\.png: it is damaged"):
                whole[:2]


def peak(path: Path) -> float:
    """Return the most memory that opening and reading a corner took."""
    tracemalloc.start()
    with open_image(path) as lazy:
        assert lazy.shape == GIGABYTES_20
        assert lazy[500, 1000:1100, ::40].shape == (100, 100)
        assert int(lazy[-1, -1, -1]) == 0
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def test_an_ome_zarr_of_20_gigabytes_opens_in_little_memory(tmp_path: Path) -> None:
    zarr = pytest.importorskip("zarr")
    chunks = (1, 500, 500)
    zarr.create_array(
        tmp_path / "a.zarr", shape=GIGABYTES_20, chunks=chunks, dtype="u1", fill_value=0
    )

    assert peak(tmp_path / "a.zarr") < FEW_MEGABYTES


def test_a_tiff_of_20_gigabytes_opens_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.memmap(path, shape=GIGABYTES_20, dtype="u1", photometric="minisblack")
    if path.stat().st_blocks * 512 > FEW_MEGABYTES:
        pytest.skip("this file system stores zeros")

    assert peak(path) < FEW_MEGABYTES


def test_reading_more_than_fits_is_refused_but_parts_are_not(
    tmp_path: Path, grey: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    tifffile.imwrite(tmp_path / "a.tif", grey)
    Image.fromarray(grey).save(tmp_path / "a.png")
    monkeypatch.setattr(memory, "free_memory", lambda: 3 * 20)

    with open_image(tmp_path / "a.tif") as lazy:
        np.testing.assert_array_equal(lazy[:2], grey[:2])
        for read in lazy.read, lambda: lazy[...]:
            with pytest.raises(ImageReadError, match="6 × 9 values"):
                read()
    with open_image(tmp_path / "a.png") as lazy, pytest.raises(ImageReadError):
        lazy[:1]  # a PNG is decoded whole


def test_running_out_of_memory_says_what_to_do(
    tmp_path: Path, grey: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.fromarray(grey).save(tmp_path / "a.png")

    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("imageseg.images.pictures._read_frames", fail)
    with pytest.raises(ImageReadError, match="not enough memory"):
        read_image(tmp_path / "a.png")


# -- channels -----------------------------------------------------------------


def test_channels_are_those_of_the_whole(any_image: Path) -> None:
    image, info = read_image(any_image), describe_image(any_image)
    planes = image if info.axes.endswith("C") else image[..., None]
    last, count = info.channels - 1, info.channels

    one = read_image(any_image, count)
    np.testing.assert_array_equal(one, planes[..., last])  # as a file of one channel
    several = read_image(any_image, [count, 1])
    np.testing.assert_array_equal(several, planes[..., [last, 0]])
    np.testing.assert_array_equal(read_image(any_image, "all"), image)
    assert one.dtype == several.dtype == image.dtype
    with pytest.raises(ShapeMismatchError, match=f"{any_image.name}: Channels 9 "):
        read_image(any_image, 9)


def test_colours_become_grey(tmp_path: Path, rgb: NDArray[np.uint8]) -> None:
    Image.fromarray(rgb).save(tmp_path / "a.png")

    grey = read_image(tmp_path / "a.png", "grey")
    np.testing.assert_array_equal(grey, to_grey(rgb))


def test_other_names_than_those_of_the_file_may_be_told(
    tmp_path: Path, rgb: NDArray[np.uint8]
) -> None:
    Image.fromarray(rgb).save(tmp_path / "a.png")

    with open_image(tmp_path / "a.png") as image:
        blue = image.read_channels(ChannelChoice(("blue",)), ("red", "green", "blue"))
    np.testing.assert_array_equal(blue, rgb[..., 2])


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_channels_that_are_not_asked_for_are_never_in_memory(
    tmp_path: Path, compression: str | None
) -> None:
    if compression:
        pytest.importorskip("zarr")
    path = tmp_path / "many.ome.tif"
    shape = (40, 500, 500)  # 20 MB
    pixels = np.zeros(shape, np.uint16)
    pixels[7] = 7
    tifffile.imwrite(
        path,
        pixels,
        photometric="minisblack",
        metadata={"axes": "CYX"},
        compression=compression,
    )
    del pixels
    read_image(path, "1")  # what is imported is no part of it
    tracemalloc.start()
    try:
        two = read_image(path, "8,1")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert two[0, 0].tolist() == [7, 0]
    assert peak < 6e6  # two of half a megabyte, and what decoding takes
