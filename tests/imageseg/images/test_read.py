"""Images are read by content, upright, with their numbers; broken ones say so."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from imageseg.errors import ImageReadError
from imageseg.images.formats import sniff
from imageseg.images.read import read_image, read_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXTENSION = {"PNG": "png", "JPEG": "jpeg", "TIFF": "tiff", "BMP": "bmp", "GIF": "gif"}


def turned(image: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Bring an image upright as EXIF defines the eight orientations."""
    return {
        1: lambda a: a,
        2: np.fliplr,
        3: lambda a: np.rot90(a, 2),
        4: np.flipud,
        5: lambda a: np.rot90(np.fliplr(a)),
        6: lambda a: np.rot90(a, -1),
        7: lambda a: np.rot90(np.fliplr(a), -1),
        8: np.rot90,
    }[orientation](image)


@pytest.mark.parametrize("kind", EXTENSION)
@pytest.mark.parametrize("name", ["a.tif", "a.jpg", "a.png", "a.txt", "a"])
def test_the_content_decides_whatever_the_name_says(
    tmp_path: Path, grey: NDArray[np.uint8], kind: str, name: str
) -> None:
    path = tmp_path / name
    Image.fromarray(grey).save(path, format=kind)

    with Image.open(path) as file:
        expected = np.asarray(file.convert("L"))
    image = read_image(path)

    assert sniff(path) == EXTENSION[kind]
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image if image.ndim == 2 else image[..., 0], expected)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("bigtiff", [False, True])
def test_both_byte_orders_and_large_tiffs_are_known(
    tmp_path: Path, grey: NDArray[np.uint8], order: Any, *, bigtiff: bool
) -> None:
    path = tmp_path / "a"
    values = grey.astype(np.uint16) * 257
    tifffile.imwrite(path, values, byteorder=order, bigtiff=bigtiff)

    assert sniff(path) == "tiff"
    np.testing.assert_array_equal(read_image(path), values)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_the_exif_orientation_is_applied(
    tmp_path: Path, rgb: NDArray[np.uint8], orientation: int, mode: str, kind: str
) -> None:
    path = tmp_path / "photo"
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(rgb).convert(mode).save(path, format=kind, exif=exif, quality=95)

    with Image.open(path) as file:
        stored = np.asarray(file)
        expected = np.asarray(ImageOps.exif_transpose(file))

    np.testing.assert_array_equal(read_image(path), expected)
    np.testing.assert_array_equal(read_image(path), turned(stored, orientation))
    np.testing.assert_array_equal(read_values(path), expected)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
def test_the_orientation_of_a_tiff_is_applied(
    tmp_path: Path, rgb: NDArray[np.uint8], orientation: int, compression: str | None
) -> None:
    path = tmp_path / "a.tif"
    Image.fromarray(rgb).save(
        path, tiffinfo={274: orientation}, compression=compression
    )

    np.testing.assert_array_equal(read_image(path), turned(rgb, orientation))


