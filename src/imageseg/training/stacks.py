"""Annotated stacks of which only what is annotated is read, when it is needed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Self, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import ShapeMismatchError
from imageseg.forest import PixelMemory
from imageseg.images import ReadCache, Stack, ValueScale, check_finite
from imageseg.settings import Normalisation
from imageseg.spec import ModelSpec
from imageseg.training.sample import check_mask, label_counts, named

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class StackSample:
    """A stack and its labels; see `Sample`.

    What is read is kept without a lock: one thread at a time may ask.

    Attributes
    ----------
    stack
        The pixels, wherever they are.
    labels
        uint8 of its shape; 0 = not annotated, k = class k.
    name, group, channel_names
        As of `Sample`; the names are those of the channels that are seen.
    memory
        Knows what some of its pixels look like, from an earlier teaching.
    identity
        Text that changes with the pixels, as a file's name and time of change do; empty
        where only the pixels themselves tell.
    cache
        Keeps what was read last; samples of one teaching share it.
    """

    stack: Stack
    labels: NDArray[np.uint8]
    name: str = "image"
    group: str = ""
    channel_names: tuple[str, ...] = ()
    memory: PixelMemory | None = None
    identity: str = ""
    cache: ReadCache = field(default_factory=ReadCache)
    _known: dict[Hashable, object] = field(init=False, repr=False, default_factory=dict)

    @property
    def image(self) -> NDArray[Any]:
        """All pixels (…, Y, X, C), read now."""
        return self.stack.whole()

    @property
    def channels(self) -> int:
        """Channels that are seen."""
        return self.stack.channels

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the pixel values."""
        return self.stack.dtype

    @property
    def counts(self) -> NDArray[np.int64]:
        """(256,), pixels of each label."""
        return label_counts(self.labels)

    def digest(self) -> str:
        """Return a text that changes with the annotated pixels, labels or name."""
        sha = hashlib.sha256(f"{self.name} {self.stack.shape} {self.dtype}".encode())
        planes = self.labels.reshape(-1, *self.labels.shape[-2:])
        for i in self._annotated(planes):
            for array in (planes[i], self.stack.part(i)):
                sha.update(np.ascontiguousarray(array).view(np.uint8).data)
        return sha.hexdigest()

    def seen_by(self, _: ModelSpec) -> Self:
        """Return it as it is: the stack has the channels that were chosen."""
        return self

    def parts(
        self,
        channels: int,
        normalisation: Normalisation,
        dims: int = 2,
        neighbours: int = 0,
    ) -> list[StackPart]:
        """Find the annotated planes, or volumes; errors are those of `Sample.parts`.

        Pixels are read when they are asked for, and what is wrong with them is raised
        then.
        """
        with named(self.name):
            check_mask(self.labels, self.stack.shape)
        if channels != self.channels:
            raise ShapeMismatchError(
                f"{self.name} has {self.channels} channel(s) of those chosen, but the "
                f"model takes {channels}. Choose as many channels."
            )
        labels = self.labels.reshape(-1, *self.stack.part_shape(dims))
        return [
            StackPart(self, i, labels[i], normalisation, neighbours)
            for i in self._annotated(labels)
        ]

    def pixels(self, index: int, dims: int, neighbours: int) -> NDArray[Any]:
        """Return a part of the stack, read anew if it is not kept any more.

        Raises
        ------
        PixelValueError
            A pixel is no finite number; the sample is named.
        """
        part = index, dims, neighbours
        if self.stack.looks_in_place(neighbours):  # a view of what is kept already
            return self._read(*part)
        return self.cache.get((self, *part), partial(self._read_own, *part))

    def scale(self, normalisation: Normalisation) -> ValueScale:
        """Return how its values become 0 to 1, measured once.

        Raises
        ------
        PixelValueError
            A pixel is no finite number; the sample is named.
        """
        with named(self.name):
            return self._once(normalisation, partial(self.stack.scale, normalisation))

    def content(self, index: int, dims: int, neighbours: int) -> str:
        """Return a text that changes with the pixels of a part."""
        part = index, dims, neighbours
        return self._once(("content", *part), lambda: _digest(self.pixels(*part)))

    def _read_own(self, index: int, dims: int, neighbours: int) -> NDArray[Any]:
        """Read a part that does not keep the slices stored with it in memory."""
        pixels = self._read(index, dims, neighbours)
        return pixels if pixels.base is None else pixels.copy()

    def _read(self, index: int, dims: int, neighbours: int) -> NDArray[Any]:
        part = index, dims, neighbours
        pixels = self.stack.part(*part)
        with named(self.name):
            self._once(("finite", *part), partial(check_finite, pixels))
        return pixels

    def look(self, index: int, dims: int, neighbours: int) -> None:
        """Read a part, unless it is known already that its pixels are numbers.

        Raises
        ------
        ImageReadError, PixelValueError
            It is damaged; the sample is named.
        """
        part = index, dims, neighbours
        self._once(("finite", *part), lambda: check_finite(self.pixels(*part)))

    def _once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return a fact; where the pixels have an identity, teachings share it."""
        if self.memory is not None and self.identity:
            return self.memory.once((self.identity, key), make)
        if key not in self._known:
            self._known[key] = make()
        return cast("T", self._known[key])

    @staticmethod
    def _annotated(labels: NDArray[np.uint8]) -> list[int]:
        """List the parts with annotated pixels."""
        return [i for i, part in enumerate(labels) if part.any()]


@dataclass(frozen=True, slots=True, eq=False)
class StackPart:
    """One annotated plane or volume of a stack; see `AnnotatedPart`."""

    sample: StackSample
    index: int
    labels: NDArray[np.uint8]
    normalisation: Normalisation
    neighbours: int = 0

    @property
    def pixels(self) -> NDArray[Any]:
        """(Y, X, C) or (Z, Y, X, C), as stored; read at the first access."""
        return self.sample.pixels(self.index, self.labels.ndim, self.neighbours)

    @property
    def scale(self) -> ValueScale:
        """How values become 0 to 1; measured at the first access."""
        return self.sample.scale(self.normalisation)

    @property
    def counts(self) -> NDArray[np.int64]:
        """(256,), pixels of each label."""
        return label_counts(self.labels)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the labels."""
        return self.labels.shape

    @property
    def name(self) -> str:
        """Name of the sample."""
        return self.sample.name

    @property
    def group(self) -> str:
        """What is held out together."""
        return self.sample.group or self.sample.name

    @property
    def memory(self) -> PixelMemory | None:
        """Knows what some of its pixels look like."""
        return self.sample.memory

    @property
    def key(self) -> str:
        """Text that changes with the pixels and their scale."""
        sample, part = self.sample, (self.index, self.labels.ndim, self.neighbours)
        if sample.identity:
            return f"{sample.identity} {self.normalisation} {part}"
        return f"{sample.content(*part)} {self.scale}"

    def look(self) -> None:
        """Look at the pixels and measure their scale, unless that was done."""
        _ = self.scale
        self.sample.look(self.index, self.labels.ndim, self.neighbours)

    def with_labels(self, labels: NDArray[np.uint8]) -> Self:
        """Return the same pixels with other labels."""
        return replace(self, labels=labels)


def _digest(pixels: NDArray[Any]) -> str:
    """Return a text that changes with pixels, their shape and their type."""
    flat = np.ascontiguousarray(pixels).view(np.uint8)
    sha = hashlib.blake2b(flat.data, digest_size=16)
    return f"{sha.hexdigest()} {pixels.shape} {pixels.dtype}"
