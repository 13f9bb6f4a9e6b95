"""A batch as the losses see it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Judged:
    """Logits and truth of the pixels that somebody annotated.

    Attributes
    ----------
    logits
        (N, K, Y, X) or (N, K, Z, Y, X) in float32, K ≥ 2.
    target
        (N, …), class numbers from 0; -1 = not annotated.
    weights
        (N, …): the class weight of each annotated pixel, 0 elsewhere.
    sigmoid
        Whether the network has a single map: Keras' binary models, whose
        formulas look at the probability of the second class only.
    """

    logits: Tensor
    target: Tensor
    weights: Tensor
    sigmoid: bool

    @classmethod
    def of(
        cls, logits: Tensor, labels: Tensor, class_weights: Tensor | None = None
    ) -> Self:
        """Take a network's output and labels (N, …), 0 = not annotated.

        Parameters
        ----------
        logits
            (N, K, …), or (N, 1, …) for two classes.
        labels
            (N, …).
        class_weights
            (K,); all 1 without it.
        """
        target = labels.long() - 1
        weights = (target >= 0).float()
        if class_weights is not None:
            weights = weights * class_weights.to(weights)[target.clamp(min=0)]
        return cls(
            two_class_logits(logits.float()), target, weights, logits.shape[1] == 1
        )

    @cached_property
    def annotated(self) -> Tensor:
        """(N, …), which pixels count."""
        return self.target >= 0

    @cached_property
    def probabilities(self) -> Tensor:
        """(N, K, …), softmax."""
        return self.logits.softmax(1)

    @cached_property
    def one_hot(self) -> Tensor:
        """(N, K, …), 1 in the map of the true class, 0 where not annotated."""
        classes = self.logits.shape[1]
        maps = F.one_hot(self.target.clamp(min=0), classes).movedim(-1, 1).float()
        return maps * self.annotated[:, None]

    @property
    def maps(self) -> tuple[Tensor, Tensor]:
        """Truth and probability as Keras' losses get them, 0 where not annotated.

        One map for a sigmoid, else one a class.
        """
        first = 1 if self.sigmoid else 0
        seen = self.annotated[:, None]
        return self.one_hot[:, first:], (self.probabilities * seen)[:, first:]

    def images(self) -> list[Self]:
        """Return every image with annotated pixels on its own."""
        seen = self.annotated.flatten(1).any(1).nonzero()[:, 0].tolist()
        return [self._image(n) for n in seen]

    def _image(self, n: int) -> Self:
        one = slice(n, n + 1)
        return replace(
            self,
            logits=self.logits[one],
            target=self.target[one],
            weights=self.weights[one],
        )

    def mean(self, values: Tensor) -> Tensor:
        """Return the weighted mean of (N, …) over annotated pixels; 0 without any."""
        return (values * self.weights).sum() / self.weights.sum().clamp(min=_TINY)


_TINY = 1e-12


def two_class_logits(logits: Tensor) -> Tensor:
    """Add the first class to a single map: softmax of (0, z) is sigmoid of z."""
    if logits.shape[1] > 1:
        return logits
    return torch.cat([torch.zeros_like(logits), logits], dim=1)
