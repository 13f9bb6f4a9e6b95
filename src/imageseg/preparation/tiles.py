"""Cut large images into tile files, and join what was computed from them.

These tiles are for people and networks that take files of one size: all are
equally large, may overlap and keep their place in their name. The tiles of
`imageseg.inference` differ: they partition a plane in memory, with a halo, so
that tiled prediction equals that of the whole image.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import SettingsError, ShapeMismatchError
from imageseg.geometry import Box
from imageseg.preparation.resize import Shape, row_axis

Edge = Literal["pad", "drop", "shift"]
"""What is done where tiles reach over the edge: mirror the image into them
(labels there are 0, not annotated), leave them out, or move them back inside."""

Beyond = Literal["reflect", "zero"]

_RESULT = r"(?:_labels|_overlay|_probabilities|_mask(?:_\d+)?)?"  # of such a tile
_NAME = re.compile(
    r"(.+)_y(\d{4,})_x(\d{4,})" + _RESULT + r"(?:\.ome)?(?:\.[^.]*)?", re.DOTALL
)


class TileName(NamedTuple):
    """What the name of a tile file says."""

    stem: str
    top: int
    left: int


def tile_boxes(
    shape: Shape, size: int, stride: int | None = None, *, edge: Edge = "pad"
) -> list[Box]:
    """Lay square tiles over a plane, row by row from the first pixel.

    Parameters
    ----------
    shape
        Rows and columns of the plane.
    size
        Side of a tile, px.
    stride
        From tile to tile, px; less than `size` lets them overlap, None is `size`.
    edge
        What to do where tiles reach over the edge; a plane smaller than one
        tile is padded unless such tiles are dropped.

    Raises
    ------
    SettingsError
        Size or stride are below 1, or the stride leaves gaps.
    """
    stride = size if stride is None else stride
    if size < 1:
        raise SettingsError("size", size, "at least 1")
    if not 1 <= stride <= size:
        raise SettingsError("stride", stride, f"1 to the tile size, {size}")
    rows, columns = (_starts(side, size, stride, edge) for side in shape)
    return [Box(top, left, size, size) for top in rows for left in columns]


def cut_tiles(
    image: NDArray[Any],
    boxes: Iterable[Box],
    *,
    beyond: Beyond = "reflect",
    channels: int = 1,
) -> Iterator[NDArray[Any]]:
    """Cut tiles out of an image (…, Y, X) or (…, Y, X, C), one at a time.

    Parameters
    ----------
    image
        The image, or labels.
    boxes
        Where; they may reach over the far edges.
    beyond
        What stands there: the image mirrored, or zeros (labels: not annotated).
    channels
        How many channels to expect, see `channel_count`.
    """
    axis = row_axis(image, channels)
    shape = image.shape[axis], image.shape[axis + 1]
    before = (slice(None),) * axis
    for box in boxes:
        if box.fits(shape):
            yield image[before + box.slices]
        elif beyond == "reflect":
            rows = _mirrored(box.top, box.height, shape[0])
            columns = _mirrored(box.left, box.width, shape[1])
            yield image.take(rows, axis).take(columns, axis + 1)
        else:
            yield _zero_padded(image[before + box.slices], box, axis)


def join_tiles(
    tiles: Iterable[NDArray[Any]],
    boxes: Sequence[Box],
    shape: Shape,
    *,
    channels: int = 1,
) -> NDArray[Any]:
    """Put tiles of images or probabilities together; where they overlap, average.

    The inverse of `cut_tiles`. Pixels without a tile are 0.

    Parameters
    ----------
    tiles
        (…, y, x) or (…, y, x, C), all alike; they may come one at a time.
    boxes
        Where each lies.
    shape
        Rows and columns of the whole.
    channels
        How many channels to expect, see `channel_count`.

    Raises
    ------
    ShapeMismatchError
        There are no tiles.
    """
    total: NDArray[np.float64] | None = None
    counts = np.zeros(shape, np.int64)
    for tile, box in zip(tiles, boxes, strict=True):
        axis, dtype = row_axis(tile, channels), tile.dtype
        if total is None:
            total = np.zeros((*tile.shape[:axis], *shape, *tile.shape[axis + 2 :]))
        total[(slice(None),) * axis + box.slices] += _inside(tile, box, shape, axis)
        counts[box.slices] += 1
    if total is None:
        raise ShapeMismatchError("There are no tiles to join.")
    total /= np.maximum(counts, 1).reshape(*shape, *(1,) * (total.ndim - axis - 2))
    return np.asarray(total.round() if dtype.kind in "iu" else total, dtype)


def join_labels(
    tiles: Sequence[NDArray[Any]], boxes: Sequence[Box], shape: Shape
) -> NDArray[Any]:
    """Put tiles of labels together; where they overlap, the majority wins.

    0 is no vote, as it means not annotated; of equal classes the first wins.

    Parameters
    ----------
    tiles
        (y, x) each.
    boxes
        Where each lies.
    shape
        Rows and columns of the whole.

    Raises
    ------
    ShapeMismatchError
        There are no tiles.
    """
    if not tiles:
        raise ShapeMismatchError("There are no tiles to join.")
    classes = sorted(set().union(*(np.unique(tile).tolist() for tile in tiles)) - {0})
    labels = np.zeros(shape, tiles[0].dtype)
    most = np.zeros(shape, np.int32)
    for k in classes:
        votes = np.zeros(shape, np.int32)
        for tile, box in zip(tiles, boxes, strict=True):
            votes[box.slices] += _inside(tile == k, box, shape, 0)
        labels[votes > most] = k
        np.maximum(most, votes, out=most)
    return labels


def tile_name(stem: str, box: Box) -> str:
    """Return ``stem_y0000_x0100``, without a suffix."""
    return f"{stem}_y{box.top:04d}_x{box.left:04d}"


def read_tile_name(path: Path | str) -> TileName | None:
    """Return what the file name of a tile says; None if it is no tile's.

    Masks of tiles and what is predicted in them, as ``a_y0000_x0032_labels.png``,
    count too.
    """
    found = _NAME.fullmatch(Path(path).name)
    return TileName(found[1], int(found[2]), int(found[3])) if found else None


def _starts(length: int, size: int, stride: int, edge: Edge) -> list[int]:
    if edge == "drop":
        return list(range(0, length - size + 1, stride))
    over = max(length - size, 0)
    starts = list(range(0, over + stride, stride)) if over else [0]
    return [min(s, over) for s in starts] if edge == "shift" else starts


def _mirrored(start: int, count: int, length: int) -> NDArray[np.intp]:
    """Return which pixels stand in a row mirrored at its ends, edges not doubled."""
    period = max(2 * (length - 1), 1)
    places = np.arange(start, start + count) % period
    return np.minimum(places, period - places)


def _zero_padded(part: NDArray[Any], box: Box, axis: int) -> NDArray[Any]:
    missing = (box.height - part.shape[axis], box.width - part.shape[axis + 1])
    widths = [(0, 0)] * part.ndim
    widths[axis : axis + 2] = [(0, n) for n in missing]
    return np.pad(part, widths)


def _inside(tile: NDArray[Any], box: Box, shape: Shape, axis: int) -> NDArray[Any]:
    height, width = (
        min(length, side - start)
        for length, side, start in zip(
            (box.height, box.width), shape, (box.top, box.left), strict=True
        )
    )
    return tile[(slice(None),) * axis + (slice(height), slice(width))]
