"""Where a model hesitates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from imageseg.figures.layout import picture_grid
from imageseg.figures.pictures import check_plane, grey_picture, image_picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Measure = Literal["confidence", "entropy"]
"""confidence: 1 - max p, scaled by its largest value 1 - 1/K; entropy: that of the
classes, in units of its largest value ln K (Settles 2009, "Active Learning
Literature Survey", section 3.1)."""

_WORDS = {"confidence": "lack of confidence", "entropy": "entropy"}


def uncertainty_map(
    probabilities: NDArray[np.float32], measure: Measure = "confidence"
) -> NDArray[np.float32]:
    """Measure how undecided a model is.

    Parameters
    ----------
    probabilities
        (K, …), summing to 1 over K.
    measure
        ``"confidence"``: (1 - max p) / (1 - 1/K); ``"entropy"``:
        -sum p ln p / ln K.

    Returns
    -------
    uncertainty
        0 where one class is sure, 1 where all are equally probable.
    """
    classes = len(probabilities)
    if measure == "confidence":
        values = (1 - probabilities.max(0)) / (1 - 1 / classes)
    else:
        p = np.clip(probabilities, np.finfo(np.float32).tiny, 1)
        values = -(p * np.log(p)).sum(0) / np.log(classes)
    return np.asarray(np.clip(values, 0, 1), np.float32)


def uncertainty_figure(
    image: NDArray[Any],
    probabilities: NDArray[np.float32],
    *,
    measure: Measure = "confidence",
    name: str = "",
) -> Figure:
    """Show an image beside its uncertainty, black 0 to white 1.

    Parameters
    ----------
    image
        (Y, X) or (Y, X, C).
    probabilities
        (K, Y, X).
    measure
        As in `uncertainty_map`.
    name
        Of the image.

    Raises
    ------
    ShapeMismatchError
        The arrays differ in size, or are stacks.
    """
    check_plane(image, *probabilities)
    values = uncertainty_map(probabilities, measure)
    return picture_grid(
        [image_picture(image), grey_picture(values)],
        [name or "image", f"uncertainty, mean {values.mean():.3f}"],
        columns=2,
        side=3.2,
        grey=f"uncertainty ({_WORDS[measure]})",
    )
