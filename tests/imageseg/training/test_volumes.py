"""Networks of volumes learn from volumes, as those of planes do from planes."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch

from imageseg.architectures.keras_unet import UNet3DSettings
from imageseg.card import model_card
from imageseg.classes import ClassScheme
from imageseg.images import ReadCache
from imageseg.inference import predict_task
from imageseg.losses import segmentation_loss
from imageseg.metrics import Scores
from imageseg.model import load_model
from imageseg.settings import (
    Checked,
    Loss,
    PredictSettings,
    TrainSettings,
    UNetSettings,
)
from imageseg.tasks import drain
from imageseg.training import (
    EpochProgress,
    FileSample,
    Sample,
    TrainingResult,
    train_task,
)

SCHEME = ClassScheme.from_names(["dark above", "bright above"])
VOLUMES = UNet3DSettings(filters=4, blocks=1, dropout=0.0)
PLANES = UNetSettings(filters=4, blocks=1)
CPU = PredictSettings(device="cpu", precision="fp32")
QUICK = TrainSettings(
    epochs=3,
    steps=2,
    batch=2,
    patch=32,
    validation=0.3,
    averaging=0.5,
    device="cpu",
    precision="fp32",
)


def noise(shape: tuple[int, int, int], seed: int = 0, name: str = "noise") -> Sample:
    """Black and white noise; the class of a voxel is the colour of the one above it.

    Slices are independent of each other, so that a slice alone tells nothing.
    """
    white = np.random.default_rng(seed).integers(0, 2, shape)
    labels = np.zeros(shape, np.uint8)
    labels[:-1] = 1 + white[1:]
    return Sample((white * 255).astype(np.uint8), labels, name)


def train(
    samples: list[Sample] | list[FileSample], settings: TrainSettings, **options: Any
) -> TrainingResult:
    if "start" not in options:
        options = {"scheme": SCHEME, "network": VOLUMES} | options
    return drain(train_task(samples, settings, **options))


@pytest.mark.parametrize(
    ("network", "neighbours", "low", "high"),
    [
        pytest.param(VOLUMES, 0, 0.97, 1.0, id="volumes"),
        pytest.param(PLANES, 1, 0.9, 1.0, id="planes with their neighbours"),
        pytest.param(PLANES, 0, 0.4, 0.6, id="planes"),
    ],
)
def test_what_only_the_next_slice_tells_is_learned_where_it_is_seen(
    network: Checked, neighbours: int, low: float, high: float
) -> None:
    settings = replace(
        QUICK, epochs=1, steps=80, rate=0.02, validation=0.0, augmentation="none"
    )
    settings = replace(settings, neighbours=neighbours)
    model = train([noise((16, 24, 24))], settings, network=network).model
    fresh = noise((10, 20, 22), seed=1)
    prediction = drain(predict_task(model, fresh.image, CPU))

    assert low <= Scores.of(fresh.labels, prediction.labels, 2).mean_dice <= high


def test_a_single_cell_of_a_volume_is_doubled_so_that_it_can_be_normalised() -> None:
    settings = replace(QUICK, epochs=1, steps=1, batch=1, patch_z=8, validation=0.0)
    network = UNet3DSettings(filters=1, blocks=5, dropout=0.0)  # cells of 32 voxels
    result = train([noise((4, 12, 12))], settings, network=network)

    assert np.isfinite(result.history[0].loss)
    assert result.model.spec.provenance["patch"] == [32, 64, 64]


def test_volumes_tiny_flat_and_tall_are_learned_together() -> None:
    shapes = [(1, 5, 7), (3, 40, 9), (20, 6, 6), (2, 2, 5), (9, 9, 30)]
    samples = [noise(shape, name=f"{shape}") for shape in shapes]
    samples[0].labels[:] = 1  # a single slice has none above it
    result = train(samples, QUICK, network=UNet3DSettings(filters=2, blocks=3))

    assert np.isfinite([row.loss for row in result.history]).all()
    for sample in samples:
        prediction = drain(predict_task(result.model, sample.image, CPU))
        assert prediction.labels.shape == sample.labels.shape


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({}, id="blocks of one volume"),
        pytest.param({"augmentation": "microscopy", "patch_z": 8}, id="microscopy"),
        pytest.param({"class_weights": "balanced", "validation": 0.0}, id="balanced"),
    ],
)
def test_a_resumed_training_has_the_numbers_of_an_unbroken_one(
    values: dict[str, Any], tmp_path: Path
) -> None:
    settings, path = replace(QUICK, **values), tmp_path / "m.checkpoint"
    options = {"scheme": SCHEME, "network": replace(VOLUMES, dropout=0.3)}
    samples = [noise((20, 36, 36))]
    whole = train(samples, settings, **options)
    for progress in train_task(samples, settings, checkpoint=path, **options):
        if isinstance(progress, EpochProgress) and progress.row.epoch == 2:
            break
    torch.rand(5)  # others draw random numbers, too
    resumed = train(samples, settings, checkpoint=path, resume=True, **options)

    assert resumed.model.digest() == whole.model.digest()
    assert [r.loss for r in resumed.history] == [r.loss for r in whole.history]
    losses = [[r.validation_loss for r in t.history] for t in (resumed, whole)]
    assert losses[0] == losses[1]


def test_a_model_of_volumes_goes_on_with_its_memory_and_says_what_it_is(
    tmp_path: Path,
) -> None:
    samples = [noise((8, 20, 20), seed, f"{seed}") for seed in range(6)]
    first = train(samples, QUICK)
    tuned = train(samples, QUICK, start=first.model)
    opened = load_model(tuned.model.save(tmp_path / "tuned"))

    assert tuned.scores_before is not None
    assert tuned.scores is not None
    assert tuned.held_out == "2 held-out images"
    assert tuned.model.digest() != first.model.digest()
    assert opened.spec.provenance["patch"] == [8, 12, 12]
    assert model_card(opened.spec).input_size.startswith("volumes of any size")


@pytest.mark.parametrize("count", [6, 2], ids=["by image", "by blocks"])
def test_volumes_in_files_train_the_same_weights_as_in_memory(
    tmp_path: Path, count: int
) -> None:
    memory = [noise((18, 34, 20), seed, f"{seed}") for seed in range(count)]
    cache, files = ReadCache(room=20_000), []
    for sample in memory:
        path = tmp_path / f"{sample.name}.tif"
        tifffile.imwrite(path, sample.image, photometric="minisblack")
        read = partial(np.copy, sample.labels)
        files.append(FileSample(path, read, name=sample.name, cache=cache))

    one, two = train(files, QUICK), train(memory, QUICK)
    assert one.model.digest() == two.model.digest()
    assert one.held_out == two.held_out
    assert one.scores is not None


@pytest.mark.parametrize(
    "kind", ["ce_dice", "focal", "lovasz", "ce_boundary", "bce_dice"]
)
def test_voxels_that_nobody_annotated_have_no_gradient(kind: Loss) -> None:
    torch.manual_seed(0)
    labels = torch.zeros((2, 6, 8, 8), dtype=torch.uint8)
    labels[:, 2, 1:6, 1:6], labels[0, 4, 3:7] = 1, 2
    logits = torch.randn((2, 3, 6, 8, 8), requires_grad=True)
    segmentation_loss(logits, labels, kind).backward()
    slope = logits.grad.abs().sum(1)

    assert (slope[labels == 0] == 0).all()
    assert (slope[labels > 0] > 0).any()
