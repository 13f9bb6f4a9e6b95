"""The state of a training as named tensors and plain values: no code, no pickle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What can be written to a file and gone on from.

    Attributes
    ----------
    tensors
        By name.
    values
        Of JSON's types.
    """

    tensors: dict[str, Tensor]
    values: dict[str, Any]


def tensors_of(prefix: str, kept: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return the tensors of a mapping under ``prefix.``."""
    return {
        f"{prefix}.{name}": value
        for name, value in kept.items()
        if isinstance(value, Tensor)
    }


def part_of(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return what `tensors_of` put under a prefix, by its own names."""
    start = f"{prefix}."
    return {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return what an optimiser knows of every weight."""
    tensors: dict[str, Tensor] = {}
    for i, parameter in enumerate(_learning(optimiser)):
        tensors |= tensors_of(f"optimiser.{i}", optimiser.state.get(parameter, {}))
    return tensors


def restore_optimiser(
    optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]
) -> None:
    """Give an optimiser what it knew of every weight, laid out as that weight."""
    for i, parameter in enumerate(_learning(optimiser)):
        for name, value in part_of(f"optimiser.{i}", tensors).items():
            kept = value
            if value.shape == parameter.shape:
                kept = torch.empty_like(parameter, requires_grad=False).copy_(value)
            optimiser.state[parameter][name] = kept


def _learning(optimiser: torch.optim.Optimizer) -> list[Tensor]:
    return [p for group in optimiser.param_groups for p in group["params"]]
