"""Show labels over their image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imageseg.classes import ClassScheme
from imageseg.images import ValueScale
from imageseg.settings import Normalisation


def draw_overlay(
    image: NDArray[Any],
    labels: NDArray[np.uint8],
    scheme: ClassScheme,
    *,
    opacity: float = 0.45,
) -> NDArray[np.uint8]:
    """Blend class colours over an image.

    Parameters
    ----------
    image
        (Y, X) or (Y, X, C); of other than three channels the first is shown.
    labels
        (Y, X), 0 is left uncoloured.
    scheme
        Gives the colours.
    opacity
        Of the colours, 0 to 1.

    Returns
    -------
    picture
        (Y, X, 3) uint8.
    """
    base = _displayed(image)
    alpha = np.where(labels > 0, np.float32(opacity), np.float32(0))[..., None]
    picture = base * (1 - alpha) + colour_table(scheme)[labels] * alpha
    return np.asarray(picture.round(), np.uint8)


def colour_table(scheme: ClassScheme) -> NDArray[np.float32]:
    """Return (256, 3) colours, 0 to 255, indexed by label."""
    table = np.zeros((256, 3), np.float32)
    for c in scheme:
        table[c.id] = [int(c.colour[i : i + 2], 16) for i in (1, 3, 5)]
    return table


def _displayed(image: NDArray[Any]) -> NDArray[np.float32]:
    normalisation: Normalisation = "range" if image.dtype == np.uint8 else "percentile"
    values = ValueScale.of(image, normalisation).apply(image) * np.float32(255)
    if values.ndim == 2:
        values = values[..., None]
    return values if values.shape[-1] == 3 else values[..., [0, 0, 0]]
