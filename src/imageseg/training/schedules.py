"""How the learning rate changes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from imageseg.settings import TrainSettings

_WARM_UP = 0.1  # share of the steps in which the rate rises
_LEAST = 1e-3  # share of the rate that is left at the end
_RISE = 0.3  # of one cycle: share of the steps up,
_FIRST, _LAST = 1 / 25, 1 / 250_000  # and the rate at both ends (PyTorch's)
_ENOUGH = 1e-4  # what Keras' plateau takes for an improvement


@dataclass(slots=True)
class RateSchedule:
    """The learning rate of each step.

    Attributes
    ----------
    settings
        Rate and schedule.
    steps
        Steps in all.
    factor
        What plateaus have left of the rate.
    lowest, waited
        Best loss so far, and the epochs since.
    """

    settings: TrainSettings
    steps: int
    factor: float = 1.0
    lowest: float = math.inf
    waited: int = 0

    def rate(self, step: int) -> float:
        """Return the rate of a step, from 0."""
        settings = self.settings
        if settings.schedule == "cosine":
            return settings.rate * rate_factor(step, self.steps)
        if settings.schedule == "one_cycle":
            return settings.rate * one_cycle_factor(step, self.steps)
        if settings.schedule == "time_decay":
            return settings.rate / (1 + settings.decay * step)
        return settings.rate * self.factor

    def end_epoch(self, loss: float) -> None:
        """Lower the rate if the loss has not fallen for too long.

        As Keras' ReduceLROnPlateau: 1e-4 is the least improvement.
        """
        if self.settings.schedule != "plateau":
            return
        if loss < self.lowest - _ENOUGH:
            self.lowest, self.waited = loss, 0
            return
        self.waited += 1
        if self.waited >= self.settings.plateau_patience:
            self.factor *= self.settings.plateau_factor
            self.waited = 0

    def state(self) -> dict[str, Any]:
        """Return what epochs have changed, for JSON."""
        return {"factor": self.factor, "lowest": self.lowest, "waited": self.waited}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from such a state."""
        self.factor, self.lowest = state["factor"], state["lowest"]
        self.waited = state["waited"]


def rate_factor(step: int, steps: int) -> float:
    """Rise linearly over the first tenth, then fall along a cosine to nearly zero."""
    warm = max(1, round(_WARM_UP * steps))
    if step < warm:
        return (step + 1) / warm
    left = (step - warm) / max(1, steps - warm)
    return max(0.5 * (1 + math.cos(math.pi * min(left, 1.0))), _LEAST)


def one_cycle_factor(step: int, steps: int) -> float:
    """Rise along a cosine from 1/25 for 30 % of the steps, then fall to 4e-6.

    Smith & Topin 2019, doi 10.1117/12.2520589, with PyTorch's numbers; the
    momentum stays.
    """
    top = max(_RISE * steps - 1, 1e-9)
    if step <= top:
        return _between(_FIRST, 1.0, step / top)
    return _between(1.0, _LAST, min((step - top) / max(steps - 1 - top, 1e-9), 1.0))


def _between(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))
