"""Many tiles in one picture, and one picture faded tile by tile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import SettingsError, ShapeMismatchError
from imageseg.figures.layout import picture_grid
from imageseg.figures.pictures import Picture, displayed, image_picture, shrunk

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WHITE = np.float32(255)


def mosaic_figures(
    tiles: Iterable[tuple[str, NDArray[Any]]], *, columns: int = 6, rows: int = 7
) -> Iterator[Figure]:
    """Draw tiles or images in a grid with gaps, each below its name.

    Parameters
    ----------
    tiles
        Names and images (Y, X) or (Y, X, C), from any iterator.
    columns, rows
        Of a page.

    Yields
    ------
    page
        A figure.

    Raises
    ------
    SettingsError
        There is no column or no row.
    """
    if min(columns, rows) < 1:
        raise SettingsError("columns and rows", (columns, rows), "1 or more")
    shown = ((name, shrunk(image_picture(tile))) for name, tile in tiles)
    while page := list(islice(shown, columns * rows)):
        names, pictures = zip(*page, strict=True)
        yield picture_grid(pictures, names, columns=columns, side=1.2)


def faded_tiles(
    image: NDArray[Any],
    probabilities: NDArray[np.floating[Any]],
    tile: int | tuple[int, int],
) -> Picture:
    """Fade every tile of an image towards white by 1 - p.

    Parameters
    ----------
    image
        (Y, X) or (Y, X, C).
    probabilities
        (rows, columns) of tiles: that of the class shown; tiles begin at the
        upper left.
    tile
        Side of the tiles, or their height and width, px.

    Returns
    -------
    picture
        (Y, X, 3) uint8; what no tile covers is white.

    Raises
    ------
    ShapeMismatchError
        There are more tiles than begin in the image.
    """
    height, width = (tile, tile) if isinstance(tile, int) else tile
    shape = image.shape[:2]
    starts = -(-shape[0] // height), -(-shape[1] // width)
    rows, columns = probabilities.shape
    if rows > starts[0] or columns > starts[1]:
        raise ShapeMismatchError(
            f"{rows} × {columns} tiles of {height} × {width} px do not fit into an "
            f"image of {shape[0]} × {shape[1]} px. Give the size of the tiles that "
            "were classified."
        )
    kept = np.zeros(shape, np.float32)
    tiles = np.repeat(np.repeat(probabilities, height, 0), width, 1)
    covered = tiles[: shape[0], : shape[1]]
    kept[: covered.shape[0], : covered.shape[1]] = covered
    faded = _WHITE + (displayed(image) - _WHITE) * kept[..., None]
    return np.asarray(faded.round(), np.uint8)
