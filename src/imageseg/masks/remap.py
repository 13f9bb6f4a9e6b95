"""Labels that become others: after edits of classes, and where people know better."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imageseg.errors import SettingsError
from imageseg.masks.coding import Labels


def remap_labels(labels: Labels, mapping: Sequence[int]) -> Labels:
    """Return labels under other numbers; the array given stays as it is.

    Parameters
    ----------
    labels
        uint8 of any shape.
    mapping
        The new label of each old one, from 0, as `ClassEdit.mapping`; labels above
        stay what they are.

    Raises
    ------
    SettingsError
        A new label is none, or 0 (not annotated) would become a class.
    """
    if any(not 0 <= label <= 255 for label in mapping) or any(mapping[:1]):
        raise SettingsError("mapping", tuple(mapping), "of labels 0 to 255, 0 to 0")
    table = np.arange(256, dtype=np.uint8)
    table[: len(mapping)] = mapping
    remapped: Labels = table[labels]
    return remapped


def final_labels(prediction: Labels, annotation: Labels | None) -> Labels:
    """Return the prediction in which annotated pixels are the truth.

    Slices of which nothing was predicted (0) stay so: strokes there are no fair sample
    of them.
    """
    if annotation is None or annotation.shape != prediction.shape:
        return prediction
    predicted = prediction.any(axis=(-2, -1), keepdims=True)
    return np.where((annotation > 0) & predicted, annotation, prediction)
