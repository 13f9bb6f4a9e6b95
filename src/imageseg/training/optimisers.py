"""Optimisers by name, with the numbers of PyTorch or of Keras."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from imageseg.settings import Optimiser, TrainSettings
from imageseg.training.keras_optimisers import KerasOptimiser


def build_optimiser(
    parameters: Iterable[nn.Parameter], settings: TrainSettings
) -> torch.optim.Optimizer:
    """Return an optimiser of what learns.

    With `keras_defaults` it computes as Keras 3 does: ε = 1e-7, decays of 0.9 for
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
    learning = [p for p in parameters if p.requires_grad]
    if settings.keras_defaults:
        return KerasOptimiser(learning, settings)
    kind = _OPTIMISERS[settings.optimiser]
    optimiser: torch.optim.Optimizer = kind(
        learning, lr=settings.rate, **_chosen(settings)
    )
    return optimiser


def _chosen(settings: TrainSettings) -> dict[str, Any]:
    """Return what is set for this kind of optimiser."""
    options: dict[str, Any] = {}
    if settings.optimiser in ("sgd", "rmsprop"):
        options["momentum"] = settings.momentum
    if settings.optimiser == "sgd":
        options["nesterov"] = settings.nesterov and settings.momentum > 0
    if settings.optimiser in ("sgd", "adamw"):
        options["weight_decay"] = settings.weight_decay
    return options


_OPTIMISERS: dict[Optimiser, Any] = {
    "adamw": torch.optim.AdamW,
    "adam": torch.optim.Adam,
    "sgd": torch.optim.SGD,
    "rmsprop": torch.optim.RMSprop,
    "adagrad": torch.optim.Adagrad,
    "adadelta": torch.optim.Adadelta,
    "adamax": torch.optim.Adamax,
    "nadam": torch.optim.NAdam,
}
