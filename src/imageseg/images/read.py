"""Read image files whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imageseg.errors import ShapeMismatchError
from imageseg.images.channels import (
    ChannelChoice,
    Channels,
    as_choice,
    seen_channels,
)
from imageseg.images.lazy import open_image, open_stored

if TYPE_CHECKING:
    from numpy.typing import NDArray


def read_image(path: Path | str, channels: Channels | None = None) -> NDArray[Any]:
    """Read a photograph, micrograph or stack.

    The format is found in the content; the EXIF orientation is applied; an
    alpha channel is dropped; palettes become RGB; black and white becomes 0 and
    255; the dtype is kept. Of an animated GIF the first frame is read, of a
    pyramid the largest level, of a file with several images the first.

    Parameters
    ----------
    path
        The file.
    channels
        Names of channels, or numbers from 1 on, in the order wanted: ``"DAPI,GFP"``,
        ``"3,1"``, ``[3, 1]``, ``2``; ``"grey"`` makes colours grey. No others are
        kept. None reads all.

    Returns
    -------
    image
        (Y, X) or (Y, X, C), behind slices and time points if there are several:
        (T, Z, Y, X, C).

    Raises
    ------
    ImageReadError
        The file is missing, damaged, larger than the memory allows, or no
        PNG, JPEG, TIFF, BMP, GIF, OME-Zarr or, with bioio, microscope's format.
    ShapeMismatchError
        A channel is not there.
    """
    choice = as_choice(channels)
    with open_image(path) as image:
        return image.read() if choice is None else image.read_channels(choice)


def read_seen(
    path: Path,
    wanted: int,
    named: Sequence[str] = (),
    choice: ChannelChoice | None = None,
    known: Sequence[str] = (),
) -> NDArray[Any]:
    """Read what a model sees of an image, as of a file that holds nothing else.

    Parameters
    ----------
    path
        The file.
    wanted, named
        How many channels the model takes, and their names if it knows them.
    choice
        What is picked; None leaves it to the names. See `seen_channels`.
    known
        What people call the channels of the image; empty: as its file does.

    Raises
    ------
    ImageReadError
        As `read_image`.
    ShapeMismatchError
        A channel is not there, or the model takes another number; the file is named.
    """
    with open_image(path) as image:
        info = image.info
        names = known or info.channel_names
        try:
            seen = seen_channels(info.channels, wanted, names, named, choice)
        except ShapeMismatchError as error:
            raise ShapeMismatchError(f"{path}: {error}") from error
        return image.read_channels(seen)


def read_values(path: Path | str) -> NDArray[Any]:
    """Read a mask file's stored numbers: palette indices stay indices.

    Returns
    -------
    values
        (Y, X), (Z, Y, X) or, for colour-coded masks, (Y, X, C).

    Raises
    ------
    ImageReadError
        As `read_image`.
    """
    with open_stored(path, indices=True) as image:
        return image.read()
