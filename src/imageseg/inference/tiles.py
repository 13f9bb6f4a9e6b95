"""Cut a plane or a volume into tiles whose results join without seams."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, product

from imageseg.errors import SettingsError

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Tile:
    """Two boxes of a plane or a volume: what is computed and what of it is kept.

    ::

        ┌───────────────┐  outer: inner plus a halo, cut at the plane's edge
        │   ┌───────┐   │
        │   │ inner │   │  inner parts cover every pixel exactly once
        │   └───────┘   │
        └───────────────┘

    Attributes
    ----------
    outer, inner
        (rows, columns), after slices in volumes, as slices of the whole.
    """

    outer: tuple[slice, ...]
    inner: tuple[slice, ...]

    @property
    def local(self) -> tuple[slice, ...]:
        """The inner part as slices of the outer one."""
        return tuple(
            slice(i.start - o.start, i.stop - o.start)
            for i, o in zip(self.inner, self.outer, strict=True)
        )


def tile_grid(
    shape: tuple[int, ...], *, size: int, halo: int, stride: int
) -> list[Tile]:
    """Partition a plane or volume into tiles of about `size`, about equally large.

    With a halo no smaller than the reach of a network, and every tile starting
    at a multiple of its pooling stride, a tile computes exactly what the whole
    plane would give in its inner part.

    Parameters
    ----------
    shape
        (Y, X) or (Z, Y, X), multiples of `stride`.
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
    if any(side % stride for side in shape):
        raise SettingsError("shape", shape, f"multiples of {stride}")
    halo = -(-halo // stride) * stride
    cuts = [_cuts(length, max(size, stride), stride) for length in shape]
    return [
        Tile(
            outer=tuple(
                _grown(span, halo, side)
                for span, side in zip(spans, shape, strict=True)
            ),
            inner=tuple(slice(*span) for span in spans),
        )
        for spans in product(*cuts)
    ]


def _cuts(length: int, size: int, stride: int) -> list[Span]:
    """Cut a length into equal spans of at most `size`, at multiples of `stride`."""
    units = length // stride
    count = -(-units // (size // stride))
    edges = [units * i // count * stride for i in range(count + 1)]
    return list(pairwise(edges))


def _grown(span: Span, halo: int, length: int) -> slice:
    return slice(max(0, span[0] - halo), min(length, span[1] + halo))
