"""From arrays to the pictures that figures show: (Y, X, 3) uint8."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imageseg.classes import ClassDef, ClassScheme
from imageseg.errors import ShapeMismatchError
from imageseg.figures.style import NEUTRAL
from imageseg.images import ValueScale
from imageseg.settings import Normalisation

Picture = NDArray[np.uint8]
Labels = NDArray[np.uint8]

_ENOUGH = 512  # pixels of a side, in print


def image_picture(image: NDArray[Any]) -> Picture:
    """Show an image (Y, X) or (Y, X, C); of other than three channels the first."""
    return np.asarray(displayed(image).round(), np.uint8)


def label_picture(labels: Labels, scheme: ClassScheme) -> Picture:
    """Show labels (Y, X) in the colours of their classes, 0 in neutral grey."""
    table = colour_table(scheme)
    table[0] = rgb(NEUTRAL)
    return np.asarray(table[labels], np.uint8)


def grey_picture(values: NDArray[np.floating[Any]]) -> Picture:
    """Show values (Y, X) of 0 to 1 from black to white."""
    grey = (np.clip(values, 0, 1) * 255).round().astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=-1)


def shrunk(picture: Picture) -> Picture:
    """Return a picture no larger than print needs, by the mean of square blocks."""
    factor = max(picture.shape[:2]) // _ENOUGH
    if factor < 2:
        return picture
    return np.asarray(Image.fromarray(picture).reduce(factor))


def displayed(image: NDArray[Any]) -> NDArray[np.float32]:
    """Return (Y, X, 3) values of 0 to 255: 8-bit as they are, others stretched."""
    normalisation: Normalisation = "range" if image.dtype == np.uint8 else "percentile"
    values = ValueScale.of(image, normalisation).apply(image) * np.float32(255)
    if values.ndim == 2:
        values = values[..., None]
    return values if values.shape[-1] == 3 else values[..., [0, 0, 0]]


def colour_table(scheme: ClassScheme) -> NDArray[np.float32]:
    """Return (256, 3) colours, 0 to 255, indexed by label."""
    table = np.zeros((256, 3), np.float32)
    for c in scheme:
        table[c.id] = rgb(c.colour)
    return table


def subject(scheme: ClassScheme) -> ClassDef:
    """Return which of two classes pictures are about: the open one, else the second."""
    return scheme.open_class or scheme[len(scheme)]


def rgb(colour: str) -> tuple[int, int, int]:
    """Return red, green and blue of ``#rrggbb``, 0 to 255."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return red, green, blue


def check_plane(image: NDArray[Any], *planes: NDArray[Any]) -> None:
    """Refuse stacks, and what has another size than its image.

    Raises
    ------
    ShapeMismatchError
        The image is no (Y, X) or (Y, X, C), or a plane is not (Y, X).
    """
    for plane in planes:
        if plane.ndim != 2 or image.shape[:2] != plane.shape or image.ndim > 3:
            raise ShapeMismatchError(
                f"An image of shape {image.shape} cannot be drawn with a plane of "
                f"shape {plane.shape}. Draw one plane (Y, X) of the same size."
            )
