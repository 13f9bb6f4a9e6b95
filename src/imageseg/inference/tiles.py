"""Cut a plane into tiles whose results join without seams."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from imageseg.errors import SettingsError

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Tile:
    """Two rectangles of a plane: what is computed and what of it is kept.

    ::

        ┌───────────────┐  outer: inner plus a halo, cut at the plane's edge
        │   ┌───────┐   │
        │   │ inner │   │  inner parts cover every pixel exactly once
        │   └───────┘   │
        └───────────────┘

    Attributes
    ----------
    outer, inner
        (rows, columns) as slices of the plane.
    """

    outer: tuple[slice, slice]
    inner: tuple[slice, slice]

    @property
    def local(self) -> tuple[slice, slice]:
        """The inner part as slices of the outer one."""
        rows, columns = (
            slice(i.start - o.start, i.stop - o.start)
            for i, o in zip(self.inner, self.outer, strict=True)
        )
        return rows, columns


def tile_grid(
    shape: tuple[int, int], *, size: int, halo: int, stride: int
) -> list[Tile]:
    """Partition a plane into tiles of about `size`, all about equally large.

    With a halo no smaller than the reach of a network, and every tile starting
    at a multiple of its pooling stride, a tile computes exactly what the whole
    plane would give in its inner part.

    Parameters
    ----------
    shape
        Rows and columns, multiples of `stride`.
    size
        Largest side of an inner part.
    halo
        Pixels computed around it; rounded up to a multiple of `stride`.
    stride
        Inner parts start at multiples of this.

    Raises
    ------
    SettingsError
        The shape is no multiple of the stride.
    """
    if shape[0] % stride or shape[1] % stride:
        raise SettingsError("shape", shape, f"multiples of {stride}")
    halo = -(-halo // stride) * stride
    rows, columns = (_cuts(length, max(size, stride), stride) for length in shape)
    return [
        Tile(
            outer=(_grown(r, halo, shape[0]), _grown(c, halo, shape[1])),
            inner=(slice(*r), slice(*c)),
        )
        for r in rows
        for c in columns
    ]


def _cuts(length: int, size: int, stride: int) -> list[Span]:
    """Cut a length into equal spans of at most `size`, at multiples of `stride`."""
    units = length // stride
    count = -(-units // (size // stride))
    edges = [units * i // count * stride for i in range(count + 1)]
    return list(pairwise(edges))


def _grown(span: Span, halo: int, length: int) -> slice:
    return slice(max(0, span[0] - halo), min(length, span[1] + halo))
