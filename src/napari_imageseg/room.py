"""Room for labels: in memory while they fit, else in a file that goes with them."""

from __future__ import annotations

import math
import tempfile

import numpy as np
from numpy.typing import NDArray

from imageseg.images.memory import free_memory

MEMORY_SHARE = 1 / 8
"""Of the free memory; an image has up to three label arrays."""


def empty_labels(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return labels that are all 0.

    Those that take more than an eighth of the free memory lie in a temporary file,
    which takes space as it is written to and goes when nobody needs it any more.
    """
    if math.prod(shape) <= MEMORY_SHARE * free_memory():
        return np.zeros(shape, np.uint8)
    with tempfile.TemporaryFile(prefix="imageseg-labels-") as file:
        return np.memmap(file, np.uint8, "w+", shape=shape)
