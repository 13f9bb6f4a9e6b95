"""Open images without reading them: pixels come when they are asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from imageseg.images.formats import sniff
from imageseg.images.layout import lengths, resolve
from imageseg.images.memory import check_room
from imageseg.images.microscopy import open_microscopy
from imageseg.images.pictures import open_picture
from imageseg.images.sources import Decoded, Opened, damage_named
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
