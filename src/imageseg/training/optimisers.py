"""Optimisers by name, with the numbers of PyTorch or of Keras."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from imageseg.settings import Optimiser, TrainSettings

KERAS_EPSILON = 1e-7


def build_optimiser(
    parameters: Iterable[nn.Parameter], settings: TrainSettings
) -> torch.optim.Optimizer:
    """Return an optimiser of what learns.

    With `keras_defaults` its numbers are those of tf.keras: ε = 1e-7, decays of 0.9 for
    RMSprop and 0.95 for Adadelta, squares from 0.1 for Adagrad, no weight decay but
    AdamW's. Momentum, rate and Nesterov are settings in either case; Keras starts
    with a rate of 0.01 for SGD and 0.001 for the others, and without momentum.

    Parameters
    ----------
    parameters
        All weights; those without gradient are left alone.
    settings
        Name, rate, momentum, weight decay.
    """
    kind, keras = _OPTIMISERS[settings.optimiser]
    options: dict[str, Any] = dict(keras) if settings.keras_defaults else {}
    options |= _chosen(settings)
    if kind is torch.optim.Adam and settings.keras_defaults:
        kind = KerasAdam
    learning = [p for p in parameters if p.requires_grad]
    optimiser: torch.optim.Optimizer = kind(learning, lr=settings.rate, **options)
    return optimiser


class KerasAdam(torch.optim.Adam):
    """Adam with ε where Keras has it.

    Keras divides by √v + ε and corrects the bias in the rate (the second form of
    Kingma & Ba 2015, arXiv 1412.6980, section 2); PyTorch divides by √(v / c) + ε
    with c = 1 - β₂ᵗ. They are the same if PyTorch's ε is ε / √c.
    """

    def step(self, closure: Callable[[], float] | None = None) -> Any:  # noqa: ANN401  as torch has it
        """Make one step."""
        for group in self.param_groups:
            done = self._steps_done(group["params"])
            rest = 1 - group["betas"][1] ** (done + 1)
            group["eps"] = KERAS_EPSILON / rest**0.5
        return super().step(closure)

    def _steps_done(self, parameters: list[Tensor]) -> int:
        steps = [self.state[p]["step"] for p in parameters if self.state[p]]
        return int(max(steps)) if steps else 0


def _chosen(settings: TrainSettings) -> dict[str, Any]:
    """Return what is set for this kind of optimiser."""
    options: dict[str, Any] = {}
    if settings.optimiser in ("sgd", "rmsprop"):
        options["momentum"] = settings.momentum
    if settings.optimiser == "sgd":
        options["nesterov"] = settings.nesterov and settings.momentum > 0
    plain = settings.optimiser == "sgd" and not settings.keras_defaults
    if settings.optimiser == "adamw" or plain:
        options["weight_decay"] = settings.weight_decay
    return options


_EPSILON = {"eps": KERAS_EPSILON}
_OPTIMISERS: dict[Optimiser, tuple[Any, dict[str, float]]] = {
    "adamw": (torch.optim.AdamW, _EPSILON),
    "adam": (torch.optim.Adam, _EPSILON),
    "sgd": (torch.optim.SGD, {}),
    "rmsprop": (torch.optim.RMSprop, _EPSILON | {"alpha": 0.9}),
    "adagrad": (
        torch.optim.Adagrad,
        _EPSILON | {"initial_accumulator_value": 0.1},
    ),
    "adadelta": (torch.optim.Adadelta, _EPSILON | {"rho": 0.95}),
    "adamax": (torch.optim.Adamax, _EPSILON),
    "nadam": (torch.optim.NAdam, _EPSILON),
}