@pytest.mark.parametrize("orientation", [1, 3, 6, 7])
def test_each_slice_of_a_stack_is_turned(
    tmp_path: Path, rng: np.random.Generator, orientation: int
) -> None:
    tag = [(274, 3, 1, orientation, True)]
    grey = rng.integers(0, 256, (4, 6, 9), dtype=np.uint8)
    alpha = np.stack([grey, grey], axis=-1)
    tifffile.imwrite(
        tmp_path / "grey.tif", grey, extratags=tag, photometric="minisblack"
    )
    tifffile.imwrite(
        tmp_path / "alpha.tif",
        alpha,
        extratags=tag,
        photometric="minisblack",
        planarconfig="contig",
        extrasamples=["unassalpha"],
    )
    expected = np.stack([turned(plane, orientation) for plane in grey])

    for name in "grey.tif", "alpha.tif":
        np.testing.assert_array_equal(read_image(tmp_path / name), expected)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_a_16_bit_ramp_keeps_every_value(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"ramp.{suffix}"
    ramp = np.arange(2**16, dtype=np.uint16).reshape(256, 256)
    Image.fromarray(ramp).save(path)

    for read in read_image, read_values:
        image = read(path)

        assert image.dtype == np.uint16
        np.testing.assert_array_equal(image, ramp)


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "i2", "i4", "f4", "f8"])
def test_a_tiff_keeps_its_dtype(
    tmp_path: Path, rng: np.random.Generator, dtype: str
) -> None:
    values = (rng.normal(size=(6, 9)) * 50).astype(dtype)
    tifffile.imwrite(tmp_path / "a.tif", values)

    image = read_image(tmp_path / "a.tif")

    assert image.dtype == values.dtype
    np.testing.assert_array_equal(image, values)


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_colours_of_more_than_8_bits_survive_in_tiffs(
    tmp_path: Path, rgb: NDArray[np.uint8], dtype: type
) -> None:
    values = rgb.astype(dtype) * 100
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="rgb")

    image = read_image(tmp_path / "a.tif")

    assert image.dtype == dtype
    np.testing.assert_array_equal(image, values)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_an_alpha_channel_is_dropped(
    tmp_path: Path, rgb: NDArray[np.uint8], suffix: str
) -> None:
    rgba = np.dstack([rgb, np.full((6, 9), 7, np.uint8)])
    colour, grey = tmp_path / f"rgba.{suffix}", tmp_path / f"la.{suffix}"
    Image.fromarray(rgba).save(colour)
    Image.merge(
        "LA", [Image.fromarray(rgb[..., 0]), Image.fromarray(rgba[..., 3])]
    ).save(grey)

    np.testing.assert_array_equal(read_image(colour), rgb)
    np.testing.assert_array_equal(read_image(grey), rgb[..., 0])


@pytest.mark.parametrize("suffix", ["png", "gif", "tif", "bmp"])
def test_a_palette_gives_colours_to_images_and_indices_to_masks(
    tmp_path: Path, suffix: str
) -> None:
    indices = np.array([[0, 1, 2], [2, 1, 0]], np.uint8)
    palette = [(10, 20, 30), (250, 0, 5), (0, 128, 255)]
    file = Image.fromarray(indices).convert("P")
    file.putpalette([value for colour in palette for value in colour])
    path = tmp_path / f"a.{suffix}"
    file.save(path)

    np.testing.assert_array_equal(read_values(path), indices)
    np.testing.assert_array_equal(read_image(path), np.array(palette)[indices])


@pytest.mark.parametrize(
    "options",
    [
        {"format": "PNG"},
        {"format": "TIFF"},
        {"format": "TIFF", "compression": "group4"},
        {"format": "BMP"},
    ],
    ids=["png", "tiff", "fax", "bmp"],
)
def test_black_and_white_is_0_and_255(tmp_path: Path, options: dict[str, str]) -> None:
    white = np.arange(72).reshape(6, 12) % 5 == 0
    Image.fromarray(white).save(tmp_path / "a", **options)  # type: ignore[arg-type]

    for read in read_image, read_values:
        np.testing.assert_array_equal(
            read(tmp_path / "a"), np.where(white, 255, 0).astype(np.uint8)
        )


def test_a_black_and_white_microscope_file_is_0_and_255(tmp_path: Path) -> None:
    white = np.eye(9, dtype=bool)
    tifffile.imwrite(tmp_path / "a.ome.tif", white)

    np.testing.assert_array_equal(
        read_values(tmp_path / "a.ome.tif"), np.eye(9, dtype=np.uint8) * 255
    )


@pytest.mark.parametrize("kind", ["TIFF", "JPEG"])
def test_printing_colours_become_rgb(
    tmp_path: Path, rgb: NDArray[np.uint8], kind: str
) -> None:
    path = tmp_path / "a"
    Image.fromarray(rgb).convert("CMYK").save(path, format=kind, quality=100)

    with Image.open(path) as file:
        expected = np.asarray(file.convert("RGB"))

    np.testing.assert_array_equal(read_image(path), expected)


