"""Open images without reading them: pixels come when they are asked for."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np

from imageseg.errors import ImageReadError, ShapeMismatchError
from imageseg.images.cache import ReadCache
from imageseg.images.channels import ChannelChoice
from imageseg.images.formats import sniff
from imageseg.images.layout import lengths, resolve
from imageseg.images.memory import check_room
from imageseg.images.microscopy import open_microscopy
from imageseg.images.pictures import open_picture
from imageseg.images.planes import with_channel_axis
from imageseg.images.sources import Decoded, Opened, Stored, damage_named
from imageseg.images.tiff import open_tiff
from imageseg.images.zarrs import open_zarr

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray


class LazyImage:
    """An open image file that is indexed like an array.

    Integers, slices with positive steps and an ellipsis are understood; what
    they select is read as an array of its own. Of OME-Zarr and of TIFFs, if
    these are uncompressed or zarr is installed, only what is asked for is read;
    other files are decoded at the first access and kept.

    Attributes
    ----------
    info
        What the header tells.
    """

    def __init__(self, opened: Opened) -> None:
        self.info, self._source = opened.levels[0]
        self._opened = opened

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes that `info` names."""
        return self.info.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the pixel values."""
        return self.info.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.info.shape)

    @property
    def levels(self) -> tuple[LazyImage, ...]:
        """The image and its smaller copies, the largest first."""
        return tuple(LazyImage(Opened((level,))) for level in self._opened.levels)

    def read(self) -> NDArray[Any]:
        """Read all pixels.

        Raises
        ------
        ImageReadError
            They do not fit into memory, or the file is damaged.
        """
        with damage_named(self.info.path):
            check_room(self.info.path, self.shape, self.dtype)
            return self._source.whole()

    def read_channels(
        self, choice: ChannelChoice, known: Sequence[str] = ()
    ) -> NDArray[Any]:
        """Read some channels, as of a file that holds no others.

        Where parts of the file can be read, the other channels never are in memory.

        Parameters
        ----------
        choice
            Which channels.
        known
            Names of all, if others than the file tells.

        Raises
        ------
        ShapeMismatchError
            One is not there; the file is named.
        ImageReadError
            As `read`.
        """
        info = self.info
        try:
            chosen = choice.among(info.channels, known or info.channel_names)
            if chosen == ChannelChoice():
                return self.read()
            if chosen.grey or not self._by_channel:
                pixels = with_channel_axis(self.read(), info.axes)
                return _without_single(chosen.apply(pixels))
        except ShapeMismatchError as error:
            raise ShapeMismatchError(f"{info.path}: {error}") from error
        return self._read_apart(chosen)

    @property
    def _by_channel(self) -> bool:
        return isinstance(self._source, Stored) and self.info.axes.endswith("C")

    def _read_apart(self, choice: ChannelChoice) -> NDArray[Any]:
        numbers = choice.numbers(self.info.channels)
        shape = (*self.shape[:-1], len(numbers))
        with damage_named(self.info.path):
            check_room(self.info.path, shape, self.dtype)
            if len(numbers) == 1:
                return self[..., numbers[0]]
            pixels = np.empty(shape, self.dtype.newbyteorder("="))
            for i, number in enumerate(numbers):
                pixels[..., i] = self[..., number]
        return pixels

    def close(self) -> None:
        """Close the file; nothing can be read after that."""
        self._opened.close()

    def __getitem__(self, key: object) -> NDArray[Any]:
        selection = resolve(key, self.shape)
        whole = isinstance(self._source, Decoded)
        with damage_named(self.info.path):
            read = self.shape if whole else lengths(selection)
            check_room(self.info.path, read, self.dtype)
            return self._source.part(selection)

    def __array__(
        self, dtype: DTypeLike | None = None, *, copy: bool | None = None
    ) -> NDArray[Any]:
        if copy is False:
            raise ValueError("pixels in a file cannot become an array without a copy")
        return np.asarray(self[...], dtype)

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        axes, name = self.info.axes, self.info.path.name
        return f"<LazyImage {name} {axes} {self.shape} {self.dtype}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class WholeImage:
    """An image file that is read as a whole when it is asked for, and then kept.

    It is opened for that alone: a program may not hold as many files open as there
    may be images.

    Parameters
    ----------
    image
        The file at its header; it may be closed.
    cache
        Keeps the pixels, with those of other images; None keeps them for good.
    """

    def __init__(self, image: LazyImage, cache: ReadCache | None = None) -> None:
        self._info = image.info
        self._cache = cache or ReadCache(room=sys.maxsize)

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return self._info.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the pixel values."""
        return self._info.dtype

    def __getitem__(self, key: object) -> NDArray[Any]:
        pixels = self._cache.get(self, self._read)
        chosen: NDArray[Any] = pixels[cast("Any", key)]
        return chosen

    def _read(self) -> NDArray[Any]:
        with open_image(self._info.path) as image:
            pixels = image.read()
        if pixels.shape != self.shape:
            raise ImageReadError(
                self._info.path, "it has another size than a moment ago. Try again."
            )
        return pixels


def _without_single(pixels: NDArray[Any]) -> NDArray[Any]:
    """Leave out the axis of a single channel, as files of one have none."""
    return pixels[..., 0] if pixels.shape[-1] == 1 else pixels


def open_image(path: Path | str) -> LazyImage:
    """Open an image at its header.

    The format is found in the content. The axes are those of `read_image`.

    Raises
    ------
    ImageReadError
        The file is missing, damaged, or of no known format.
    """
    return open_stored(path, indices=False)


def open_stored(path: Path | str, *, indices: bool) -> LazyImage:
    """Open an image, or a mask of which the indices of a palette are kept.

    Raises
    ------
    ImageReadError
        As `open_image`.
    """
    path = Path(path)
    kind = sniff(path)
    with damage_named(path):
        if kind == "tiff":
            return LazyImage(open_tiff(path, indices=indices))
        if kind == "zarr":
            return LazyImage(open_zarr(path))
        if kind is None or kind == "bioio":
            return LazyImage(open_microscopy(path))
        return LazyImage(open_picture(path, kind, indices=indices))
