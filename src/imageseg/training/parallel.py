"""Several processes that train one network together.

Started by ``torchrun --nproc-per-node N -m imageseg train …``, every process draws
the same batch, learns from its own part of it, and the gradients are averaged.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, distributed, nn


@dataclass(frozen=True, slots=True)
class Group:
    """The processes that train together.

    Attributes
    ----------
    rank
        Number of this process; the first, 0, writes files.
    size
        How many there are.
    """

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this process writes files."""
        return self.rank == 0

    def part(self, batch: Tensor) -> Tensor:
        """Return this process's part of a batch."""
        return batch[self.rank :: self.size]

    def average(self, tensors: Iterable[Tensor]) -> None:
        """Replace tensors by their mean over the processes."""
        if self.size == 1:
            return
        for tensor in tensors:
            distributed.all_reduce(tensor)
            tensor.div_(self.size)

    def mean(self, value: float) -> float:
        """Return the mean of a number over the processes."""
        if self.size == 1:
            return value
        shared = torch.tensor(value, dtype=torch.float64, device=_shared_device())
        self.average([shared])
        return float(shared)

    def joined(self, values: Sequence[float], count: int) -> list[float]:
        """Return what all processes have of a batch, in the order of the batch.

        Parameters
        ----------
        values
            Of this process's part.
        count
            Patches of the whole batch.
        """
        if self.size == 1:
            return list(values)
        whole = torch.zeros(count, dtype=torch.float64, device=_shared_device())
        whole[self.rank :: self.size] = torch.tensor(values, dtype=torch.float64)
        self.average([whole])
        joined: list[float] = (whole * self.size).tolist()
        return joined

    def average_gradients(self, network: nn.Module) -> None:
        """Replace gradients by their mean over the processes."""
        self.average(p.grad for p in network.parameters() if p.grad is not None)

    def average_statistics(self, network: nn.Module) -> None:
        """Replace running means and variances by their mean over the processes."""
        self.average(b for b in network.buffers() if b.is_floating_point())


def _shared_device() -> torch.device:
    """Return where numbers are that the processes exchange."""
    return torch.device("cuda" if distributed.get_backend() == "nccl" else "cpu")


@contextmanager
def joined_group() -> Iterator[Group]:
    """Join the other processes if torchrun started this one.

    It tells so in the environment: ``WORLD_SIZE`` is more than 1.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield Group()
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield Group(distributed.get_rank(), distributed.get_world_size())
    finally:
        distributed.destroy_process_group()
