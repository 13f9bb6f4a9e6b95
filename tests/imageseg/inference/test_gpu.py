"""A GPU gives the numbers of the CPU, within a tolerance; only where there is one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from imageseg.classes import ClassScheme
from imageseg.inference import predict_task
from imageseg.model import SegmentationModel
from imageseg.settings import PredictSettings, TrainSettings, UNetSettings
from imageseg.tasks import drain
from imageseg.training import Sample, train_task

GPUS = [
    name
    for name, there in (
        ("cuda", torch.cuda.is_available()),
        ("mps", torch.backends.mps.is_available()),
    )
    if there
]
pytestmark = pytest.mark.skipif(not GPUS, reason="there is no GPU here")


@pytest.fixture(params=GPUS or ["none"])
def gpu(request: pytest.FixtureRequest) -> str:
    """Return the name of a device that is there."""
    return str(request.param)


def test_probabilities_are_those_of_the_cpu(
    gpu: str, make_model: Callable[..., SegmentationModel], rng: np.random.Generator
) -> None:
    model = make_model(3)
    image = rng.integers(0, 256, (250, 333, 3), dtype=np.uint8)
    here, there = (
        drain(
            predict_task(model, image, PredictSettings(device=device, precision="fp32"))
        ).probabilities
        for device in ("cpu", gpu)
    )

    np.testing.assert_allclose(there, here, rtol=0, atol=1e-3)


def test_training_follows_the_losses_of_the_cpu(
    gpu: str, rng: np.random.Generator
) -> None:
    labels = np.repeat([[1] * 32 + [2] * 32], 64, axis=0).astype(np.uint8)
    sample = Sample(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8), labels)
    settings = TrainSettings(
        epochs=2, steps=3, batch=2, patch=32, validation=0.0, augmentation="none",
        optimiser="sgd", rate=0.01, precision="fp32",
    )  # fmt: skip
    here, there = (
        drain(
            train_task(
                [sample],
                replace(settings, device=device),
                scheme=ClassScheme.from_names(["left", "right"]),
                network=UNetSettings(filters=4, blocks=2),
            )
        )
        for device in ("cpu", gpu)
    )

    losses = [[row.loss for row in result.history] for result in (here, there)]
    np.testing.assert_allclose(losses[1], losses[0], rtol=0, atol=1e-3)
