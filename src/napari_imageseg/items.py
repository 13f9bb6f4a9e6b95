"""The images of a session and what is known of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from imageseg.classes import ClassScheme
from imageseg.density import Density

Labels = NDArray[np.uint8]
Status = Literal["new", "predicted", "annotated"]


@dataclass(eq=False, kw_only=True)
class ImageItem:
    """One image in the list: where it comes from and what was made of it.

    Attributes
    ----------
    name
        As in the list and in layer names.
    path
        Its file; None for images that came as napari layers.
    pixels
        The image, kept for layers and while it is shown.
    annotation
        What people painted, 0 = not annotated.
    prediction
        Labels as predicted.
    corrected
        The prediction with what was painted on it.
    uncorrected
        The annotation under what was painted on the prediction, for undo.
    predicted_by
        Name of the model.
    scheme
        The classes of its prediction, by the names in use.
    density
        As in the table.
    scale, units, translate
        Of the spatial axes; None is napari's default.
    """

    name: str
    path: Path | None = None
    pixels: NDArray[Any] | None = None
    annotation: Labels | None = None
    prediction: Labels | None = None
    corrected: Labels | None = None
    uncorrected: Labels | None = None
    predicted_by: str = ""
    scheme: ClassScheme | None = None
    density: Density | None = None
    error: str = ""
    scale: tuple[float, ...] | None = None
    units: tuple[str, ...] | None = None
    translate: tuple[float, ...] | None = None
    annotated_pixels: int = 0

    @property
    def status(self) -> Status:
        """How far work on it has come."""
        if self.annotated_pixels:
            return "annotated"
        return "predicted" if self.prediction is not None else "new"

    @property
    def annotated_share(self) -> float:
        """Share of its pixels that are annotated, 0 to 1."""
        if self.annotation is None:
            return 0.0
        return self.annotated_pixels / self.annotation.size

    def ensure_annotation(self, shape: tuple[int, ...]) -> Labels:
        """Return the annotation, empty at first."""
        if self.annotation is None:
            self.annotation = np.zeros(shape, np.uint8)
        return self.annotation

    def set_prediction(self, labels: Labels, model: str) -> None:
        """Take a new prediction; what was painted on the old one is annotation."""
        self.prediction = labels
        self.corrected = labels.copy()
        self.uncorrected = None
        self.predicted_by = model
        self.error = ""

    def record_corrections(self, seen: Labels) -> Labels:
        """Turn changes of `corrected` since `seen` into annotation.

        What was painted becomes annotated with its class; what is back at the
        predicted class, by undo, is annotated as it was before.

        Returns
        -------
        seen
            The state recorded now, for the next call.
        """
        if self.corrected is None or self.prediction is None:
            return seen
        changed = self.corrected != seen
        if changed.any():
            annotation = self.ensure_annotation(self.corrected.shape)
            if self.uncorrected is None:
                self.uncorrected = annotation.copy()
            now, predicted = self.corrected[changed], self.prediction[changed]
            first = seen[changed] == predicted
            under = np.where(first, annotation[changed], self.uncorrected[changed])
            self.uncorrected[changed] = under
            annotation[changed] = np.where(now == predicted, under, now)
        return self.corrected.copy() if changed.any() else seen

    def count_annotated(self) -> None:
        """Refresh the count after the annotation changed."""
        painted = 0 if self.annotation is None else np.count_nonzero(self.annotation)
        self.annotated_pixels = int(painted)


def final_labels(prediction: Labels, annotation: Labels | None) -> Labels:
    """Return the prediction in which annotated pixels are the truth."""
    if annotation is None or annotation.shape != prediction.shape:
        return prediction
    return np.where(annotation > 0, annotation, prediction)


def unique_name(wanted: str, taken: set[str]) -> str:
    """Return the name, with a number if it is taken."""
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted} ({number})", number + 1
    return name
