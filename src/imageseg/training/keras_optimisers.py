"""Optimisers with the formulas of Keras 3, where PyTorch's own differ from them.

They differ in where ε stands, in what a momentum keeps when the rate changes
(Keras: steps, PyTorch: gradients), and in how fast Nadam's momentum rises.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import torch
from torch import Tensor, nn

from imageseg.settings import Optimiser, TrainSettings

KERAS_EPSILON = 1e-7
_FIRST, _SECOND = 0.9, 0.999  # β₁ and β₂ of Adam and its relatives
_RMSPROP, _ADADELTA = 0.9, 0.95  # what is kept of their squares
_NADAM = 0.96
_SETTLED = 1000  # steps after which a product of Nadam's momenta is 0


@dataclass(frozen=True, slots=True)
class _Now:
    """What a rule needs to know of a step; `step` counts from 1."""

    rate: float
    step: int
    settings: TrainSettings


Rule = Callable[[dict[str, Tensor], Tensor, _Now], Tensor]
"""Takes what is kept of a weight, and changes it; its gradient; the step. Returns
what to subtract from the weight."""


class KerasOptimiser(torch.optim.Optimizer):
    """One of Keras' optimisers, with Keras' numbers.

    Only AdamW decays weights. Momentum and Nesterov are settings.

    Parameters
    ----------
    parameters
        What learns.
    settings
        Name, rate, momentum, weight decay.
    """

    def __init__(
        self, parameters: Iterable[nn.Parameter], settings: TrainSettings
    ) -> None:
        super().__init__(parameters, {"lr": settings.rate})
        self._settings = settings

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> Any:  # noqa: ANN401  as torch has it
        """Make one step."""
        loss = None if closure is None else closure()
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._change(weight, group["lr"])
        return loss

    def _change(self, weight: Tensor, rate: float) -> None:
        settings = self._settings
        rule, starts = _RULES[settings.optimiser]
        kept = cast("dict[str, Tensor]", self.state[weight])
        if not kept:
            kept["step"] = torch.zeros(())
            for name, value in starts.items():
                kept[name] = torch.full_like(weight, value)
        kept["step"] += 1
        if settings.optimiser == "adamw":
            weight.mul_(1 - rate * settings.weight_decay)
        now = _Now(rate, int(kept["step"]), settings)
        weight.sub_(rule(kept, cast("Tensor", weight.grad), now))


def _sgd(kept: dict[str, Tensor], gradient: Tensor, now: _Now) -> Tensor:
    """The rate is in what the momentum keeps."""
    momentum, own = now.settings.momentum, gradient * now.rate
    if not momentum:
        return own
    velocity = kept["velocity"].mul_(momentum).add_(own)
    return velocity * momentum + own if now.settings.nesterov else velocity


def _rmsprop(kept: dict[str, Tensor], gradient: Tensor, now: _Now) -> Tensor:
    """ε stands under the root."""
    squares = _follow(kept["squares"], gradient**2, _RMSPROP)
    own = gradient * now.rate / (squares + KERAS_EPSILON).sqrt()
    if not now.settings.momentum:
        return own
    return kept["velocity"].mul_(now.settings.momentum).add_(own)


def _adam(kept: dict[str, Tensor], gradient: Tensor, now: _Now) -> Tensor:
    """ε stands beside a root that is not corrected for the first steps.

    The second form of Kingma & Ba 2015, arXiv 1412.6980, section 2.
    """
    mean = _follow(kept["mean"], gradient, _FIRST)
    squares = _follow(kept["squares"], gradient**2, _SECOND)
    corrected = math.sqrt(1 - _SECOND**now.step) / (1 - _FIRST**now.step)
    return mean * (now.rate * corrected) / (squares.sqrt() + KERAS_EPSILON)


def _nadam(kept: dict[str, Tensor], gradient: Tensor, now: _Now) -> Tensor:
    """Dozat 2016; the momentum of step t is 0.9 (1 - 0.96ᵗ / 2)."""
    mean = _follow(kept["mean"], gradient, _FIRST)
    squares = _follow(kept["squares"], gradient**2, _SECOND)
    here, ahead = _nadam_momentum(now.step), _nadam_momentum(now.step + 1)
    so_far = _nadam_momenta(now.step)
    step = mean * (ahead / (1 - so_far * ahead)) + gradient * (
        (1 - here) / (1 - so_far)
    )
    root = (squares / (1 - _SECOND**now.step)).sqrt()
    return step * now.rate / (root + KERAS_EPSILON)


def _adamax(kept: dict[str, Tensor], gradient: Tensor, now: _Now) -> Tensor:
    mean = _follow(kept["mean"], gradient, _FIRST)
    largest = torch.maximum(kept["largest"].mul_(_SECOND), gradient.abs())
    kept["largest"].copy_(largest)
    rate = now.rate / (1 - _FIRST**now.step)
    return mean * rate / (largest + KERAS_EPSILON)


def _adagrad(kept: dict[str, Tensor], gradient: Tensor, now: _Now) -> Tensor:
    """ε stands under the root."""
    squares = kept["squares"].add_(gradient**2)
    return gradient * now.rate / (squares + KERAS_EPSILON).sqrt()


def _adadelta(kept: dict[str, Tensor], gradient: Tensor, now: _Now) -> Tensor:
    squares = _follow(kept["squares"], gradient**2, _ADADELTA)
    before = (kept["changes"] + KERAS_EPSILON).sqrt()
    change = gradient * before / (squares + KERAS_EPSILON).sqrt()
    _follow(kept["changes"], change**2, _ADADELTA)
    return change * now.rate


def _follow(kept: Tensor, value: Tensor, memory: float) -> Tensor:
    """Let a running mean follow, in place."""
    return kept.lerp_(value, 1 - memory)


def _nadam_momentum(step: int) -> float:
    return _FIRST * (1 - 0.5 * _NADAM**step)


@lru_cache(maxsize=2)
def _nadam_momenta(step: int) -> float:
    """Return the product of the momenta up to a step."""
    return math.prod(_nadam_momentum(s) for s in range(1, min(step, _SETTLED) + 1))


_MOMENTS = {"mean": 0.0, "squares": 0.0}
_RULES: dict[Optimiser, tuple[Rule, dict[str, float]]] = {
    "sgd": (_sgd, {"velocity": 0.0}),
    "rmsprop": (_rmsprop, {"squares": 0.0, "velocity": 0.0}),
    "adam": (_adam, _MOMENTS),
    "adamw": (_adam, _MOMENTS),
    "nadam": (_nadam, _MOMENTS),
    "adamax": (_adamax, {"mean": 0.0, "largest": 0.0}),
    "adagrad": (_adagrad, {"squares": 0.1}),
    "adadelta": (_adadelta, {"squares": 0.0, "changes": 0.0}),
}
