"""From an image of any shape and type to the planes a network takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import PixelValueError, ShapeMismatchError
from imageseg.settings import Normalisation

_LOW, _HIGH = 1.0, 99.8
_TINY = 1e-6
_SAMPLED = 1_000_000  # pixels are enough for a percentile


def split_planes(image: NDArray[Any], channels: int) -> NDArray[Any]:
    """View an image as a list of planes for a model of so many channels.

    A model of one channel takes (…, Y, X); one of several takes (…, Y, X, C).
    What stands before is stacked: slices, time points.

    Returns
    -------
    planes
        (N, Y, X, C), a view where possible.

    Raises
    ------
    ShapeMismatchError
        The image has other channels than the model.
    """
    found = channel_count(image, channels)
    if found != channels:
        raise ShapeMismatchError(
            f"The model takes {_channels(channels)}, but the image of shape "
            f"{image.shape} has {_channels(found)}. Choose a model for such images, "
            "or train one."
        )
    if channels == 1:
        image = image if _is_single_channel(image) else image[..., np.newaxis]
    return image.reshape(-1, *image.shape[-3:])


def split_parts(image: NDArray[Any], channels: int, dims: int) -> NDArray[Any]:
    """View an image as a list of what a network takes at once: planes or volumes.

    Parameters
    ----------
    image
        As `split_planes` takes it.
    channels
        Of the model.
    dims
        2 gives planes (N, Y, X, C); 3 gives volumes (N, Z, Y, X, C), of which a plane
        is one of one slice.

    Raises
    ------
    ShapeMismatchError
        The image has other channels than the model.
    """
    planes = split_planes(image, channels)
    sides = (1, *spatial_shape(image, channels))[-dims:]
    return planes.reshape(-1, *sides, channels)


def with_channel_axis(image: NDArray[Any], axes: str) -> NDArray[Any]:
    """Give an image an axis of channels, if it has only those of its planes.

    Parameters
    ----------
    image
        Of a file, or some channels of it.
    axes
        Of the file, as ``"ZYX"`` or ``"ZYXC"``.
    """
    planes = len(axes.removesuffix("C"))
    return image if image.ndim > planes else image[..., np.newaxis]


def with_neighbours(
    image: NDArray[Any], neighbours: int, span: slice | None = None
) -> NDArray[Any]:
    """Put the channels of neighbouring slices before and behind those of a slice.

    Parameters
    ----------
    image
        (…, Z, Y, X, C), or one slice (Y, X, C). Beyond its ends the last slice is
        repeated.
    neighbours
        Slices on each side.
    span
        Of which slices; None for all.

    Returns
    -------
    joined
        (…, Z, Y, X, C × (2 × neighbours + 1)).
    """
    if image.ndim == 3:
        return np.concatenate([image] * (2 * neighbours + 1), axis=-1)
    depth = image.shape[-4]
    slices = np.arange(depth)[span or slice(None)]
    around = [
        np.take(image, np.clip(slices + step, 0, depth - 1), axis=-4)
        for step in range(-neighbours, neighbours + 1)
    ]
    return np.concatenate(around, axis=-1)


def seen_part(
    parts: NDArray[Any], index: int, shape: tuple[int, ...], neighbours: int
) -> NDArray[Any]:
    """Return one of the parts of an image, with the neighbours that a model sees.

    Parameters
    ----------
    parts
        As `split_parts` returns them.
    index
        Which one.
    shape
        Of the image without channels: neighbours are slices of one volume.
    neighbours
        Slices on each side, see `with_neighbours`.
    """
    if not neighbours:
        part: NDArray[Any] = parts[index]
        return part
    depth = shape[-3] if len(shape) > 2 else 1
    first = index // depth * depth
    z = index - first
    slices = parts[first : first + depth]
    joined: NDArray[Any] = with_neighbours(slices, neighbours, slice(z, z + 1))[0]
    return joined


def channel_count(image: NDArray[Any], expected: int = 1) -> int:
    """Say how many channels an image has, given what a model would expect.

    (Z, Y, X) and (Y, X, C) look alike; the last axis counts as channels if it
    has the expected length, or at most four as in photographs. Who knows better
    gives a single channel an axis of its own: (Z, Y, X, 1).
    """
    if image.ndim < 2 or 0 in image.shape:
        raise ShapeMismatchError(
            f"An image of shape {image.shape} has no rows and columns to segment."
        )
    if image.ndim == 2:
        return 1
    last = image.shape[-1]
    if expected > 1 and last == expected:
        return expected
    return last if last <= 4 else 1


def spatial_shape(image: NDArray[Any], channels: int) -> tuple[int, ...]:
    """Return the shape without channels: (Y, X) or (Z, Y, X)."""
    if channels > 1 or _is_single_channel(image):
        return image.shape[:-1]
    return image.shape


@dataclass(frozen=True, slots=True)
class ValueScale:
    """How the pixel values of one image become 0 to 1.

    Decided once for a whole image, so that tiles of it agree.
    """

    low: float
    high: float
    clip: bool

    @classmethod
    def of(cls, image: NDArray[Any], normalisation: Normalisation) -> Self:
        """Measure an image: its dtype's range, or its percentiles.

        Integer types are divided by their largest value under ``"range"``;
        floats are taken as they are.

        Raises
        ------
        SettingsError
            A pixel is no finite number.
        """
        check_finite(image)
        if normalisation == "percentile":
            low, high = _percentiles(image)
            return cls(low, max(high, low + _TINY), clip=True)
        whole = np.issubdtype(image.dtype, np.integer)
        return cls(0.0, float(np.iinfo(image.dtype).max) if whole else 1.0, clip=False)

    def apply(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Scale values of the measured image, or of a part of it."""
        scaled = values.astype(np.float32)
        scaled -= np.float32(self.low)
        scaled /= np.float32(self.high - self.low)
        return np.clip(scaled, 0.0, 1.0, out=scaled) if self.clip else scaled


def check_finite(image: NDArray[Any]) -> None:
    """Refuse pixels that are no numbers: they spread through a network.

    Raises
    ------
    PixelValueError
        A pixel is NaN or infinite.
    """
    if not np.issubdtype(image.dtype, np.inexact) or image.size == 0:
        return
    if np.isfinite(image.min()) and np.isfinite(image.max()):  # both pass NaN on
        return
    count = image.size - np.count_nonzero(np.isfinite(image))
    raise PixelValueError(
        f"{count} of its {image.size} pixel values are NaN or infinite. Replace them, "
        "as with numpy.nan_to_num, and save the image again."
    )


def to_unit_range(
    image: NDArray[Any], normalisation: Normalisation
) -> NDArray[np.float32]:
    """Scale all pixel values so that most lie between 0 and 1."""
    return ValueScale.of(image, normalisation).apply(image)


def _percentiles(image: NDArray[Any]) -> tuple[float, float]:
    step = max(1, image.size // _SAMPLED)
    while math.gcd(step, image.shape[-1]) > 1:  # else some channels are never seen
        step += 1
    values = image.reshape(-1)[::step]
    low, high = np.percentile(values, [_LOW, _HIGH])
    return float(low), float(high)


def _is_single_channel(image: NDArray[Any]) -> bool:
    return image.ndim >= 3 and image.shape[-1] == 1


def _channels(n: int) -> str:
    return "one channel" if n == 1 else f"{n} channels"
