"""Annotated images that stay in their files until they are needed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from imageseg.datasets import Pair
from imageseg.images import (
    ChannelChoice,
    ReadCache,
    ValueScale,
    describe_image,
    open_image,
    read_image,
    recognised,
    seen_part,
)
from imageseg.masks import Labels
from imageseg.settings import Normalisation
from imageseg.spec import ModelSpec
from imageseg.tasks import Progress, Task
from imageseg.training.sample import Sample, label_counts, parts_of, scale_of


@dataclass(frozen=True, slots=True)
class _Facts:
    """What one look at the files tells."""

    channels: int
    dtype: np.dtype[Any]
    counts: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class FileSample:
    """An image file and how to read its labels; both are read when asked for.

    Attributes
    ----------
    path
        The image file.
    read_labels
        Returns the labels, as `Sample` has them.
    masks
        Files that the labels are read from, to notice that they have changed.
    name, group
        As of `Sample`.
    choice
        Which channels are seen; None for all, unless a model knows some by name.
    known_names
        Of all channels, where the file does not tell them.
    cache
        Keeps what was read last; samples of one set share it.
    """

    path: Path
    read_labels: Callable[[], NDArray[np.uint8]]
    masks: tuple[Path, ...] = ()
    name: str = "image"
    group: str = ""
    choice: ChannelChoice | None = None
    known_names: tuple[str, ...] = ()
    cache: ReadCache = field(default_factory=ReadCache)
    _facts: list[_Facts] = field(default_factory=list, repr=False)

    @property
    def image(self) -> NDArray[Any]:
        """The pixels that are seen; as `read_image` returns them."""
        key = (self.path, self.choice, self.known_names)
        return self.cache.get(key, self._read)

    @property
    def labels(self) -> NDArray[np.uint8]:
        """The labels."""
        return self.cache.get((self.path, self.masks), self.read_labels)

    @property
    def channels(self) -> int:
        """Channels of the image."""
        return self._known().channels

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Names of the channels that are seen; see `ChannelChoice.taught_names`."""
        return (self.choice or ChannelChoice()).taught_names(self._names())

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the pixel values."""
        return self._known().dtype

    @property
    def counts(self) -> NDArray[np.int64]:
        """(256,), pixels of each label."""
        return self._known().counts

    def look(self) -> None:
        """Read both files once, so that what is wrong with them is known early.

        Raises
        ------
        ImageReadError
            One of them cannot be read.
        """
        self._known()

    def digest(self) -> str:
        """Return a text that changes with the files or the name."""
        sha = hashlib.sha256(self.name.encode())
        for path in (self.path, *self.masks):
            told = path.stat()
            sha.update(f"{path.name} {told.st_size} {told.st_mtime_ns} ".encode())
        if self.choice is not None:
            sha.update(str(self.choice).encode())
        return sha.hexdigest()

    def seen_by(self, spec: ModelSpec) -> Self:
        """Return it with the channels that a model knows by name, if it has them.

        What is picked stays.
        """
        if self.choice is not None or not spec.channel_names:
            return self
        names, found = self._names(), describe_image(self.path).channels
        seen = recognised(found, names, spec.channel_names)
        return self if seen is None or not seen.picked else self.with_choice(seen)

    def with_choice(self, choice: ChannelChoice | None) -> Self:
        """Return it with other channels."""
        return replace(self, choice=choice, _facts=[])

    def parts(
        self,
        channels: int,
        normalisation: Normalisation,
        dims: int = 2,
        neighbours: int = 0,
    ) -> list[FilePart]:
        """Find the annotated planes or volumes; errors are those of `Sample.parts`."""
        labels = self.labels.reshape(parts_of(self, channels, dims).shape[:-1])
        scale = scale_of(self, normalisation)
        counts = [label_counts(part) for part in labels]
        shape = labels.shape[1:]
        return [
            FilePart(self, i, channels, neighbours, scale, shape, counts[i])
            for i in range(len(labels))
            if counts[i][1:].any()
        ]

    def _names(self) -> tuple[str, ...]:
        return self.known_names or describe_image(self.path).channel_names

    def _read(self) -> NDArray[Any]:
        if self.choice is None:
            return read_image(self.path)
        with open_image(self.path) as image:
            return image.read_channels(self.choice, self.known_names)

    def _known(self) -> _Facts:
        if not self._facts:
            sample = Sample(self.image, self.labels)
            self._facts.append(_Facts(sample.channels, sample.dtype, sample.counts))
        return self._facts[0]


@dataclass(frozen=True, slots=True, eq=False)
class FilePart:
    """One annotated plane or volume of an image file; see `AnnotatedPart`."""

    sample: FileSample
    index: int
    channels: int
    neighbours: int
    scale: ValueScale
    shape: tuple[int, ...]
    counts: NDArray[np.int64]
    own_labels: NDArray[np.uint8] | None = None
    memory: ClassVar[None] = None
    key: ClassVar[str] = ""

    @property
    def pixels(self) -> NDArray[Any]:
        """(Y, X, C) or (Z, Y, X, C), as stored."""
        parts = parts_of(self.sample, self.channels, len(self.shape))
        shape = self.sample.labels.shape
        return seen_part(parts, self.index, shape, self.neighbours)

    @property
    def labels(self) -> NDArray[np.uint8]:
        """(Y, X) or (Z, Y, X)."""
        if self.own_labels is not None:
            return self.own_labels
        labels = self.sample.labels
        own: NDArray[np.uint8] = labels.reshape(-1, *self.shape)[self.index]
        return own

    @property
    def name(self) -> str:
        """Name of the sample."""
        return self.sample.name

    @property
    def group(self) -> str:
        """What is held out together."""
        return self.sample.group or self.sample.name

    def look(self) -> None:
        """Do nothing: both files have been read to find it."""

    def with_labels(self, labels: NDArray[np.uint8]) -> Self:
        """Return the same pixels with other labels, which stay in memory."""
        return replace(self, own_labels=labels, counts=label_counts(labels))


def file_samples_task(
    pairs: Sequence[Pair],
    labels: Sequence[Labels],
    *,
    group_of: Callable[[str], str] | None = None,
    choice: ChannelChoice | None = None,
) -> Task[list[FileSample]]:
    """Look at every file once, so that a bad one is known before any work.

    Parameters
    ----------
    pairs
        Images and their masks.
    labels
        Reads the masks in the same order, each when it is asked for: a `LabelReader`.
    group_of
        Names the group of an image by its name; None: each is alone.
    choice
        Which channels of the images are seen; see `FileSample`.

    Raises
    ------
    ImageReadError
        A file cannot be read, or a mask holds a value outside the coding.
    ShapeMismatchError
        A channel is not there; the file is named.
    """
    cache, samples = ReadCache(), []
    for i, (image, masks) in enumerate(pairs):
        yield Progress(done=i, total=len(pairs), message=image.name)
        name = image.stem
        group = group_of(name) if group_of else ""
        read = partial(labels.__getitem__, i)
        sample = FileSample(
            path=image,
            read_labels=read,
            masks=tuple(masks),
            name=name,
            group=group,
            choice=choice,
            cache=cache,
        )
        sample.look()
        samples.append(sample)
    return samples