@pytest.mark.parametrize(
    "compression", ["tiff_lzw", "jpeg", "packbits", "tiff_deflate"]
)
def test_compressed_tiffs_are_read_without_further_packages(
    tmp_path: Path, compression: str
) -> None:
    y, x = np.mgrid[:32, :48]
    smooth = np.dstack([4 * y, 4 * x, 2 * y + 2 * x]).astype(np.uint8)
    path = tmp_path / "a.tif"
    Image.fromarray(smooth).save(path, compression=compression)

    with Image.open(path) as file:
        expected = np.asarray(file)

    np.testing.assert_array_equal(read_image(path), expected)
    np.testing.assert_allclose(expected.astype(int), smooth, atol=16)


def test_a_grey_tiff_in_which_zero_is_white_is_shown_upright(
    tmp_path: Path, grey: NDArray[np.uint8]
) -> None:
    tifffile.imwrite(tmp_path / "a.tif", grey, photometric="miniswhite")

    np.testing.assert_array_equal(read_image(tmp_path / "a.tif"), 255 - grey)


def test_the_pages_of_a_tiff_are_slices(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    stack = rng.integers(0, 256, (5, 6, 9), dtype=np.uint8)
    colour = rng.integers(0, 256, (5, 6, 9, 3), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "grey.tif", stack, photometric="minisblack")
    tifffile.imwrite(tmp_path / "rgb.tif", colour, photometric="rgb")
    first, *rest = [Image.fromarray(plane) for plane in stack]
    first.save(
        tmp_path / "lzw.tif", save_all=True, append_images=rest, compression="tiff_lzw"
    )

    np.testing.assert_array_equal(read_image(tmp_path / "grey.tif"), stack)
    np.testing.assert_array_equal(read_image(tmp_path / "rgb.tif"), colour)
    np.testing.assert_array_equal(read_image(tmp_path / "lzw.tif"), stack)


def test_a_thumbnail_behind_the_photograph_is_no_slice(
    tmp_path: Path, rgb: NDArray[np.uint8]
) -> None:
    photo, thumbnail = Image.fromarray(rgb), Image.fromarray(rgb[:2, :3])
    for compression in None, "tiff_lzw":
        photo.save(
            tmp_path / "a.tif",
            save_all=True,
            append_images=[thumbnail],
            compression=compression,
        )

        np.testing.assert_array_equal(read_image(tmp_path / "a.tif"), rgb)


def test_planes_of_colour_are_moved_to_the_end(
    tmp_path: Path, rgb: NDArray[np.uint8]
) -> None:
    planes = np.moveaxis(rgb, -1, 0).copy()
    tifffile.imwrite(
        tmp_path / "planar.tif", planes, photometric="rgb", planarconfig="separate"
    )
    tifffile.imwrite(
        tmp_path / "cyx.tif", planes, metadata={"axes": "CYX"}, photometric="minisblack"
    )

    np.testing.assert_array_equal(read_image(tmp_path / "planar.tif"), rgb)
    np.testing.assert_array_equal(read_image(tmp_path / "cyx.tif"), rgb)


def test_imagej_files_give_slices_and_channels(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    values = rng.integers(0, 2**16, (4, 2, 6, 9), dtype=np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", values, imagej=True, metadata={"axes": "ZCYX"})

    np.testing.assert_array_equal(
        read_image(tmp_path / "a.tif"), np.moveaxis(values, 1, -1)
    )


def test_the_lookup_table_of_a_microscope_is_no_colour(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    stack = rng.integers(0, 256, (4, 6, 9), dtype=np.uint8)
    table = rng.integers(0, 2**16, (3, 256), dtype=np.uint16)
    tifffile.imwrite(
        tmp_path / "a.tif",
        stack,
        photometric="palette",
        colormap=table,
        description="ImageJ=1.53t\nimages=4\nslices=4\n",
        metadata=None,
    )

    np.testing.assert_array_equal(read_image(tmp_path / "a.tif"), stack)


def test_ome_files_lose_axes_of_length_one(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    values = rng.integers(0, 2**16, (1, 3, 1, 6, 9), dtype=np.uint16)
    tifffile.imwrite(
        tmp_path / "a.ome.tif", values, metadata={"axes": "TZCYX"}, ome=True
    )

    np.testing.assert_array_equal(read_image(tmp_path / "a.ome.tif"), values[0, :, 0])


@pytest.mark.parametrize("shape", [(1, 9, 3), (9, 1, 3), (1, 1, 3), (1, 9), (9, 1)])
def test_lines_and_points_keep_their_axes(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    values = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    for suffix in "png", "tif":
        Image.fromarray(values).save(tmp_path / f"a.{suffix}")

        np.testing.assert_array_equal(read_image(tmp_path / f"a.{suffix}"), values)


def test_an_animation_gives_its_first_frame(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    first, second = (
        Image.fromarray(plane)
        for plane in rng.integers(0, 256, (2, 6, 9), dtype=np.uint8)
    )
    first.save(tmp_path / "a.gif", save_all=True, append_images=[second])

    np.testing.assert_array_equal(
        read_image(tmp_path / "a.gif"), np.asarray(first.convert("RGB"))
    )


@pytest.mark.parametrize("text", [b"II", b"hello", b"%PDF-1.7", b"\x00" * 64])
def test_what_is_no_image_says_so(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "note.png"
    path.write_bytes(text)

    assert sniff(path) is None
    with pytest.raises(ImageReadError, match=r"note\.png.*no PNG"):
        read_image(path)


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    for path in tmp_path / "missing.png", tmp_path:
        with pytest.raises(ImageReadError) as caught:
            read_image(path)

        assert caught.value.path == path
        assert str(path) in str(caught.value)


def encoded(kind: str) -> bytes:
    rng = np.random.default_rng(3)
    colour = Image.fromarray(rng.integers(0, 256, (24, 31, 3), dtype=np.uint8))
    exif = Image.Exif()
    exif[274] = 6
    exif[271] = "maker"
    options: dict[str, Any] = {"exif": exif} if kind in {"PNG", "JPEG"} else {}
    if "-" in kind:
        kind, options["compression"] = kind.split("-")
    buffer = io.BytesIO()
    if kind == "STACK":
        stack = rng.integers(0, 9, (5, 24, 31), dtype=np.uint8)
        tifffile.imwrite(buffer, stack, compression="zlib", photometric="minisblack")
    else:
        colour.save(buffer, format=kind, **options)
    return buffer.getvalue()


def is_read(path: Path) -> bool:
    """Say whether an image was read; only one error may say that it was not."""
    try:
        image = read_image(path)
    except ImageReadError as error:
        if str(path) not in str(error):
            pytest.fail(f"the error does not name the file: {error}")
        return False
    return image.ndim >= 2


KINDS = ["PNG", "JPEG", "TIFF", "TIFF-tiff_lzw", "STACK", "BMP", "GIF"]


@pytest.mark.filterwarnings("ignore")  # decoders grumble before they give up
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_anywhere_is_an_image_or_an_image_error(
    tmp_path: Path, kind: str
) -> None:
    whole = encoded(kind)
    path = tmp_path / "cut"
    lengths = sorted({*range(min(len(whole), 160)), *range(0, len(whole), 37)})
    refused = 0
    for length in lengths:
        path.write_bytes(whole[:length])
        refused += not is_read(path)

    assert refused > 0.5 * len(lengths)


@pytest.mark.filterwarnings("ignore")  # decoders grumble before they give up
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_with_wrong_bytes_is_an_image_or_an_image_error(
    tmp_path: Path, kind: str
) -> None:
    whole = encoded(kind)
    path = tmp_path / "wrong"
    rng = np.random.default_rng(5)
    for _ in range(150):
        damaged = bytearray(whole)
        end = 200 if rng.random() < 0.7 else len(whole)
        for at in rng.integers(8, end, rng.integers(1, 6)):
            damaged[at] = rng.integers(256)
        path.write_bytes(damaged)
        is_read(path)


def test_a_header_that_promises_too_many_pixels_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.bmp"
    whole = bytearray(encoded("BMP"))
    whole[18:26] = struct.pack("<ii", 60_000, 60_000)
    path.write_bytes(whole)

    with pytest.raises(ImageReadError, match=r"60000 × 60000 .* bytes can hold"):
        read_image(path)
