"""Between mask files and labels: 0 = not annotated, k = class k."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import ImageReadError, SettingsError
from imageseg.images.read import read_values

Labels = NDArray[np.uint8]

MaskCoding = Literal["auto", "binary", "ids", "labels"]
"""How a mask file's numbers mean classes.

binary
    Below 128 class 1, else class 2 (grey masks, also soft or JPEG-noisy ones).
ids
    0 is class 1, 1 is class 2, …: every pixel is annotated.
labels
    0 is not annotated, k is class k: what this program writes.
auto
    Decided once for all masks of a set from their largest value.
"""


def read_labels(
    paths: Sequence[Path], n_classes: int, *, coding: MaskCoding = "auto"
) -> list[Labels]:
    """Read the masks of one data set.

    Parameters
    ----------
    paths
        All masks of the set: ``auto`` needs to see them together, because a
        single mask may lack classes.
    n_classes
        Number of classes.
    coding
        How numbers mean classes.

    Returns
    -------
    labels
        One (Y, X) or (Z, Y, X) array a file.

    Raises
    ------
    ImageReadError
        A file cannot be read, is coloured, or holds a value outside the coding.
    SettingsError
        ``auto`` cannot tell the coding.
    """
    values = [_plain_values(path) for path in paths]
    if coding == "auto":
        coding = guess_coding([int(v.max(initial=0)) for v in values], n_classes)
    return [
        decode(v, n_classes, coding, path)
        for v, path in zip(values, paths, strict=True)
    ]


def guess_coding(largest: Sequence[int], n_classes: int) -> MaskCoding:
    """Tell the coding of a set of masks from the largest value of each.

    Raises
    ------
    SettingsError
        No coding explains the values.
    """
    top = max(largest, default=0)
    if top < n_classes:
        return "ids"
    if top == n_classes:
        return "labels"
    if n_classes == 2:
        return "binary"
    raise SettingsError(
        "mask coding",
        "auto",
        f"given by name: the masks hold values up to {top} for {n_classes} classes",
    )


def decode(
    values: NDArray[Any], n_classes: int, coding: MaskCoding, path: Path
) -> Labels:
    """Turn a mask's stored numbers into labels.

    Raises
    ------
    ImageReadError
        A value stands for no class; `path` is named.
    """
    if coding == "binary":
        return np.where(values >= 128, 2, 1).astype(np.uint8)
    offset = 1 if coding == "ids" else 0
    low, high = int(values.min(initial=0)), int(values.max(initial=0))
    if low < 0 or high + offset > n_classes:
        stray = high if high + offset > n_classes else low
        raise ImageReadError(
            path,
            f"it holds the value {stray}, which is none of the {n_classes} classes "
            f"when read as {coding!r}. Choose another mask coding or more classes.",
        )
    return (values + offset).astype(np.uint8)


def _plain_values(path: Path) -> NDArray[Any]:
    values = read_values(path)
    if values.ndim == 3 and values.shape[-1] == 3:
        if not (values == values[..., :1]).all():
            raise ImageReadError(path, "it is a coloured picture, no mask of numbers.")
        values = values[..., 0]  # grey saved as RGB
    if not np.isfinite(values).all() or (values % 1).any():
        raise ImageReadError(path, "it holds fractions, no class numbers.")
    return values
