"""The best weights so far."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from torch import Tensor

from imageseg.metrics import Scores
from imageseg.training.validate import Validation


@dataclass(slots=True)
class Best:
    """Weights of the best epoch, of all runs and within the present one.

    Attributes
    ----------
    watch
        The lowest loss or the highest mean Dice is best.
    weights, epoch, run, validation
        Of the best epoch; without validation, of the last one.
    lowest, lowest_epoch
        Best score of the present run, lower is better, and when it was.
    """

    watch: Literal["loss", "dice"]
    weights: dict[str, Tensor] = field(default_factory=dict)
    epoch: int = 0
    run: int = 0
    validation: Validation | None = None
    lowest: float = math.inf
    lowest_epoch: int = 0

    def score(self, validation: Validation | None) -> float:
        """Return what is compared; infinity if there is nothing to compare."""
        if validation is None:
            return math.inf
        if self.watch == "loss":
            return validation.loss
        dice = validation.scores.mean_dice
        return math.inf if math.isnan(dice) else -dice

    def judge(self, epoch: int, validation: Validation | None) -> bool:
        """Remember the score of an epoch; say whether its weights are the best."""
        score = self.score(validation)
        if score < self.lowest or not self.lowest_epoch:
            self.lowest, self.lowest_epoch = score, epoch
        return (
            validation is None or not self.epoch or score < self.score(self.validation)
        )

    def keep(
        self,
        weights: dict[str, Tensor],
        epoch: int,
        run: int,
        validation: Validation | None,
    ) -> None:
        """Keep the weights of an epoch."""
        self.weights, self.epoch, self.run = weights, epoch, run
        self.validation = validation

    def begin_run(self) -> None:
        """Forget the scores of the last run, not its weights."""
        self.lowest, self.lowest_epoch = math.inf, 0

    def state(self) -> dict[str, Any]:
        """Return all but the weights, for JSON."""
        return {
            "epoch": self.epoch,
            "run": self.run,
            "lowest": self.lowest,
            "lowest_epoch": self.lowest_epoch,
            "validation": validation_values(self.validation),
        }

    def restore(self, weights: dict[str, Tensor], state: dict[str, Any]) -> None:
        """Go on from such a state."""
        validation = validation_from(state["validation"])
        self.keep(weights, state["epoch"], state["run"], validation)
        self.lowest, self.lowest_epoch = state["lowest"], state["lowest_epoch"]


def validation_values(validation: Validation | None) -> dict[str, Any] | None:
    """Return a validation as JSON can hold it."""
    if validation is None:
        return None
    return {"loss": validation.loss, "matrix": validation.scores.matrix.tolist()}


def validation_from(values: dict[str, Any] | None) -> Validation | None:
    """Return the validation of such values."""
    if values is None:
        return None
    return Validation(values["loss"], Scores(np.array(values["matrix"], np.int64)))
