"""Agreement of predicted and annotated labels, on annotated pixels only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import ShapeMismatchError

Labels = NDArray[np.uint8]
Floats = NDArray[np.float64]


def confusion_matrix(
    truth: Labels, predicted: Labels, n_classes: int
) -> NDArray[np.int64]:
    """Count pixels by true (rows) and predicted (columns) class.

    Pixels that are not annotated (0 in `truth`) are left out.

    Raises
    ------
    ShapeMismatchError
        The arrays differ in shape.
    """
    if truth.shape != predicted.shape:
        raise ShapeMismatchError(
            f"The annotation has shape {truth.shape}, the prediction "
            f"{predicted.shape}. Use the mask that belongs to this image."
        )
    annotated = truth > 0
    pairs = (truth[annotated].astype(np.int64) - 1) * n_classes
    pairs += predicted[annotated].astype(np.int64) - 1
    counts = np.bincount(pairs, minlength=n_classes**2)
    return counts.reshape(n_classes, n_classes)


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Scores per class from a confusion matrix; NaN where a class is absent.

    Attributes
    ----------
    matrix
        (K, K) pixel counts, rows true, columns predicted.
    """

    matrix: NDArray[np.int64]

    @classmethod
    def of(cls, truth: Labels, predicted: Labels, n_classes: int) -> Self:
        """Compare two label arrays of one shape."""
        return cls(confusion_matrix(truth, predicted, n_classes))

    def __add__(self, other: Scores) -> Scores:
        """Pool the pixels of two images."""
        return Scores(self.matrix + other.matrix)

    @property
    def pixels(self) -> int:
        """Annotated pixels compared."""
        return int(self.matrix.sum())

    @property
    def dice(self) -> Floats:
        """2 TP / (2 TP + FP + FN) of every class (Dice 1945)."""
        return _ratio(2 * self._hits, self._true + self._predicted)

    @property
    def iou(self) -> Floats:
        """TP / (TP + FP + FN) of every class (Jaccard 1912)."""
        return _ratio(self._hits, self._true + self._predicted - self._hits)

    @property
    def precision(self) -> Floats:
        """TP / (TP + FP) of every class: how much of what is found is right."""
        return _ratio(self._hits, self._predicted)

    @property
    def recall(self) -> Floats:
        """TP / (TP + FN) of every class: how much of what is there is found."""
        return _ratio(self._hits, self._true)

    @property
    def majority(self) -> float:
        """Accuracy of calling everything the most frequent class: a baseline."""
        most = self._true.max(initial=0)
        return float(_ratio(most, self.matrix.sum()))

    @property
    def accuracy(self) -> float:
        """Share of annotated pixels with the right class."""
        return float(_ratio(self._hits.sum(), self.matrix.sum()))

    @property
    def mean_dice(self) -> float:
        """Mean over the classes that are there; NaN if none is."""
        return _mean(self.dice)

    @property
    def mean_iou(self) -> float:
        """Mean over the classes that are there; NaN if none is."""
        return _mean(self.iou)

    @property
    def true_fractions(self) -> Floats:
        """Share of every class among the annotated pixels."""
        return _ratio(self._true, self.matrix.sum())

    @property
    def predicted_fractions(self) -> Floats:
        """Share of every class as predicted on the annotated pixels."""
        return _ratio(self._predicted, self.matrix.sum())

    @property
    def _hits(self) -> NDArray[np.int64]:
        return np.diagonal(self.matrix)

    @property
    def _true(self) -> NDArray[np.int64]:
        true: NDArray[np.int64] = self.matrix.sum(axis=1)
        return true

    @property
    def _predicted(self) -> NDArray[np.int64]:
        predicted: NDArray[np.int64] = self.matrix.sum(axis=0)
        return predicted


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


def _ratio(
    part: NDArray[np.int64] | np.int64, whole: NDArray[np.int64] | np.int64
) -> Floats:
    """Divide; NaN where the whole is empty."""
    part, whole = np.broadcast_arrays(np.asarray(part, float), np.asarray(whole, float))
    ratio = np.full(part.shape, np.nan)
    np.divide(part, whole, out=ratio, where=whole > 0)
    return ratio
