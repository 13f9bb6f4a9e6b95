"""One network that learns step by step, and the running mean of its weights."""

from __future__ import annotations

import math
from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from imageseg.architectures import encoder_nodes
from imageseg.augmentation import AugmentSettings
from imageseg.augmentation.augmenter import Augmenter
from imageseg.devices import Compute, memory_errors
from imageseg.errors import OutOfMemoryError, TrainingDivergedError
from imageseg.losses import memory_loss, segmentation_loss
from imageseg.networks import GraphNetwork
from imageseg.networks.network import layer_key
from imageseg.networks.table import memory_order
from imageseg.settings import TrainSettings
from imageseg.training.optimisers import build_optimiser
from imageseg.training.parallel import Group
from imageseg.training.patches import PatchSampler
from imageseg.training.replay import patch_losses
from imageseg.training.schedules import RateSchedule
from imageseg.training.state import (
    State,
    optimiser_tensors,
    part_of,
    restore_optimiser,
    tensors_of,
)

_BATCH_MOMENTUM = 0.1
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


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
    augment
        Random changes in place of the preset that the settings name.
    weights
        (K,), how much pixels of each class count; None for equal weights.
    group
        The processes that learn together; by default only this one.

    Attributes
    ----------
    at_once
        Patches computed together: the batch, or less where memory is short.
    """

    def __init__(  # noqa: PLR0913  what a step needs, no more
        self,
        network: nn.Module,
        sampler: PatchSampler,
        settings: TrainSettings,
        *,
        compute: Compute,
        steps: int,
        teacher: nn.Module | None = None,
        augment: AugmentSettings | None = None,
        weights: Tensor | None = None,
        group: Group | None = None,
    ) -> None:
        self._network = _following_quickly(network.to(compute.device))
        self._frozen = _freeze(network) if settings.freeze == "encoder" else []
        self._sampler = sampler
        self._settings = settings
        self._compute = compute
        self._teacher = _frozen(teacher, compute) if settings.memory else None
        self._augment = Augmenter(augment or settings.augmentation, seed=settings.seed)
        self._average = _running_mean(self._network, settings.averaging)
        self._weights = weights
        self._group = group or Group()
        self._optimiser = build_optimiser(network.parameters(), settings)
        self._schedule = RateSchedule(settings, steps)
        self._done = 0
        self._told: list[float] = []
        self.at_once = settings.batch

    @property
    def rate(self) -> float:
        """Learning rate of the next step."""
        return self._schedule.rate(self._done)

    @property
    def network(self) -> nn.Module:
        """The weights to predict with: their running mean, if one is kept."""
        return self._average.module if self._average else self._network

    def snapshot(self) -> dict[str, Tensor]:
        """Copy the weights to predict with."""
        return deepcopy(self.network.state_dict())

    def step(self) -> float:
        """Learn from one batch and return its loss.

        Where the batch does not fit into memory it is learned from in parts, whose
        gradients are added up; so are all later ones.

        Raises
        ------
        TrainingDivergedError
            The loss is no number any more.
        OutOfMemoryError
            A single patch does not fit.
        """
        self._network.train()
        for module in self._frozen:
            module.eval()
        images, labels = self._changed(*self._sampler.batch(self._settings.batch))
        value = self._gradients(images, labels)
        self._check(value, images)
        self._tell()
        self._follow()
        return value

    def end_epoch(self, loss: float) -> None:
        """Tell the schedule how the epoch ended, and let all processes agree."""
        self._schedule.end_epoch(loss)
        self._group.average_statistics(self._network)
        if self._average:
            self._group.average_statistics(self._average.module)

    def state(self) -> State:
        """Return everything that steps change, to go on from it later."""
        tensors = tensors_of("network", self._network.state_dict())
        if self._average:
            tensors |= tensors_of("average", self._average.state_dict())
        tensors |= optimiser_tensors(self._optimiser)
        tensors["augment"] = self._augment.generator.get_state()
        values = {
            "done": self._done,
            "at_once": self.at_once,
            "schedule": self._schedule.state(),
            "sampler": self._sampler.state(),
            "replay": self._sampler.replay.state() if self._sampler.replay else [],
        }
        return State(tensors, values)

    def restore(self, state: State) -> None:
        """Go on from such a state, bit by bit as if nothing had happened."""
        tensors, values = state.tensors, state.values
        self._network.load_state_dict(part_of("network", tensors))
        if self._average:
            self._average.load_state_dict(part_of("average", tensors))
        restore_optimiser(self._optimiser, tensors)
        self._augment.generator.set_state(tensors["augment"])
        self._done, self.at_once = values["done"], values["at_once"]
        self._schedule.restore(values["schedule"])
        self._sampler.restore(values["sampler"])
        if self._sampler.replay:
            self._sampler.replay.restore(values["replay"])

    def _changed(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Change a batch at random and return what this process learns from."""
        device = self._compute.device
        with memory_errors():
            images, labels = self._augment(images.to(device), labels.to(device))
        images, labels = self._group.part(images), self._group.part(labels)
        order = memory_order(images.ndim - 2)
        return images.contiguous(memory_format=order), labels

    def _gradients(self, images: Tensor, labels: Tensor) -> float:
        """Compute the gradients of a batch in as many parts as memory asks for."""
        while True:
            self._optimiser.zero_grad(set_to_none=True)
            self._told = []
            try:
                value = self._in_parts(images, labels)
            except OutOfMemoryError:
                if self.at_once == 1:
                    raise
            else:
                self._group.average_gradients(self._network)
                return self._group.mean(value)  # so that all stop if one diverges
            self.at_once = max(min(self.at_once, len(images)) // 2, 1)

    def _in_parts(self, images: Tensor, labels: Tensor) -> float:
        value = 0.0
        parts = zip(
            torch.split(images, self.at_once),
            torch.split(labels, self.at_once),
            strict=True,
        )
        for part, part_labels in parts:
            share = len(part) / len(images)
            loss = self._loss(part, part_labels) * share
            with memory_errors():
                loss.backward()  # type: ignore[no-untyped-call]
            value += float(loss.detach())
        return value

    def _loss(self, images: Tensor, labels: Tensor) -> Tensor:
        settings = self._settings
        with self._compute.running():
            outputs = _outputs(self._network, images)
            before = self._opinion(images)
        if self._sampler.replay:
            self._told += patch_losses(outputs[0], labels)
        losses = [
            segmentation_loss(
                logits, labels, settings.loss, self._weights, settings.overlap
            )
            for logits in outputs
        ]
        loss = torch.stack(losses).mean() if len(losses) > 1 else losses[0]
        if before is not None:
            loss = loss + settings.memory * memory_loss(outputs[0], before, labels)
        return loss

    def _tell(self) -> None:
        """Tell where the batch was drawn how well each patch is known."""
        if self._sampler.replay:
            self._sampler.replay.learn(
                self._group.joined(self._told, self._settings.batch)
            )

    def _check(self, value: float, images: Tensor) -> None:
        """Stop before a loss that is no number reaches the weights."""
        if math.isfinite(value):
            return
        drawn = self._sampler.drawn[self._group.rank :: self._group.size]
        broken = [not bool(image.isfinite().all()) for image in images]
        names = [n for n, bad in zip(drawn, broken, strict=True) if bad] or drawn
        raise TrainingDivergedError(
            f"The loss became {value} in batch {self._done + 1}, patches of "
            f"{', '.join(dict.fromkeys(names))}, at a learning rate of "
            f"{self.rate:.2g}. Look at those images, or train again with a smaller "
            "learning rate; the old model is untouched."
        )

    def _follow(self) -> None:
        """Change the weights by their gradients."""
        if self._settings.clip:
            nn.utils.clip_grad_norm_(self._network.parameters(), self._settings.clip)
        for group in self._optimiser.param_groups:
            group["lr"] = self.rate
        with memory_errors():
            self._optimiser.step()
        self._done += 1
        if self._average:
            self._average.update_parameters(self._network)

    @torch.no_grad()
    def _opinion(self, images: Tensor) -> Tensor | None:
        return None if self._teacher is None else self._teacher(images)


def _outputs(network: nn.Module, images: Tensor) -> tuple[Tensor, ...]:
    """Return the logits of all outputs: a deeply supervised network has several."""
    if isinstance(network, GraphNetwork) and len(network.graph.outputs) > 1:
        return network.forward_all(images)
    return (network(images),)


def _freeze(network: nn.Module) -> list[nn.Module]:
    """Keep the encoder as it is; return its normalisations, which must not follow."""
    if not isinstance(network, GraphNetwork):
        return []
    names = {layer_key(name) for name in encoder_nodes(network.graph)}
    layers = [layer for key, layer in network.layers.items() if key in names]
    for layer in layers:
        layer.requires_grad_(requires_grad=False)
    return [layer for layer in layers if isinstance(layer, _NORMS)]


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
        if isinstance(module, _NORMS):
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
