"""What needs no learning: the floor that a model must beat."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imageseg.classes import ClassScheme
from imageseg.errors import SettingsError
from imageseg.evaluation.result import MAJORITY

Labels = NDArray[np.uint8]
Baseline = Callable[[NDArray[Any], ClassScheme], Labels]
"""Takes (…, Y, X, C) and the classes, returns labels (…, Y, X)."""

_BLUE = 2


def otsu(image: NDArray[Any], scheme: ClassScheme) -> Labels:
    """Call what is brighter than Otsu's threshold the last class, the rest the first.

    The threshold is that of the blue channel of photographs, else of the first
    (Otsu 1979, doi 10.1109/TSMC.1979.4310076). A flat image is of the first class.
    """
    from skimage.filters import threshold_otsu  # noqa: PLC0415  heavy

    channel = image[..., _BLUE if image.shape[-1] == 3 else 0]
    bright = channel > threshold_otsu(channel)  # type: ignore[no-untyped-call]
    return np.where(bright, len(scheme), 1).astype(np.uint8)


IMAGE_BASELINES: dict[str, Baseline] = {"otsu": otsu}
"""Baselines that label one image, by name."""

_OF_TWO_CLASSES = ("otsu",)

BASELINES = (MAJORITY, *IMAGE_BASELINES)
"""All: ``majority`` is the most frequent class of the annotated set."""


def fitting_baselines(scheme: ClassScheme) -> tuple[str, ...]:
    """Return the baselines that there are for so many classes."""
    of_two = len(scheme) == 2
    return tuple(b for b in BASELINES if of_two or b not in _OF_TWO_CLASSES)


def check_baselines(names: Iterable[str], scheme: ClassScheme) -> None:
    """Refuse what is no baseline for these classes.

    Raises
    ------
    SettingsError
        A name is unknown, or its baseline tells two classes apart only.
    """
    fitting = fitting_baselines(scheme)
    for name in names:
        if name not in fitting:
            allowed = f"{', '.join(fitting)} for {len(scheme)} classes"
            raise SettingsError("baseline", name, f"one of {allowed}")
