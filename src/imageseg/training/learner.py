"""One network that learns step by step, and the running mean of its weights."""

from __future__ import annotations

import math
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from imageseg.devices import Compute, memory_errors
from imageseg.errors import TrainingDivergedError
from imageseg.settings import TrainSettings
from imageseg.training.augment import Augmenter
from imageseg.losses import memory_loss, segmentation_loss
from imageseg.training.patches import PatchSampler

_WEIGHT_DECAY = 1e-4
_BATCH_MOMENTUM = 0.1
_WARM_UP = 0.1  # share of the steps in which the rate rises
_LEAST = 1e-3  # share of the rate that is left at the end


class Learner:
    """Network, optimiser and schedule: what a training step changes.

    Parameters
    ----------
    network
        Trained in place.
    sampler
        Gives batches of images and labels.
    settings
        Rate, batch, loss, augmentation, averaging.
    compute
        Device and number format.
    steps
        Steps in all, for the schedule.
    teacher
        The model before training, whose opinion counts where nothing is
        annotated; None for a new model.
    """

    def __init__(
        self,
        network: nn.Module,
        sampler: PatchSampler,
        settings: TrainSettings,
        *,
        compute: Compute,
        steps: int,
        teacher: nn.Module | None = None,
    ) -> None:
        self._network = _following_quickly(network.to(compute.device))
        self._sampler = sampler
        self._settings = settings
        self._compute = compute
        self._teacher = _frozen(teacher, compute) if settings.memory else None
        self._augment = Augmenter(settings.augmentation, _channels(network))
        self._average = _running_mean(self._network, settings.averaging)
        self._optimiser = torch.optim.AdamW(
            network.parameters(), lr=settings.rate, weight_decay=_WEIGHT_DECAY
        )
        self._schedule = torch.optim.lr_scheduler.LambdaLR(
            self._optimiser, lambda step: rate_factor(step, steps)
        )

    @property
    def rate(self) -> float:
        """Learning rate of the next step."""
        return float(self._optimiser.param_groups[0]["lr"])

    @property
    def network(self) -> nn.Module:
        """The weights to predict with: their running mean, if one is kept."""
        return self._average.module if self._average else self._network

    def snapshot(self) -> dict[str, Tensor]:
        """Copy the weights to predict with."""
        return deepcopy(self.network.state_dict())

    def step(self) -> float:
        """Learn from one batch and return its loss.

        Raises
        ------
        TrainingDivergedError
            The loss is no number any more.
        OutOfMemoryError
            The batch does not fit.
        """
        self._network.train()
        images, labels = self._sampler.batch(self._settings.batch)
        loss = self._loss(images, labels)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise TrainingDivergedError(
                f"The loss became {value} at a learning rate of {self.rate:.2g}. "
                "Train again with a smaller learning rate; the old model is untouched."
            )
        self._optimiser.zero_grad(set_to_none=True)
        with memory_errors():
            loss.backward()  # type: ignore[no-untyped-call]
            self._optimiser.step()
        self._schedule.step()
        if self._average:
            self._average.update_parameters(self._network)
        return value

    def _loss(self, images: Tensor, labels: Tensor) -> Tensor:
        device = self._compute.device
        with self._compute.running():
            with torch.autocast(device.type, enabled=False):
                images, labels = self._augment(images.to(device), labels.to(device))
            images = images.contiguous(memory_format=torch.channels_last)
            logits = self._network(images)
            before = self._opinion(images)
        loss = segmentation_loss(logits, labels, self._settings.loss)
        if before is not None:
            loss = loss + self._settings.memory * memory_loss(logits, before, labels)
        return loss

    @torch.no_grad()
    def _opinion(self, images: Tensor) -> Tensor | None:
        return None if self._teacher is None else self._teacher(images)


def rate_factor(step: int, steps: int) -> float:
    """Rise linearly over the first tenth, then fall along a cosine to nearly zero."""
    warm = max(1, round(_WARM_UP * steps))
    if step < warm:
        return (step + 1) / warm
    left = (step - warm) / max(1, steps - warm)
    return max(0.5 * (1 + math.cos(math.pi * min(left, 1.0))), _LEAST)


def _frozen(teacher: nn.Module | None, compute: Compute) -> nn.Module | None:
    """Copy a network that only answers."""
    if teacher is None:
        return None
    return (
        deepcopy(teacher).to(compute.device).eval().requires_grad_(requires_grad=False)
    )


def _following_quickly(network: nn.Module) -> nn.Module:
    """Let batch statistics follow within tens of steps, not hundreds.

    With Keras' momentum (0.01 as torch counts it) a short fine-tuning ends with
    statistics of the old images, and predicts far worse than its weights can.
    """
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = _BATCH_MOMENTUM
    return network


def _running_mean(network: nn.Module, memory: float) -> AveragedModel | None:
    if memory <= 0:
        return None
    return AveragedModel(
        network,
        multi_avg_fn=get_ema_multi_avg_fn(memory),  # type: ignore[no-untyped-call]
        use_buffers=True,
    )


def _channels(network: nn.Module) -> int:
    first: Any = next(m for m in network.modules() if isinstance(m, nn.Conv2d))
    return int(first.in_channels)
