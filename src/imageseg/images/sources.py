"""What is known of an opened file, and how to get at its pixels."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import ImageReadError, ImageSegError
from imageseg.images.formats import Format, reason
from imageseg.images.layout import Colour, Layout, Selection
from imageseg.units import PixelSize


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageInfo:
    """What the header of an image file tells.

    Attributes
    ----------
    path, format
        The file and what it is.
    shape, dtype
        Of the array that `read_image` gives.
    axes
        A letter for each axis: T time, Z slices, Y rows, X columns, C channels;
        Q for an axis that the file does not name.
    colour
        ``"grey"`` for one channel, ``"rgb"`` for photographs, ``"channels"`` for
        what was recorded one by one.
    pixel_size
        None where the file tells none.
    channel_names
        One for each channel; empty where the file tells none.
    """

    path: Path
    format: Format
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    axes: str
    colour: Colour
    pixel_size: PixelSize | None = None
    channel_names: tuple[str, ...] = ()

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self.shape[-1] if self.axes.endswith("C") else 1

    def named(self, names: Sequence[str]) -> Self:
        """Return it with names of channels, if there are as many different ones."""
        fit = len(set(names)) == len(names) == self.channels > 1
        return replace(self, channel_names=tuple(names) if fit else ())

    @property
    def planes(self) -> int:
        """Number of slices and time points together."""
        return math.prod(self.shape[: self.axes.index("Y")])

    @property
    def bytes(self) -> int:
        """Size on disk."""
        files = self.path.rglob("*") if self.path.is_dir() else (self.path,)
        return sum(file.stat().st_size for file in files if file.is_file())


class Source(Protocol):
    """Pixels of one image, or of one level of a pyramid."""

    def whole(self) -> NDArray[Any]:
        """Read everything into an array of the caller's own."""
        ...

    def part(self, selection: Selection) -> NDArray[Any]:
        """Read a part into an array of the caller's own."""
        ...


@dataclass(slots=True)
class Decoded:
    """Pixels that can only be read in one go; kept after the first part is read."""

    decode: Callable[[], NDArray[Any]]
    _kept: NDArray[Any] | None = field(default=None, init=False)

    def whole(self) -> NDArray[Any]:
        """Decode the file."""
        return np.require(self.decode(), requirements=["C", "W"])

    def part(self, selection: Selection) -> NDArray[Any]:
        """Decode the file once and copy from it."""
        if self._kept is None:
            self._kept = self.decode()
        return np.array(self._kept[selection])


@dataclass(frozen=True, slots=True)
class Stored:
    """Pixels in an array that is read where it is asked for.

    Attributes
    ----------
    array
        Takes integers and slices: of NumPy, Zarr, Dask.
    layout
        What its axes are.
    load
        Reads all of it, if that is faster so.
    """

    array: Any  # no common type
    layout: Layout
    load: Callable[[], Any] | None = None

    def whole(self) -> NDArray[Any]:
        """Read everything."""
        return self.layout.take(self.load() if self.load else self.array)

    def part(self, selection: Selection) -> NDArray[Any]:
        """Read a part."""
        return self.layout.take(self.array, selection)


@dataclass(frozen=True, slots=True)
class Opened:
    """An open file: its levels, the largest first, and how to close it."""

    levels: tuple[tuple[ImageInfo, Source], ...]
    close: Callable[[], None] = lambda: None


@contextmanager
def damage_named(path: Path) -> Iterator[None]:
    """Turn whatever decoders raise into an error that names the file.

    Raises
    ------
    ImageReadError
        The block failed.
    """
    try:
        yield
    except ImageSegError:
        raise
    except MemoryError as error:
        raise ImageReadError(
            path, "there is not enough memory for it. Close other programs, or cut it."
        ) from error
    except Exception as error:  # broken bytes make the libraries raise anything
        raise ImageReadError(
            path, f"it is damaged ({reason(error)}). Get it again from its source."
        ) from error
