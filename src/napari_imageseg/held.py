"""Labels of an image wherever they are: in memory, made small, or in the project."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from imageseg.masks import final_labels
from napari_imageseg.edits import Labels, label_counts


class Saved(Protocol):
    """What a project keeps of an image; files are read when asked, in any thread."""

    def annotation(self) -> Labels | None:
        """Return what is painted."""

    def prediction(self) -> Labels | None:
        """Return what is predicted."""


def nothing_annotated() -> NDArray[np.int64]:
    """Return counts of labels where there is none."""
    return np.zeros(256, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """Labels made small, of images that are not in memory.

    Attributes
    ----------
    data
        Compressed.
    shape
        Of the labels.
    """

    data: bytes
    shape: tuple[int, ...]

    @classmethod
    def of(cls, labels: Labels) -> Packed:
        """Compress labels; for a worker."""
        return cls(zlib.compress(np.ascontiguousarray(labels).data, 1), labels.shape)

    @property
    def nbytes(self) -> int:
        """Memory that it keeps."""
        return len(self.data)

    def unpack(self) -> Labels:
        """Return the labels; for a worker."""
        flat = np.frombuffer(zlib.decompress(self.data), np.uint8)
        return flat.reshape(self.shape).copy()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Loaded:
    """Labels of an image as they come back into memory.

    Attributes
    ----------
    annotation, prediction, corrected
        As of `ImageItem`.
    counts
        Of the annotation.
    """

    annotation: Labels | None
    prediction: Labels | None
    corrected: Labels | None
    counts: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """Labels of an image, frozen for a worker: in memory, or else in the project.

    Attributes
    ----------
    annotation, prediction
        As far as they are in memory.
    away
        Where the others are; None if there are no others.
    """

    annotation: Labels | None = None
    prediction: Labels | Packed | None = None
    away: Saved | None = None

    def load(self) -> Loaded:
        """Read all of it."""
        annotation, prediction = self.read_annotation(), self.read_prediction()
        return Loaded(
            annotation=annotation,
            prediction=prediction,
            corrected=corrected_labels(prediction, annotation),
            counts=nothing_annotated()
            if annotation is None
            else label_counts(annotation),
        )

    def read_annotation(self) -> Labels | None:
        """Return what is painted."""
        if self.annotation is None and self.away is not None:
            return self.away.annotation()
        return self.annotation

    def read_prediction(self) -> Labels | None:
        """Return what is predicted."""
        if isinstance(self.prediction, Packed):
            return self.prediction.unpack()
        if self.prediction is None and self.away is not None:
            return self.away.prediction()
        return self.prediction

    def pack_prediction(self) -> Packed | None:
        """Return what is predicted, to be kept."""
        if isinstance(self.prediction, Packed):
            return self.prediction
        labels = self.read_prediction()
        return None if labels is None else Packed.of(labels)


def corrected_labels(
    prediction: Labels | None, annotation: Labels | None
) -> Labels | None:
    """Return a prediction to be painted on, with what is annotated already."""
    if prediction is None:
        return None
    final = final_labels(prediction, annotation)
    return prediction.copy() if final is prediction else final
