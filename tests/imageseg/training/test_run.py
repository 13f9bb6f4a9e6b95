"""Runs with other seeds, other scores to watch, and what is told meanwhile."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from imageseg.classes import ClassScheme
from imageseg.errors import SettingsError, TrainingDivergedError
from imageseg.metrics import Scores
from imageseg.settings import TrainSettings, UNetSettings
from imageseg.tasks import Progress, drain
from imageseg.training import EpochProgress, Sample, history_table, train_task
from imageseg.training import run as module
from imageseg.training.learner import Learner
from imageseg.training.validate import Validation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imageseg.tasks import Task
    from imageseg.training import TrainingResult

TWO = ClassScheme.from_names(["soil", "leaf"])
SETTINGS = TrainSettings(
    epochs=3,
    steps=1,
    batch=1,
    patch=32,
    validation=0.3,
    device="cpu",
    precision="fp32",
)


def samples() -> list[Sample]:
    rng = np.random.default_rng(0)
    labels = np.repeat([[1] * 24 + [2] * 24], 48, axis=0).astype(np.uint8)
    return [
        Sample(rng.integers(0, 256, (48, 48, 3), dtype=np.uint8), labels, f"{i}")
        for i in range(8)
    ]


def task_of(**values: Any) -> Task[TrainingResult]:
    network = UNetSettings(filters=2, blocks=1)
    settings = replace(SETTINGS, **values)
    return train_task(samples(), settings, scheme=TWO, network=network)


def train(**values: Any) -> TrainingResult:
    return drain(task_of(**values))


def scripted(
    monkeypatch: pytest.MonkeyPatch,
    losses: Sequence[float],
    hits: Sequence[int] | None = None,
) -> list[dict[str, torch.Tensor]]:
    """Let validation return losses, and Dice by hits of ten; collect the weights."""
    seen: list[dict[str, torch.Tensor]] = []

    def validate(model: Any, *_: object) -> Task[Validation]:
        state = model.network.state_dict()
        seen.append({name: tensor.clone() for name, tensor in state.items()})
        yield Progress(done=0, total=1)
        hit = hits[len(seen) - 1] if hits else 5
        scores = Scores(np.array([[hit, 10 - hit], [10 - hit, hit]]))
        return Validation(losses[len(seen) - 1], scores)

    monkeypatch.setattr(module, "validate_task", validate)
    return seen


def kept(result: TrainingResult, state: dict[str, torch.Tensor]) -> bool:
    """Say whether a result has these weights, bit by bit."""
    own = result.model.network.state_dict()
    return all(torch.equal(own[name], state[name]) for name in own)


@pytest.mark.parametrize(("watch", "best"), [("loss", 3), ("dice", 2)])
def test_the_best_epoch_has_the_lowest_loss_or_the_highest_dice(
    monkeypatch: pytest.MonkeyPatch, watch: str, best: int
) -> None:
    seen = scripted(monkeypatch, [0.9, 0.8, 0.7], [5, 9, 6])
    result = train(watch=watch)

    assert result.best_epoch == best
    assert kept(result, seen[best - 1])


def test_patience_follows_the_watched_score(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, [0.9, 0.8, 0.7, 0.6, 0.5], [5, 9, 6, 7, 8])

    assert len(train(watch="dice", epochs=5, patience=2).history) == 4


def test_the_best_of_several_runs_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = scripted(monkeypatch, [0.9, 0.5, 0.6, 0.7, 0.3, 0.4])
    result = train(restarts=2)

    assert [(row.run, row.epoch) for row in result.history] == [
        (run, epoch) for run in (1, 2) for epoch in (1, 2, 3)
    ]
    assert result.best_epoch == 2
    assert kept(result, seen[4])
    assert result.scores is not None
    assert result.table()["run"].tolist() == [1, 1, 1, 2, 2, 2]


def test_every_run_has_its_own_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second run never beats the first, but improves on itself."""
    scripted(monkeypatch, [0.1, 0.2, 0.9, 0.8, 0.7])
    result = train(restarts=2, patience=1)

    assert [row.run for row in result.history] == [1, 1, 2, 2, 2]
    assert result.best_epoch == 1


def test_a_second_run_is_that_of_the_next_seed() -> None:
    both = train(restarts=2, validation=0.3)
    first, second = both.history[:3], both.history[3:]

    assert [r.loss for r in first] == [r.loss for r in train().history]
    assert [r.loss for r in second] != [r.loss for r in first]


def test_runs_cannot_be_compared_without_held_out_pixels() -> None:
    with pytest.raises(SettingsError, match=r"restarts is 2.*nothing is held out"):
        train(restarts=2, validation=0.0)


def test_what_training_would_end_with_can_be_asked_for_at_every_epoch() -> None:
    found = []
    for progress in task_of():
        if isinstance(progress, EpochProgress):
            assert progress.so_far is not None
            found.append((progress.so_far(), progress.rows))
    whole = train()

    assert [len(result.history) for result, _ in found] == [1, 2, 3]
    assert [len(rows) for _, rows in found] == [1, 2, 3]
    assert found[-1][0].model.digest() == whole.model.digest()


def test_a_training_that_diverges_late_carries_what_came_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    step, done = Learner.step, []

    def breaking(self: Learner) -> float:
        done.append(1)
        if len(done) > 2:
            raise TrainingDivergedError("no number")
        return step(self)

    monkeypatch.setattr(Learner, "step", breaking)
    with pytest.raises(TrainingDivergedError) as told:
        train()

    assert len(told.value.best.history) == 2  # type: ignore[attr-defined]


def test_short_memory_is_told_with_the_progress(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gradients = Learner._in_parts

    def short(self: Learner, images: Any, labels: Any) -> float:
        if self.at_once > 1:
            from imageseg.errors import OutOfMemoryError  # noqa: PLC0415

            raise OutOfMemoryError("too large")
        return gradients(self, images, labels)

    monkeypatch.setattr(Learner, "_in_parts", short)
    messages = {progress.message for progress in task_of(batch=4)}

    assert "epoch 1 of 3, memory is short: 1 patches at once" in messages


def test_the_rate_falls_on_a_plateau(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, [0.5, 0.5, 0.5, 0.5, 0.5])
    rows = train(epochs=5, schedule="plateau", plateau_patience=2, rate=0.01).history

    np.testing.assert_allclose(
        [row.rate for row in rows], [0.01, 0.01, 0.002, 0.002, 0.0004]
    )


def test_deterministic_algorithms_are_used_within_the_training_only() -> None:
    during = {
        torch.are_deterministic_algorithms_enabled()
        for _ in task_of(deterministic=True)
    }

    assert True in during
    assert not torch.are_deterministic_algorithms_enabled()


def test_the_history_names_the_dice_of_each_class() -> None:
    result = train()
    table = result.table()

    assert [*table][:4] == ["epoch", "loss", "validation_loss", "validation_dice"]
    assert [*table][-2:] == ["validation_dice_soil", "validation_dice_leaf"]
    mean = table[["validation_dice_soil", "validation_dice_leaf"]].mean(axis=1)
    np.testing.assert_allclose(mean, table["validation_dice"])
    assert "run" not in history_table(result.history, TWO.names)


def test_what_is_tested_decided_nothing() -> None:
    result = train(test=0.25)

    assert result.tested == "2 test images"
    assert result.test_scores is not None
    assert result.test_scores.pixels == 2 * 48 * 48
    assert len(result.model.spec.provenance["images"]) == 4
    assert set(result.model.spec.provenance["test"]["dice"]) == {"soil", "leaf"}
