"""From the axes of a file to ours: (T, Z, Y, X, C), those of one element left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import index
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

Selection = tuple[int | slice, ...]
"""One entry an axis; slices have a start, a stop and a positive step."""

Colour = Literal["grey", "rgb", "channels"]
"""One channel, a photograph's three, or channels recorded one by one."""

_RANK = {"T": 0, "Z": 2}  # other axes of planes, as positions, stand between


@dataclass(frozen=True, slots=True)
class Layout:
    """Which axis of a stored array becomes which of the image.

    Attributes
    ----------
    axes
        Ours, as ``"YX"``, ``"YXC"``, ``"ZYX"``, ``"TZYXC"``.
    shape
        The image's lengths.
    order
        The stored axis of each.
    stored
        How many axes the file has.
    colour
        What the channels are.
    """

    axes: str
    shape: tuple[int, ...]
    order: tuple[int, ...]
    stored: int
    colour: Colour

    @classmethod
    def of(cls, axes: str, shape: Sequence[int]) -> Self:
        """Arrange stored axes.

        Channels (C, or S: samples of a pixel) go last. Of samples, the second of
        two and the fourth of four are alpha and are left out. Axes of one element
        are dropped. Pages without a name are slices.

        Raises
        ------
        ValueError
            There are no rows or no columns.
        """
        y, x = axes.find("Y"), axes.find("X")
        if min(y, x) < 0 or 0 in shape:
            raise ValueError(f"axes {axes} of lengths {tuple(shape)} are no image")
        channel, count = _channels(axes, shape)
        rest = set(range(len(axes))) - {y, x, channel}
        planes = sorted(
            (i for i in rest if shape[i] > 1), key=lambda i: (_RANK.get(axes[i], 1), i)
        )
        names = _plane_names([axes[i] for i in planes]) + "YX"
        order = (*planes, y, x)
        sizes = tuple(shape[i] for i in order)
        if count == 1:
            return cls(names, sizes, order, len(axes), "grey")
        colour: Colour = "rgb" if count == 3 and "S" in axes else "channels"
        order, sizes = (*order, channel), (*sizes, count)
        return cls(names + "C", sizes, order, len(axes), colour)

    def take(self, array: Any, selection: Selection | None = None) -> NDArray[Any]:  # noqa: ANN401  NumPy, Zarr or Dask
        """Read a part of the stored array and bring its axes into our order.

        Returns
        -------
        part
            Contiguous and the caller's own, in the byte order of this computer.
        """
        if selection is None:
            selection = tuple(slice(0, n, 1) for n in self.shape)
        key: list[int | slice] = [0] * self.stored
        for axis, chosen in zip(self.order, selection, strict=True):
            key[axis] = chosen
        part = np.asarray(array[tuple(key)])
        kept = [
            axis
            for axis, chosen in zip(self.order, selection, strict=True)
            if isinstance(chosen, slice)
        ]
        part = part.transpose([sorted(kept).index(axis) for axis in kept])
        return np.require(part, part.dtype.newbyteorder("="), ["C", "W"])


def resolve(key: object, shape: Sequence[int]) -> Selection:
    """Write out an index of integers, slices and one ellipsis.

    Raises
    ------
    IndexError
        It is out of range, too long, or of another kind.
    """
    keys = list(key) if isinstance(key, tuple) else [key]
    gaps = [i for i, k in enumerate(keys) if k is Ellipsis]
    if len(keys) - len(gaps) > len(shape) or len(gaps) > 1:
        raise IndexError(f"{key} does not fit {len(shape)} axes")
    at = gaps[0] if gaps else len(keys)
    missing = len(shape) - len(keys) + len(gaps)
    keys[at : at + len(gaps)] = [slice(None)] * missing
    return tuple(_resolve_one(k, n) for k, n in zip(keys, shape, strict=True))


def lengths(selection: Selection) -> tuple[int, ...]:
    """Return the shape of what is selected."""
    slices = [entry for entry in selection if isinstance(entry, slice)]
    return tuple(len(range(s.start, s.stop, s.step)) for s in slices)


def _resolve_one(key: Any, length: int) -> int | slice:  # noqa: ANN401  what people index with
    if isinstance(key, slice):
        start, stop, step = key.indices(length)
        if step < 1:
            raise IndexError(f"{key} goes backwards; steps must be positive")
        return slice(start, max(start, stop), step)
    try:
        position = index(key)
    except TypeError as error:
        raise IndexError(f"{key} is no integer, slice or ellipsis") from error
    if not -length <= position < length:
        raise IndexError(f"{position} is outside an axis of {length}")
    return position % length


def _channels(axes: str, shape: Sequence[int]) -> tuple[int, int]:
    """Return which axis holds the channels, -1 for none, and how many count."""
    channel = next((axes.index(a) for a in "SC" if a in axes), -1)
    if channel < 0:
        return channel, 1
    count = shape[channel]
    alpha = axes[channel] == "S" and count in {2, 4}
    return channel, count - alpha


def _plane_names(stored: Sequence[str]) -> str:
    """Call the last axis without a name of ours Z, further ones Q."""
    names = [name if name in "TZ" else "Q" for name in stored]
    if "Z" not in names and "Q" in names:
        names[len(names) - 1 - names[::-1].index("Q")] = "Z"
    return "".join(names)
