"""Annotated stacks of which only what is annotated is read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import PixelValueError, ShapeMismatchError
from imageseg.images import Stack
from imageseg.settings import Normalisation
from imageseg.spec import ModelSpec
from imageseg.training.sample import Part, label_counts


@dataclass(frozen=True, slots=True, eq=False)
class StackSample:
    """A stack and its labels; see `Sample`.

    Attributes
    ----------
    stack
        The pixels, wherever they are.
    labels
        uint8 of its shape; 0 = not annotated, k = class k.
    name, group, channel_names
        As of `Sample`; the names are those of the channels that are seen.
    """

    stack: Stack
    labels: NDArray[np.uint8]
    name: str = "image"
    group: str = ""
    channel_names: tuple[str, ...] = ()

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
    ) -> list[Part]:
        """Read the annotated planes, or volumes; errors are those of `Sample.parts`."""
        if self.labels.shape != self.stack.shape:
            raise ShapeMismatchError(
                f"{self.name}: the mask has shape {self.labels.shape}, the image "
                f"{self.stack.shape}. Use the mask of this image at its full size."
            )
        if channels != self.channels:
            raise ShapeMismatchError(
                f"{self.name} has {self.channels} channel(s) of those chosen, but the "
                f"model takes {channels}. Choose as many channels."
            )
        labels = self.labels.reshape(-1, *self.stack.part_shape(dims))
        try:
            scale = self.stack.scale(normalisation)
        except PixelValueError as error:
            raise PixelValueError(f"{self.name}: {error}") from error
        return [
            Part(
                self.stack.part(i, dims, neighbours),
                labels[i],
                scale,
                self.name,
                self.group or self.name,
            )
            for i in self._annotated(labels)
        ]

    @staticmethod
    def _annotated(labels: NDArray[np.uint8]) -> list[int]:
        """List the parts with annotated pixels."""
        return [i for i, part in enumerate(labels) if part.any()]
