"""Images that are read part by part: planes, or volumes, as a model takes them."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import ShapeMismatchError
from imageseg.images.channels import ChannelChoice
from imageseg.images.lazy import WholeImage
from imageseg.images.planes import ValueScale
from imageseg.settings import Normalisation

_SAMPLED_PLANES = 16
_BLOCK_BYTES = 64_000_000  # of planes kept because they are stored together


class Stack:
    """An image of which only the planes asked for are read.

    Those read last are kept without a lock: one thread at a time may ask.

    Parameters
    ----------
    arrays
        The image, indexed like an array: of NumPy, Dask, Zarr, a `LazyImage` or a
        `WholeImage`. Or several equally large ones, without an axis of channels: its
        channels.
    channel_axis
        Which of its axes holds the channels; None for none.
    choice
        What of them is seen.

    Attributes
    ----------
    shape
        (Y, X), behind slices and time points if there are any; without channels.
    channels
        How many are seen.

    Raises
    ------
    ShapeMismatchError
        The arrays differ in size, or have no rows and columns.
    """

    def __init__(
        self,
        arrays: Sequence[Any],
        *,
        channel_axis: int | None = None,
        choice: ChannelChoice | None = None,
    ) -> None:
        self._arrays = tuple(arrays)
        shapes = {tuple(array.shape) for array in self._arrays}
        if len(shapes) > 1:
            listed = " and ".join(map(str, sorted(shapes)))
            raise ShapeMismatchError(
                f"Images of sizes {listed} cannot be channels of one. Choose images of "
                "one size."
            )
        (sides,) = shapes
        self._axis = None if channel_axis is None else channel_axis % len(sides)
        self.shape = tuple(n for i, n in enumerate(sides) if i != self._axis)
        if len(self.shape) < 2 or 0 in self.shape:
            raise ShapeMismatchError(
                f"An image of shape {sides} has no rows and columns to segment."
            )
        self._found = len(self._arrays) if self._axis is None else sides[self._axis]
        self._choice = choice or ChannelChoice()
        self.channels = self._choice.count(self._found)
        self._blocks: OrderedDict[tuple[int, int], NDArray[Any]] = OrderedDict()

    @property
    def is_whole(self) -> bool:
        """Whether all of it is in memory, or will be once a part is asked for."""
        return all(isinstance(array, np.ndarray | WholeImage) for array in self._arrays)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the pixel values."""
        return np.result_type(*(np.dtype(array.dtype) for array in self._arrays))

    def parts(self, dims: int) -> int:
        """Say how many planes (2 dims) or volumes (3 dims) there are."""
        return math.prod(self.shape[:-dims])

    def part_shape(self, dims: int) -> tuple[int, ...]:
        """Return the sides of a plane or of a volume; a plane is one of one slice."""
        return (1, *self.shape)[-dims:]

    def part(self, index: int, dims: int = 2, neighbours: int = 0) -> NDArray[Any]:
        """Read a plane (Y, X, C) or a volume (Z, Y, X, C).

        Parameters
        ----------
        index
            Which one, counted over the axes before.
        dims
            2 or 3.
        neighbours
            So many slices on each side of a plane stand before and behind its
            channels; beyond the ends the last one is repeated.
        """
        if dims == 3:
            return self._volume(index)
        depth = self.shape[-3] if len(self.shape) > 2 else 1
        before, z = divmod(index, depth)
        around = range(z - neighbours, z + neighbours + 1)
        numbers = [before * depth + min(max(at, 0), depth - 1) for at in around]
        planes = [self._plane(number, len(numbers)) for number in numbers]
        return np.concatenate(planes, axis=-1) if neighbours else planes[0]

    def looks_in_place(self, neighbours: int = 0) -> bool:
        """Say whether parts are views of what is in memory, so that none is copied."""
        apart = self._axis is None and len(self._arrays) > 1
        chosen = self._choice != ChannelChoice()
        return self.is_whole and not (apart or neighbours or chosen)

    def whole(self) -> NDArray[Any]:
        """Read all of it: (…, Y, X, C)."""
        return self._read((slice(None),) * len(self.shape))

    def scale(self, normalisation: Normalisation) -> ValueScale:
        """Say how its values become 0 to 1, from a few planes spread over it.

        What is in memory, or will be, is measured as a whole.
        """
        if self.is_whole:
            return ValueScale.of(self.whole(), normalisation)
        whole = np.issubdtype(self.dtype, np.integer)
        if normalisation == "range" and whole:
            return ValueScale.of(np.zeros((1, 1, 1), self.dtype), normalisation)
        count = self.parts(2)
        wanted = np.linspace(0, count - 1, min(count, _SAMPLED_PLANES)).round()
        planes = [self.part(int(number)) for number in wanted]
        return ValueScale.of(np.stack(planes), normalisation)

    def _volume(self, index: int) -> NDArray[Any]:
        if len(self.shape) == 2:
            return self._plane(0, 1)[np.newaxis]
        return self._read((*self._leading(index), *(slice(None),) * 3))

    def _leading(self, index: int) -> list[int]:
        """Return where a volume stands on the axes before it."""
        places: list[int] = []
        for side in reversed(self.shape[:-3]):
            index, place = divmod(index, side)
            places.insert(0, place)
        return places

    def _plane(self, number: int, kept: int) -> NDArray[Any]:
        """Read a plane with those that are stored together with it."""
        if len(self.shape) == 2:
            return self._read((slice(None), slice(None)))
        depth = self.shape[-3]
        before, z = divmod(number, depth)
        start, stop = self._stored_together(z, depth)
        block = self._blocks.get((before, start))
        if block is None:
            rest = (slice(start, stop), slice(None), slice(None))
            block = self._read((*self._leading(before), *rest))
            self._blocks[before, start] = block
            while len(self._blocks) > kept:
                self._blocks.popitem(last=False)
        self._blocks.move_to_end((before, start))
        plane: NDArray[Any] = block[z - start]
        return plane

    def _stored_together(self, z: int, depth: int) -> tuple[int, int]:
        """Return the span of slices in the same chunk, if that is not too large."""
        array = self._arrays[0]
        axis = len(self.shape) - 3
        stored_axis = axis + (self._axis is not None and self._axis <= axis)
        chunks = getattr(array, "chunks", None)
        if not chunks:
            return z, z + 1
        along = chunks[stored_axis]
        if isinstance(along, int):  # Zarr
            start = z // along * along
            stop = min(start + along, depth)
        else:  # Dask
            ends = np.cumsum(along)
            at = int(np.searchsorted(ends, z, side="right"))
            start, stop = int(ends[at] - along[at]), int(ends[at])
        plane = math.prod(self.shape[-2:]) * self._found * self.dtype.itemsize
        return (start, stop) if (stop - start) * plane <= _BLOCK_BYTES else (z, z + 1)

    def _read(self, key: tuple[int | slice, ...]) -> NDArray[Any]:
        """Read what a key over `shape` selects, with the channels chosen last."""
        if self._axis is None:
            planes = [np.asarray(array[key]) for array in self._arrays]
            one = planes[0][..., np.newaxis]  # a view, where a stack would be a copy
            return self._choice.apply(np.stack(planes, -1) if len(planes) > 1 else one)
        stored = list(key)
        stored.insert(self._axis, slice(None))
        pixels = np.asarray(self._arrays[0][tuple(stored)])
        gone = sum(isinstance(entry, int) for entry in stored[: self._axis])
        return self._choice.apply(np.moveaxis(pixels, self._axis - gone, -1))
