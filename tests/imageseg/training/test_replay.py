"""Recent images and hard areas are drawn more often, and none is forgotten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss
from torch import nn

from imageseg.classes import ClassScheme
from imageseg.model import SegmentationModel
from imageseg.networks import GraphNetwork
from imageseg.settings import FINE_TUNING, TrainSettings
from imageseg.tasks import drain
from imageseg.training import Sample, train_task
from imageseg.training.patches import PatchSampler
from imageseg.training.replay import Replay, patch_losses
from imageseg.training.sample import Part

MakePlane = Callable[..., Part]


def planes_of(make_plane: MakePlane, names: Sequence[str]) -> list[Part]:
    return [make_plane(np.ones((64, 64)), name=name) for name in names]


def sampler(parts: list[Part], **settings: float) -> PatchSampler:
    own = TrainSettings(**settings)
    return PatchSampler(parts, (32, 32), seed=1, settings=own)


def replay_of(sampler: PatchSampler) -> Replay:
    assert sampler.replay is not None
    return sampler.replay


def drawn_shares(sampler: PatchSampler, count: int = 4000) -> dict[str, float]:
    sampler.batch(count)
    return {name: n / count for name, n in Counter(sampler.drawn).items()}


def test_without_shares_the_draws_are_those_they_were(make_plane: MakePlane) -> None:
    parts = planes_of(make_plane, "abc")
    plain = PatchSampler(parts, (32, 32), seed=1)

    assert sampler(parts).replay is None
    assert torch.equal(sampler(parts).batch(9)[0], plain.batch(9)[0])


def test_recent_images_halve_every_three_images_back(make_plane: MakePlane) -> None:
    """Six images with half of the draws recent: 1/12 each, and 2^(-age/3) of 1/2."""
    weights = np.array([2 ** (-age / 3) for age in (5, 4, 3, 2, 1, 0)])
    expected = 0.5 / 6 + 0.5 * weights / weights.sum()
    shares = drawn_shares(sampler(planes_of(make_plane, "abcdef"), recent=0.5))

    assert [shares[n] for n in "abcdef"] == pytest.approx(expected, abs=0.02)


def test_planes_of_a_stack_share_what_is_recent_of_it(make_plane: MakePlane) -> None:
    """The stack b has three planes and is the newest; a is one image back."""
    halved = 2 ** (-1 / 3)
    shares = drawn_shares(sampler(planes_of(make_plane, "abbb"), recent=0.9))

    assert shares["a"] == pytest.approx(0.1 / 4 + 0.9 * halved / (1 + halved), abs=0.02)


def test_hard_areas_are_drawn_in_proportion_to_their_loss(
    make_plane: MakePlane,
) -> None:
    """Eight areas; those of a have a loss of 3, those of b of 1."""
    own = sampler(planes_of(make_plane, "ab"), hard=0.8)
    for _ in range(20):
        own.batch(50)
        replay_of(own).learn([3.0 if name == "a" else 1.0 for name in own.drawn])

    assert replay_of(own).chances() == pytest.approx([3 / 16] * 4 + [1 / 16] * 4)
    assert drawn_shares(own)["a"] == pytest.approx(0.2 / 2 + 0.8 * 3 / 4, abs=0.02)


def test_areas_that_nobody_has_drawn_count_as_the_hardest(
    make_plane: MakePlane,
) -> None:
    own = replay_of(sampler(planes_of(make_plane, "ab"), hard=0.5))
    own.begin_batch()
    own.note(0, np.array([0, 0], np.int32))
    own.note(0, np.array([0, 40], np.int32))
    own.learn([1.0, 4.0])

    assert own.chances() == pytest.approx(np.array([1, 4, 4, 4, 4, 4, 4, 4]) / 29)


def test_a_new_loss_counts_half(make_plane: MakePlane) -> None:
    own = replay_of(sampler(planes_of(make_plane, "a"), hard=0.5))
    for loss in (1.0, 3.0, float("nan")):
        own.begin_batch()
        own.note(0, np.array([0, 0], np.int32))
        own.learn([loss])

    assert own.state()[0] == 2.0


def test_what_is_known_goes_on_from_its_state(make_plane: MakePlane) -> None:
    parts = planes_of(make_plane, "ab")
    one, two = (replay_of(sampler(parts, hard=0.5)) for _ in range(2))
    one.begin_batch()
    one.note(1, np.array([33, 0], np.int32))
    one.learn([0.5])
    two.restore(one.state())

    np.testing.assert_array_equal(two.chances(), one.chances())


def test_no_image_falls_below_its_share_of_the_even_draws(
    make_plane: MakePlane,
) -> None:
    own = sampler(planes_of(make_plane, "abcdefgh"), recent=0.25, hard=0.25)
    for _ in range(20):
        own.batch(100)
        replay_of(own).learn([9.0 if name == "h" else 0.0 for name in own.drawn])

    assert min(drawn_shares(own).values()) > 0.5 / 8 * 0.8


@pytest.mark.parametrize("classes", [2, 3])
def test_the_loss_of_a_patch_is_that_of_scikit_learn(classes: int) -> None:
    rng = np.random.default_rng(0)
    maps = 1 if classes == 2 else classes
    logits = rng.normal(size=(2, maps, 8, 8))
    labels = rng.integers(0, classes + 1, (2, 8, 8))
    exp = np.exp(np.concatenate([0 * logits, logits], 1) if maps == 1 else logits)
    p = np.moveaxis(exp / exp.sum(1, keepdims=True), 1, -1)
    expected = [
        log_loss(t[t > 0], q[t > 0], labels=range(1, classes + 1))
        for t, q in zip(labels, p, strict=True)
    ]
    given = patch_losses(
        torch.from_numpy(logits), torch.from_numpy(labels.astype(np.uint8))
    )

    assert given == pytest.approx(expected, rel=1e-5)


def test_a_patch_without_annotation_has_no_loss() -> None:
    (loss,) = patch_losses(torch.zeros(1, 3, 4, 4), torch.zeros(1, 4, 4).byte())

    assert np.isnan(loss)


def samples(count: int, side: int = 192) -> list[Sample]:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.repeat([[1, 2]], side // 2, axis=1), side, axis=0)
    return [
        Sample(
            rng.integers(0, 256, (side, side, 3), dtype=np.uint8),
            labels.astype(np.uint8),
            f"{i}",
        )
        for i in range(count)
    ]


class Calls:
    """Counts the calls of networks."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        forward = GraphNetwork.forward

        def counted(network: nn.Module, images: torch.Tensor) -> torch.Tensor:
            self.count += 1
            return forward(network, images)

        monkeypatch.setattr(GraphNetwork, "forward", counted)


