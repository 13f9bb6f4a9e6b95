"""What can be said of annotations before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from imageseg.classes import ClassScheme
from imageseg.errors import NotEnoughAnnotationsError


def check_annotations(labels: Sequence[NDArray[np.uint8]], scheme: ClassScheme) -> None:
    """Make sure there is something to learn from.

    Raises
    ------
    NotEnoughAnnotationsError
        Nothing, or one class only, is annotated, or a label has no class.
    """
    counts = sum(np.bincount(array.ravel(), minlength=256) for array in labels)
    found = np.flatnonzero(counts)
    found = found[found > 0]
    if found.size == 0:
        raise NotEnoughAnnotationsError(
            "Nothing is annotated yet. Paint a few strokes of each class."
        )
    if found[-1] > len(scheme):
        raise NotEnoughAnnotationsError(
            f"The annotation holds the label {found[-1]}, but there are only "
            f"{len(scheme)} classes. Add the class or repaint those pixels."
        )
    if found.size == 1:
        raise NotEnoughAnnotationsError(
            f"Only {scheme[int(found[0])].name} is annotated. Add strokes of a "
            "second class."
        )
