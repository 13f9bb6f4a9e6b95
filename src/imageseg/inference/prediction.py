"""What a model says about an image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imageseg.classes import ClassScheme


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Prediction:
    """Class probabilities of every pixel, at the image's own size.

    Attributes
    ----------
    probabilities
        (K, Y, X) or (K, Z, Y, X), float32, summing to 1 over K.
    scheme
        The K classes.
    model
        Name of the model that spoke.
    """

    probabilities: NDArray[np.float32]
    scheme: ClassScheme
    model: str = ""

    @property
    def labels(self) -> NDArray[np.uint8]:
        """The most probable class of every pixel, 1 to K.

        Of two classes the second is taken from p ≥ 0.5 on; of more, the first
        of equals.
        """
        if len(self.scheme) == 2:
            index = self.probabilities[1] >= 0.5
        else:
            index = self.probabilities.argmax(0)
        labels: NDArray[np.uint8] = index.astype(np.uint8)
        labels += 1
        return labels

    @property
    def confidence(self) -> NDArray[np.float32]:
        """Probability of the most probable class: 1/K to 1."""
        confidence: NDArray[np.float32] = self.probabilities.max(0)
        return confidence
