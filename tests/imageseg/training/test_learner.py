"""One training step at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from imageseg.architectures import encoder_nodes
from imageseg.devices import choose_compute
from imageseg.errors import OutOfMemoryError, TrainingDivergedError
from imageseg.networks import build_network
from imageseg.settings import TrainSettings
from imageseg.training.learner import Learner
from imageseg.training.patches import PatchSampler
from imageseg.training.schedules import rate_factor

if TYPE_CHECKING:
    from collections.abc import Callable

    from imageseg.model import SegmentationModel
    from imageseg.training.sample import Part

    MakeLearner = Callable[..., Learner]
    State = dict[str, torch.Tensor]


@pytest.fixture
def make_learner(
    make_model: Callable[..., SegmentationModel], make_plane: Callable[..., Part]
) -> MakeLearner:
    """Build a learner of a tiny network on a plane of two halves."""

    def make(
        *, steps: int = 20, pixels: np.ndarray | None = None, **values: Any
    ) -> Learner:
        labels = np.ones((48, 48))
        labels[:, 24:] = 2
        settings = TrainSettings(
            **{"patch": 32, "batch": 2, "device": "cpu", "precision": "fp32"} | values
        )
        return Learner(
            make_model().network,
            PatchSampler([make_plane(labels, pixels)], (32, 32)),
            settings,
            compute=choose_compute(settings.device, settings.precision),
            steps=steps,
        )

    return make


def copied(state: State) -> State:
    """Copy a state dict."""
    return {name: tensor.clone() for name, tensor in state.items()}


def equal(one: State, two: State) -> bool:
    """Compare two state dicts bit by bit."""
    return all(torch.equal(one[name], two[name]) for name in one)


def test_the_learner_follows_the_schedule(make_learner: MakeLearner) -> None:
    learner = make_learner(rate=0.01, steps=20, batch=1)
    rates = []
    for _ in range(20):
        rates.append(learner.rate)
        learner.step()

    np.testing.assert_allclose(rates, [0.01 * rate_factor(s, 20) for s in range(20)])


def test_a_step_changes_every_weight_and_the_running_means(
    make_learner: MakeLearner,
) -> None:
    learner = make_learner(averaging=0.0, augmentation="none")
    before = learner.snapshot()
    loss = learner.step()
    after = learner.snapshot()

    assert np.isfinite(loss)
    assert loss > 0
    assert not any(torch.equal(before[name], after[name]) for name in before)


def test_steps_lower_the_loss(make_learner: MakeLearner) -> None:
    pixels = np.zeros((48, 48, 3), np.uint8)
    pixels[:, 24:] = 200
    learner = make_learner(pixels=pixels, steps=40, rate=0.01, augmentation="flips")
    losses = [learner.step() for _ in range(40)]

    assert np.mean(losses[-5:]) < 0.5 * np.mean(losses[:5])


def test_a_snapshot_is_a_copy(make_learner: MakeLearner) -> None:
    learner = make_learner()
    kept = learner.snapshot()
    before = copied(kept)
    learner.step()

    assert equal(kept, before)
    assert not equal(learner.snapshot(), before)


def test_without_averaging_the_network_itself_predicts(
    make_learner: MakeLearner,
) -> None:
    learner = make_learner(averaging=0.0)

    assert learner.network is learner._network


def test_with_averaging_the_running_mean_of_the_weights_predicts(
    make_learner: MakeLearner,
) -> None:
    learner = make_learner(averaging=0.75)
    name = "layers.conv_10.weight"  # the last layer
    raw = []
    for _ in range(3):
        learner.step()
        raw.append(learner._network.state_dict()[name].clone())
    expected = 0.75 * (0.75 * raw[0] + 0.25 * raw[1]) + 0.25 * raw[2]

    assert learner.network is not learner._network
    torch.testing.assert_close(learner.snapshot()[name], expected)
    running = [key for key in learner.snapshot() if "running_mean" in key]
    assert not equal(
        {key: learner.snapshot()[key] for key in running}, learner._network.state_dict()
    )


def test_a_loss_that_is_no_number_stops_training_and_spares_the_weights(
    make_learner: MakeLearner,
) -> None:
    glaring = np.full((48, 48, 3), 3e38, np.float32)
    learner = make_learner(pixels=glaring, augmentation="none")
    before = {n: p.clone() for n, p in learner._network.named_parameters()}

    with pytest.raises(TrainingDivergedError, match=r"nan.*learning rate"):
        learner.step()
    assert equal(before, dict(learner._network.named_parameters()))


@pytest.mark.parametrize("augmentation", ["photo", "microscopy"])
def test_reduced_precision_learns_too(
    make_learner: MakeLearner, augmentation: str
) -> None:
    learner = make_learner(precision="bf16", augmentation=augmentation)

    assert np.isfinite([learner.step() for _ in range(3)]).all()
    assert all(p.dtype == torch.float32 for p in learner.network.parameters())


@pytest.mark.parametrize("when", ["forward", "backward"])
def test_running_out_of_memory_says_what_to_change(
    make_learner: MakeLearner, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    def fail(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    learner = make_learner()
    if when == "forward":
        monkeypatch.setattr(learner._network, "forward", fail)
    else:
        next(learner._network.parameters()).register_hook(fail)

    with pytest.raises(OutOfMemoryError, match="smaller tile, patch or batch"):
        learner.step()


def test_a_step_learns_although_something_predicted_before(
    make_learner: MakeLearner,
) -> None:
    learner = make_learner(averaging=0.0)
    learner.network.eval()
    before = learner.snapshot()
    learner.step()

    running = next(name for name in before if "running_mean" in name)
    assert not torch.equal(before[running], learner.snapshot()[running])


@pytest.mark.parametrize(("fits", "expected"), [(2, 2), (1, 1), (3, 2)])
def test_short_memory_halves_the_batch_until_it_fits(
    make_learner: MakeLearner,
    monkeypatch: pytest.MonkeyPatch,
    fits: int,
    expected: int,
) -> None:
    learner = make_learner(batch=4)
    forward, seen = learner._network.forward, []

    def short(images: torch.Tensor) -> torch.Tensor:
        if len(images) > fits:
            raise torch.OutOfMemoryError("CUDA out of memory")
        seen.append(len(images))
        return forward(images)

    monkeypatch.setattr(learner._network, "forward", short)
    loss = learner.step()

    assert np.isfinite(loss)
    assert learner.at_once == expected
    assert sum(seen) == 4


def test_a_batch_in_parts_has_the_gradient_of_the_whole(
    make_learner: MakeLearner,
) -> None:
    """Where every pixel counts alike; batch statistics are those of the parts."""
    gradients = []
    for at_once in (4, 1):
        learner = make_learner(batch=4, loss="ce", augmentation="none")
        learner._network.eval()  # fixed statistics
        learner._network.train = lambda: None
        learner.at_once = at_once
        learner.step()
        gradients.append([p.grad.clone() for p in learner._network.parameters()])

    for one, two in zip(*gradients, strict=True):
        torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-6)


def test_a_frozen_encoder_keeps_its_weights_and_statistics(
    make_learner: MakeLearner,
) -> None:
    learner = make_learner(freeze="encoder", averaging=0.0)
    before = copied(learner.network.state_dict())
    learner.step()
    after = learner.network.state_dict()
    kept = {k for k in before if torch.equal(before[k], after[k])}
    encoder = {f"layers.{name}" for name in encoder_nodes(learner.network.graph)}

    assert kept == {k for k in before if k.rpartition(".")[0] in encoder}
    assert kept
    assert kept != set(before)


def test_long_gradients_are_cut(make_learner: MakeLearner) -> None:
    learner = make_learner(clip=1e-3)
    learner.step()
    lengths = [p.grad.norm() for p in learner._network.parameters()]

    assert torch.stack(lengths).norm() == pytest.approx(1e-3, rel=1e-3)


def test_every_output_of_a_deeply_supervised_network_learns(
    make_plane: Callable[..., Part],
) -> None:
    network = build_network("unetpp", 3, 1, {"filters": 2, "deep_supervision": True})
    assert len(network.graph.outputs) > 1
    labels = np.ones((32, 32))
    labels[:, 16:] = 2
    settings = TrainSettings(patch=32, batch=2, device="cpu", precision="fp32")
    learner = Learner(
        network,
        PatchSampler([make_plane(labels)], (32, 32)),
        settings,
        compute=choose_compute("cpu", "fp32"),
        steps=1,
    )
    learner.step()

    assert all(p.grad is not None for p in network.parameters())


def test_class_weights_change_what_is_learned(make_learner: MakeLearner) -> None:
    plain, weighted = make_learner(loss="ce"), make_learner(loss="ce")
    weighted._weights = torch.tensor([1.0, 5.0])

    assert plain.step() != weighted.step()


def test_the_image_that_broke_is_named(make_learner: MakeLearner) -> None:
    learner = make_learner(augmentation="none")
    images, labels = learner._sampler.batch(2)
    images[1] = torch.inf
    learner._sampler.batch = lambda _: (images, labels)
    learner._sampler.drawn = ("fine", "glare")

    with pytest.raises(TrainingDivergedError, match="batch 1, patches of glare, at"):
        learner.step()
