"""Neighbouring slices travel with a training: into files, checkpoints and models."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile

from imageseg.architectures.keras_unet import UNet3DSettings
from imageseg.card import model_card
from imageseg.classes import ClassScheme
from imageseg.errors import SettingsError
from imageseg.forest import ForestSettings
from imageseg.inference import predict_task
from imageseg.model import load_model
from imageseg.settings import PredictSettings, TrainSettings, UNetSettings
from imageseg.tasks import drain
from imageseg.training import (
    EpochProgress,
    FileSample,
    Sample,
    TrainingResult,
    train_task,
)

if TYPE_CHECKING:
    from pathlib import Path

    from imageseg.settings import Checked

SCHEME = ClassScheme.from_names(["a", "b"])
SETTINGS = TrainSettings(
    epochs=3,
    steps=2,
    batch=2,
    patch=32,
    validation=0.3,
    neighbours=1,
    device="cpu",
    precision="fp32",
)


def sample(name: str = "stack") -> Sample:
    """Return noise annotated on two of its slices."""
    rng = np.random.default_rng(5)
    labels = np.zeros((5, 40, 40), np.uint8)
    labels[1], labels[4, :, 20:] = 1, 2
    return Sample(rng.integers(0, 256, (5, 40, 40), dtype=np.uint8), labels, name)


def train(
    samples: list[Any], settings: TrainSettings = SETTINGS, **options: Any
) -> TrainingResult:
    if "start" not in options:
        network = UNetSettings(filters=2, blocks=1)
        options = {"scheme": SCHEME, "network": network} | options
    return drain(train_task(samples, settings, **options))


def test_a_saved_model_keeps_its_neighbours_and_says_so(tmp_path: Path) -> None:
    result = train([sample()])
    opened = load_model(result.model.save(tmp_path / "m"))

    assert (opened.spec.channels, opened.spec.neighbours) == (1, 1)
    assert "of 3 slices" in opened.spec.summary
    assert "of 3 slices" in model_card(opened.spec).channels
    cpu = PredictSettings(device="cpu", precision="fp32")
    first, second = (
        drain(predict_task(model, sample().image, cpu)).probabilities
        for model in (result.model, opened)
    )
    np.testing.assert_array_equal(first, second)


def test_going_on_keeps_the_neighbours_of_the_start_model() -> None:
    start = train([sample()]).model
    settings = replace(SETTINGS, neighbours=0)

    assert train([sample()], settings, start=start).model.spec.neighbours == 1
    with pytest.raises(SettingsError, match="1, as of the start model"):
        train([sample()], replace(SETTINGS, neighbours=2), start=start)


@pytest.mark.parametrize("network", [UNet3DSettings(), ForestSettings()])
def test_networks_that_have_no_use_for_neighbours_refuse_them(
    network: Checked,
) -> None:
    with pytest.raises(SettingsError, match="0 for the network"):
        train([sample()], network=network)


def test_files_teach_the_same_as_memory(tmp_path: Path) -> None:
    memory = sample()
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, memory.image, photometric="minisblack")
    file = FileSample(path, partial(np.copy, memory.labels), name="stack")

    assert train([file]).model.digest() == train([memory]).model.digest()


def test_a_resumed_training_has_the_numbers_of_an_unbroken_one(tmp_path: Path) -> None:
    path = tmp_path / "m.checkpoint"
    options = {"scheme": SCHEME, "network": UNetSettings(filters=2, blocks=1)}
    for progress in train_task([sample()], SETTINGS, checkpoint=path, **options):
        if isinstance(progress, EpochProgress) and progress.row.epoch == 2:
            break
    resumed = train([sample()], checkpoint=path, resume=True)

    assert resumed.model.digest() == train([sample()]).model.digest()


def test_a_stack_of_three_columns_is_learned_as_a_stack() -> None:
    rng = np.random.default_rng(5)
    labels = np.zeros((6, 9, 3), np.uint8)
    labels[2], labels[3] = 1, 2
    narrow = Sample(rng.integers(0, 256, (6, 9, 3), dtype=np.uint8), labels)

    assert train([narrow], replace(SETTINGS, validation=0.0)).model.spec.channels == 1
