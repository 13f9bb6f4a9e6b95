"""Random numbers of their own, the same whoever else draws any."""

from __future__ import annotations

import torch
from torch import Tensor


class Draws:
    """Draws for batches, on the CPU, so that every device sees the same.

    Parameters
    ----------
    seed
        Start of the random numbers.
    """

    def __init__(self, seed: int) -> None:
        self._generator = torch.Generator().manual_seed(seed)

    @property
    def generator(self) -> torch.Generator:
        """Where the numbers come from."""
        return self._generator

    def between(self, count: int, low: float, high: float) -> Tensor:
        """Return (N,) numbers, evenly from `low` to `high`."""
        return low + (high - low) * torch.rand(count, generator=self._generator)

    def about(self, count: int, extent: float) -> Tensor:
        """Return (N,) numbers, evenly from ``-extent`` to ``extent``."""
        return self.between(count, -extent, extent)

    def chosen(self, count: int, share: float) -> Tensor:
        """Return (N,) booleans, each true with this probability."""
        return torch.rand(count, generator=self._generator) < share

    def whole(self, count: int, low: int, high: int) -> Tensor:
        """Return (N,) whole numbers from `low` to `high`, both included."""
        return torch.randint(low, high + 1, (count,), generator=self._generator)

    def normal(self, *shape: int) -> Tensor:
        """Return numbers of mean 0 and standard deviation 1."""
        return torch.randn(shape, generator=self._generator)
