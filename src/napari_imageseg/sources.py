"""Where the pixels of an image come from, frozen for a worker."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import ImageSegError, ShapeMismatchError
from imageseg.forest import PixelMemory
from imageseg.images import (
    ChannelChoice,
    ReadCache,
    Stack,
    WholeImage,
    describe_image,
    many_channels,
    open_image,
    recognised,
    sniff,
    suggest_channels,
)
from imageseg.units import PixelSize
from napari_imageseg.edits import Labels
from napari_imageseg.held import Held, Saved
from napari_imageseg.items import ImageItem, channel_axis_of

if TYPE_CHECKING:
    from imageseg.spec import ModelSpec

_READ_WHOLE = 256_000_000  # bytes of a file; larger ones are read by slices

_ONE_FILE = {"png", "jpeg", "bmp", "gif"}


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """An image as it is shown, and what its file tells of it.

    Attributes
    ----------
    array
        The pixels.
    axes
        A letter an axis, empty if nothing tells.
    channel_names
        Empty if they have none.
    pixel_size
        None if nothing tells.
    """

    array: NDArray[Any]
    axes: str = ""
    channel_names: tuple[str, ...] = ()
    pixel_size: PixelSize | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Where an image's pixels come from; see `ImageItem`.

    Attributes
    ----------
    annotation, away
        What is painted, or where that is if it is not in memory.
    earlier
        The prediction there is, if it is not in memory.
    previous
        The prediction that a part of a stack is filled into.
    choice
        Which channels are wanted; None: what the model suggests.
    shape
        Of the labels at full size, if the pixels are a smaller copy.
    labels
        Today's label of each class of the model that will see it; empty: the same.
    memory
        Knows what some of its pixels look like, if it was learned from before.
    """

    name: str
    path: Path | None
    pixels: Any  # NumPy, Dask, Zarr, or None
    annotation: NDArray[np.uint8] | None = None
    axes: str = ""
    others: tuple[Any, ...] = ()
    channel_names: tuple[str, ...] = ()
    choice: ChannelChoice | None = None
    away: Saved | None = None
    earlier: Held | None = None
    previous: Labels | None = None
    shape: tuple[int, ...] | None = None
    labels: tuple[int, ...] = ()
    memory: PixelMemory | None = None

    def seen_by(self, spec: ModelSpec | None) -> Source:
        """Return it with the channels that a model goes by, if it knows them by name.

        Training goes on from a model with what that model sees of the image.
        """
        if spec is None or self.choice is not None or not spec.channel_names:
            return self
        known, asked = self.channel_names, spec.channel_names
        choice = recognised(self._found(), known, asked)
        return self if choice is None else replace(self, choice=choice)

    @property
    def seen_names(self) -> tuple[str, ...]:
        """The names of the channels that training sees."""
        return (self.choice or ChannelChoice()).taught_names(self.channel_names)

    @property
    def identity(self) -> str:
        """Text that changes with the pixels that are seen, without reading them.

        Empty where only the pixels tell: those in memory may be older than their file,
        and OME-Zarr and OME-TIFF may lie in several.
        """
        if self.pixels is not None or self.path is None:
            return ""
        if not self.path.is_file() or sniff(self.path) not in _ONE_FILE:
            return ""
        told = self.path.stat()
        seen = self.choice or ChannelChoice()
        return f"{self.path} {told.st_size} {told.st_mtime_ns} {seen}"

    def read_annotation(self) -> Labels | None:
        """Return what is painted, from memory or from the project."""
        return Held(self.annotation, None, self.away).read_annotation()

    def read(self) -> Pixels:
        """Read all pixels, from memory or from the file."""
        if self.pixels is not None:
            array = np.asarray(self.pixels)  # here dask and zarr read
            return Pixels(array, self.axes, self.channel_names)
        with open_image(self._file()) as image:
            told = image.info
            size = told.pixel_size
            return Pixels(image.read(), told.axes, told.channel_names, size)

    @contextmanager
    def opened(
        self, spec: ModelSpec | None = None, cache: ReadCache | None = None
    ) -> Iterator[Stack]:
        """Open the image so that its parts can be read.

        Parameters
        ----------
        spec
            Of the model that will see it; None: all channels, unless some are chosen.
        cache
            Keeps the pixels of a file that is read as a whole, with those of others.

        Raises
        ------
        ShapeMismatchError
            It has too few channels for the model.
        """
        if self.pixels is not None:
            axis = channel_axis_of(self.axes, self.pixels)
            yield self._stack((self.pixels, *self.others), axis, spec)
            return
        with open_image(self._file()) as image:
            small = math.prod(image.shape) * image.dtype.itemsize <= _READ_WHOLE
            axis = image.ndim - 1 if image.info.axes.endswith("C") else None
            if not small:
                yield self._stack((image,), axis, spec)
                return
            whole = WholeImage(image, cache)
        yield self._stack((whole,), axis, spec)

    def _found(self) -> int:
        """Say how many channels there are."""
        if self.pixels is None:
            return describe_image(self._file()).channels
        axis = channel_axis_of(self.axes, self.pixels)
        return 1 + len(self.others) if axis is None else int(self.pixels.shape[axis])

    def _file(self) -> Path:
        if self.path is None:
            raise ImageSegError(f"{self.name} has no pixels and no file any more.")
        return self.path

    def _stack(
        self, arrays: tuple[Any, ...], axis: int | None, spec: ModelSpec | None
    ) -> Stack:
        found = len(arrays) if axis is None else int(arrays[0].shape[axis])
        return Stack(arrays, channel_axis=axis, choice=self._chosen(found, spec))

    def _chosen(self, found: int, spec: ModelSpec | None) -> ChannelChoice:
        known, own = self.channel_names, self.choice
        if spec is None:
            return (own or ChannelChoice()).among(found, known)
        wanted = spec.channels
        choice = suggest_channels(found, wanted, known, spec.channel_names, own)
        if choice is None:
            raise ShapeMismatchError(
                f"The model takes {many_channels(wanted)}, but {self.name} has only "
                f"{many_channels(found)}. Choose a model for such images, or train one."
            )
        return choice


def source_of(
    item: ImageItem,
    *,
    copy: bool = False,
    choice: ChannelChoice | None = None,
    level: int = 0,
    labels: tuple[int, ...] = (),
) -> Source:
    """Freeze what a worker needs of an image; painting goes on meanwhile.

    Parameters
    ----------
    item
        The image.
    copy
        Whether the annotation is copied, to be learned from.
    choice
        Which of its channels are wanted.
    level
        Which of its smaller copies is wanted, the smallest there is at most; 0 is
        the full size.
    labels
        Of the model that will see it; see `Source`.
    """
    held = item.held(copy=copy)
    level = min(level, len(item.levels))
    return Source(
        name=item.name,
        path=item.path,
        pixels=item.levels[level - 1] if level else item.pixels,
        annotation=held.annotation,
        away=held.away if item.annotation_away else None,
        earlier=held if item.prediction_away else None,
        previous=item.prediction,
        axes=item.axes,
        others=item.others,
        channel_names=item.channel_names,
        choice=choice,
        shape=item.label_shape if level else None,
        labels=labels,
    )