def test_the_fortieth_image_costs_what_the_fourth_did(
    monkeypatch: pytest.MonkeyPatch, make_model: Callable[..., SegmentationModel]
) -> None:
    """Steps, and areas scored after each epoch, are as many; so are network calls."""
    settings = replace(
        FINE_TUNING, epochs=2, steps=3, patch=32, batch=2, scored=6, device="cpu"
    )
    counts = []
    for images in (4, 40):
        calls = Calls(monkeypatch)
        result = drain(train_task(samples(images), settings, start=make_model()))
        counts.append(calls.count)
        monkeypatch.undo()

        assert result.held_out.endswith("scored in 6 areas")

    # two epochs of three steps, each with the old model's opinion; the areas scored
    # before the first epoch and after each
    assert counts == [2 * 3 * 2 + 3 * 6] * 2


def test_scoring_all_areas_is_scoring_everything(
    make_model: Callable[..., SegmentationModel],
) -> None:
    settings = TrainSettings(
        epochs=1, steps=1, patch=32, batch=1, device="cpu", precision="fp32"
    )
    whole, areas = (
        drain(train_task(samples(6), replace(settings, scored=n), start=make_model()))
        for n in (0, 1000)
    )

    assert whole.held_out == areas.held_out == "1 held-out image"
    np.testing.assert_array_equal(whole.scores.matrix, areas.scores.matrix)


def test_replay_repeats_itself(make_model: Callable[..., SegmentationModel]) -> None:
    settings = replace(
        FINE_TUNING, epochs=2, steps=2, patch=32, batch=2, device="cpu", scored=2
    )
    one, two = (
        drain(train_task(samples(5), settings, start=make_model())) for _ in range(2)
    )

    assert one.model.digest() == two.model.digest()
    assert one.model.spec.provenance["settings"]["recent"] == 0.25


def test_fine_tuning_knows_its_classes(
    make_model: Callable[..., SegmentationModel],
) -> None:
    """A class that the start model lacks is learned from replayed areas too."""
    scheme = ClassScheme.from_names(["class 1", "class 2", "new"])
    given = samples(4)
    given[0].labels[:40, :40] = 3
    settings = replace(
        FINE_TUNING, epochs=1, steps=2, patch=32, batch=2, device="cpu", scored=4
    )
    result = drain(train_task(given, settings, scheme=scheme, start=make_model()))

    assert result.model.spec.scheme == scheme
