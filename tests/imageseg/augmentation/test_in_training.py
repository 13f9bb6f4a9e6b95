"""Changes are for training only, and those asked for are those that are made."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from imageseg.augmentation import AugmentSettings, preset
from imageseg.augmentation.augmenter import Augmenter
from imageseg.classes import ClassScheme
from imageseg.settings import PredictSettings, TrainSettings, UNetSettings
from imageseg.tasks import drain
from imageseg.training import Sample, train_task

TWO = ClassScheme.from_names(["left", "right"])
TINY = UNetSettings(filters=2, blocks=1)
TURNS = AugmentSettings(rotation=20.0, warp_share=1.0)


def samples() -> list[Sample]:
    """Make six images, each half of one class."""
    rng = np.random.default_rng(0)
    labels = np.ones((40, 40), np.uint8)
    labels[:, 20:] = 2
    return [
        Sample(rng.integers(0, 256, (40, 40, 3), dtype=np.uint8), labels, f"image {i}")
        for i in range(6)
    ]


def settings(**values: Any) -> TrainSettings:
    quick = {"epochs": 2, "steps": 3, "batch": 2, "patch": 32}
    return TrainSettings(**quick | {"device": "cpu", "precision": "fp32"} | values)


def train(given: TrainSettings, augment: AugmentSettings | None = None) -> Any:
    task = train_task(samples(), given, scheme=TWO, network=TINY, augment=augment)
    return drain(task)


def test_what_is_held_out_is_never_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    from imageseg.training import run as module  # noqa: PLC0415

    calls, held_out = [], []
    change, validate = Augmenter.__call__, module.validate_task

    def counted(self: Augmenter, images: Any, labels: Any) -> Any:
        calls.append(self.settings)
        return change(self, images, labels)

    def watched(model: Any, planes: Any, where: PredictSettings, progress: Any) -> Any:
        before = len(calls)
        held_out.append([(p.pixels.copy(), p.labels.copy()) for p in planes])
        validation = yield from validate(model, planes, where, progress)
        assert len(calls) == before
        return validation

    monkeypatch.setattr(Augmenter, "__call__", counted)
    monkeypatch.setattr(module, "validate_task", watched)
    result = train(settings(validation=0.3), TURNS)

    assert calls == [TURNS] * 6  # two epochs of three steps
    assert len(held_out) == 2
    assert result.held_out == "2 held-out images"
    known = [sample.image.tobytes() for sample in samples()]
    for planes in held_out:
        assert len(planes) == 2
        assert all(pixels.tobytes() in known for pixels, _ in planes)


def test_changes_given_replace_the_preset_and_are_kept_in_the_model() -> None:
    named = train(settings(augmentation="flips", validation=0.0))
    own = train(settings(augmentation="flips", validation=0.0), TURNS)
    kept = [r.model.spec.provenance["augmentation"] for r in (named, own)]

    assert AugmentSettings(**kept[0]) == preset("flips")
    assert AugmentSettings(**kept[1]) == TURNS
    assert named.history[0].loss != own.history[0].loss


def test_equal_seeds_train_equally_with_every_change() -> None:
    losses = [
        [row.loss for row in train(settings(seed=seed, validation=0.0)).history]
        for seed in (4, 4, 5)
    ]

    assert losses[0] == losses[1]
    assert losses[0] != losses[2]
