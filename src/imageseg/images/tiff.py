"""TIFF files of cameras, scanners, microscopes and ImageJ."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from imageseg.errors import ImageReadError
from imageseg.images.calibration import imagej_size, ome_channels, ome_size, tiff_size
from imageseg.images.formats import is_installed, reason
from imageseg.images.layout import Layout, Selection
from imageseg.images.pictures import TURNED, open_picture, read_pages
from imageseg.images.sources import Decoded, ImageInfo, Opened, Source, Stored
from imageseg.units import PixelSize

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Tags and values of TIFF 6.0.
_ORIENTATION, _X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT = 274, 282, 283, 296
_INCH, _JPEG = 2, 7
_YCBCR = 6
_CODED_PHOTOMETRICS = {0, 3, 5, _YCBCR}  # white is 0, palette, CMYK


def open_tiff(path: Path, *, indices: bool) -> Opened:
    """Open a TIFF at its header.

    Parameters
    ----------
    path
        The file.
    indices
        Keep the indices of palettes instead of making them colours.
    """
    from tifffile import TiffFile  # noqa: PLC0415  heavy, and only TIFF needs it

    tif = TiffFile(path)
    try:
        if _is_coded(tif):
            frames = _alike(tif)
            tif.close()
            return open_picture(path, "tiff", frames, indices=indices)
        return Opened(_levels(tif, path), tif.close)
    except BaseException:
        tif.close()
        raise


def _is_coded(tif: Any) -> bool:  # noqa: ANN401  tifffile is untyped
    """Tell whether stored numbers are not yet grey values or colours.

    Microscopes write numbers, whatever colours they are shown in.
    """
    page = tif.pages.first
    coded = page.photometric in _CODED_PHOTOMETRICS or page.bitspersample < 8
    if page.photometric == _YCBCR and page.compression == _JPEG and _decodable(page):
        return False  # the decoder makes it RGB
    return coded and page.bitspersample <= 8 and not (tif.is_imagej or tif.is_ome)


def _decodable(page: Any) -> bool:  # noqa: ANN401  as in _is_coded
    """Tell whether tifffile, perhaps with imagecodecs, undoes a compression."""
    from tifffile import TIFF  # noqa: PLC0415  heavy

    try:
        TIFF.DECOMPRESSORS[page.compression]
        TIFF.UNPREDICTORS[page.predictor]
    except (KeyError, ValueError):
        return False
    return True


def _alike(tif: Any) -> list[int]:  # noqa: ANN401  as in _is_coded
    """List the pages that are slices: of the form of the first, no thumbnails."""

    def form(page: Any) -> tuple[int, ...]:  # noqa: ANN401
        size = page.imagelength, page.imagewidth
        return (*size, page.samplesperpixel, page.bitspersample, page.photometric)

    first = form(tif.pages.first)
    return [i for i, page in enumerate(tif.pages) if form(page) == first]


def _levels(tif: Any, path: Path) -> tuple[tuple[ImageInfo, Source], ...]:  # noqa: ANN401  as in _is_coded
    """Open the first series, or its levels if it is a pyramid."""
    series = tif.series[0]
    size, orientation = _pixel_size(tif), tif.pages.first.tags.valueof(_ORIENTATION, 1)
    names = ome_channels(tif.ome_metadata) if tif.is_ome and tif.ome_metadata else ()
    opened = []
    for number, level in enumerate(series.levels):
        layout = Layout.of(level.axes, level.shape)
        info = ImageInfo(
            path=path,
            format="tiff",
            shape=_turned_shape(layout, orientation),
            dtype=np.dtype("u1") if level.dtype == bool else level.dtype,
            axes=layout.axes,
            colour=layout.colour,
            pixel_size=size and _of_level(size, series, level),
        ).named(names)
        opened.append((info, _source(path, level, number, layout, orientation)))
    return tuple(opened)


def _source(
    path: Path,
    series: Any,  # noqa: ANN401  as in _is_coded
    level: int,
    layout: Layout,
    orientation: int,
) -> Source:
    decodable = _decodable(series.keyframe)
    if decodable and orientation == 1 and series.dtype != bool:
        return Stored(_Parts(path, series, level), layout, load=series.asarray)

    def decode() -> NDArray[Any]:
        if not decodable:
            return _read_pages(path, series)
        image = layout.take(series.asarray())
        if image.dtype == bool:
            image = image * np.uint8(255)
        return _upright(image, orientation, has_channels=layout.axes.endswith("C"))

    return Decoded(decode)


class _Parts:
    """The stored array of a series, of which only what is asked for is read."""

    def __init__(self, path: Path, series: Any, level: int) -> None:  # noqa: ANN401  as in _is_coded
        self._path, self._series, self._level = path, series, level

    def __getitem__(self, key: Selection) -> NDArray[Any]:
        return np.asarray(self._array[key])

    @cached_property
    def _array(self) -> Any:  # noqa: ANN401  NumPy or Zarr
        if self._series.dataoffset is not None:
            from tifffile import memmap  # noqa: PLC0415  heavy

            return memmap(self._path, series=0, level=self._level, mode="r")
        if is_installed("zarr"):
            import zarr  # noqa: PLC0415  heavy, and optional

            return zarr.open(self._series.aszarr(level=0), mode="r")
        return self._series.asarray()


def _read_pages(path: Path, series: Any) -> NDArray[Any]:  # noqa: ANN401  as in _is_coded
    """Read pages in compressions that Pillow has and tifffile lacks: LZW, JPEG."""
    try:
        numbers = [page.index for page in series.pages]
        pages = np.stack(read_pages(path, numbers))
    except (OSError, SyntaxError, ValueError) as error:
        name = getattr(series.keyframe.compression, "name", "of this kind")
        raise ImageReadError(
            path,
            f"it is damaged, or its compression {name} needs a package: "
            f"pip install imagecodecs ({reason(error)}).",
        ) from error
    named = [(a, n) for a, n in zip(series.axes, series.shape, strict=True)]
    planes = [(a, n) for a, n in named if a not in "YXS"]
    axes = "".join(a for a, _ in planes) + "YXS"[: pages.ndim - 1]
    stored = pages.reshape(*(n for _, n in planes), *pages.shape[1:])
    return Layout.of(axes, stored.shape).take(stored).astype(series.dtype, copy=False)


def _pixel_size(tif: Any) -> PixelSize | None:  # noqa: ANN401  as in _is_coded
    if tif.is_ome and tif.ome_metadata:
        return ome_size(tif.ome_metadata)
    tags = tif.pages.first.tags
    resolution = _ratio(tags, _X_RESOLUTION), _ratio(tags, _Y_RESOLUTION)
    if tif.is_imagej:
        return imagej_size(tif.imagej_metadata or {}, resolution)
    return tiff_size(resolution, tags.valueof(_RESOLUTION_UNIT, _INCH))


def _ratio(tags: Any, tag: int) -> float:  # noqa: ANN401  as in _is_coded
    above, below = tags.valueof(tag, (0, 1))
    return above / below if below else 0.0


def _of_level(size: PixelSize, series: Any, level: Any) -> PixelSize:  # noqa: ANN401  as in _is_coded
    """Return the pixel size of a level of a pyramid."""
    large, small = (dict(zip(s.axes, s.shape, strict=True)) for s in (series, level))
    y, x = large["Y"] / small["Y"], large["X"] / small["X"]
    z = size.z and size.z * large.get("Z", 1) / small.get("Z", 1)
    return PixelSize(size.y * y, size.x * x, z, size.unit)


def _turned_shape(layout: Layout, orientation: int) -> tuple[int, ...]:
    shape, y = list(layout.shape), layout.axes.index("Y")
    if orientation in TURNED:
        shape[y], shape[y + 1] = shape[y + 1], shape[y]
    return tuple(shape)


def _upright(
    image: NDArray[Any], orientation: int, *, has_channels: bool
) -> NDArray[Any]:
    """Apply a TIFF orientation tag (TIFF 6.0, tag 274) to rows and columns."""
    y, x = (-3, -2) if has_channels else (-2, -1)
    if orientation in TURNED:
        image = np.swapaxes(image, y, x)
    if orientation in {3, 4, 7, 8}:
        image = np.flip(image, y)
    if orientation in {2, 3, 6, 7}:
        image = np.flip(image, x)
    return np.ascontiguousarray(image)
