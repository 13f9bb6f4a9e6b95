"""The floor that a model must beat: what needs no learning, and what learns fast."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imageseg.classes import ClassScheme
from imageseg.errors import SettingsError
from imageseg.evaluation.result import MAJORITY
from imageseg.model import SegmentationModel
from imageseg.tasks import Task
from imageseg.training import AnySample, fit_forest_task

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

PIXEL_CLASSIFIER = "pixel_classifier"

_OF_TWO_CLASSES = ("otsu",)

BASELINES = (MAJORITY, *IMAGE_BASELINES, PIXEL_CLASSIFIER)
"""All: ``majority`` is the most frequent class of the annotated set;
``pixel_classifier``, trees on features of pixels, learns from other images."""


def fitting_baselines(
    scheme: ClassScheme, *, learning: bool = False
) -> tuple[str, ...]:
    """Return the baselines that there are for so many classes.

    Parameters
    ----------
    scheme
        The classes.
    learning
        Whether there are images to learn from.
    """
    left_out = _OF_TWO_CLASSES if len(scheme) != 2 else ()
    if not learning:
        left_out = (*left_out, PIXEL_CLASSIFIER)
    return tuple(b for b in BASELINES if b not in left_out)


def check_baselines(
    names: Iterable[str], scheme: ClassScheme, *, learning: bool = False
) -> None:
    """Refuse what is no baseline for these classes.

    Raises
    ------
    SettingsError
        A name is unknown, its baseline tells two classes apart only, or it learns
        and there is nothing to learn from.
    """
    fitting = fitting_baselines(scheme, learning=learning)
    for name in names:
        if name == PIXEL_CLASSIFIER and not learning:
            allowed = "beside annotated images to learn from (--baseline-images)"
            raise SettingsError("baseline", name, allowed)
        if name not in fitting:
            allowed = f"{', '.join(fitting)} for {len(scheme)} classes"
            raise SettingsError("baseline", name, f"one of {allowed}")


def learn_baselines_task(
    names: Sequence[str], samples: Sequence[AnySample], scheme: ClassScheme
) -> Task[dict[str, SegmentationModel]]:
    """Teach the baselines that learn, with their own defaults.

    Parameters
    ----------
    names
        All baselines asked for.
    samples
        Annotated images, none of which is scored.
    scheme
        The classes.

    Raises
    ------
    NotEnoughAnnotationsError
        Nothing, or one class only, is annotated in `samples`.
    """
    if PIXEL_CLASSIFIER not in names:
        return {}
    task = fit_forest_task(samples, scheme=scheme, name=PIXEL_CLASSIFIER)
    return {PIXEL_CLASSIFIER: (yield from task).model}
