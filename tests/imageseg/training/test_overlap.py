"""Training minimises the losses of areas as the setting says."""

from __future__ import annotations

import numpy as np

from imageseg.classes import ClassScheme
from imageseg.settings import TrainSettings, UNetSettings
from imageseg.tasks import drain
from imageseg.training import Sample, train_task


def first_loss(sample: Sample, **values: str) -> float:
    settings = TrainSettings(
        epochs=1,
        steps=1,
        batch=3,
        patch=32,
        validation=0.0,
        loss="dice",
        device="cpu",
        precision="fp32",
        **values,  # type: ignore[arg-type]
    )
    scheme = ClassScheme.from_names(["left", "right"])
    network = UNetSettings(filters=2, blocks=1)
    task = train_task([sample], settings, scheme=scheme, network=network)
    return drain(task).history[0].loss


def test_training_pools_a_batch_unless_each_image_is_asked_for(
    rng: np.random.Generator,
) -> None:
    labels = np.ones((64, 64), np.uint8)
    labels[:, 20:] = 2
    sample = Sample(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8), labels, "halves")

    pooled = first_loss(sample)
    assert first_loss(sample, overlap="batch") == pooled
    assert first_loss(sample, overlap="image") != pooled
