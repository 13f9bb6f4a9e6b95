"""Fine-tuning begins where the first training ended."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from imageseg.classes import ClassScheme
from imageseg.settings import TrainSettings, UNetSettings
from imageseg.tasks import drain
from imageseg.training import Sample, train_task

SCHEME = ClassScheme.from_names(["dark", "bright"])
LEARNING = TrainSettings(
    epochs=3,
    steps=40,
    batch=4,
    patch=32,
    rate=0.02,
    validation=0.3,
    augmentation="none",
    averaging=0.0,
    memory=0.0,
    device="cpu",
    precision="fp32",
)


@pytest.fixture
def samples(rng: np.random.Generator) -> list[Sample]:
    """Return six images of bright and dark squares, with noise."""
    found = []
    for i in range(6):
        truth = rng.integers(0, 2, (6, 6)).repeat(8, 0).repeat(8, 1)
        image = (80 + 90 * truth + rng.normal(0, 15, truth.shape)).clip(0, 255)
        labels = (truth + 1).astype(np.uint8)
        found.append(Sample(image.astype(np.uint8), labels, f"{i}"))
    return found


def test_the_loss_of_going_on_starts_near_that_of_the_model_before(
    samples: list[Sample],
) -> None:
    network = UNetSettings(filters=4, blocks=1)
    first = drain(train_task(samples, LEARNING, scheme=SCHEME, network=network))
    still = replace(LEARNING, epochs=1, steps=2, rate=1e-6)
    again = drain(train_task(samples, still, start=first.model))
    anew = drain(train_task(samples, still, scheme=SCHEME, network=network))

    old = first.history[first.best_epoch - 1]
    [row], [fresh] = again.history, anew.history
    assert row.loss == pytest.approx(old.loss, abs=0.1)
    assert row.validation_loss == pytest.approx(old.validation_loss, abs=0.1)
    assert fresh.loss > row.loss + 0.3
    assert again.scores_before is not None
    assert first.scores is not None
    np.testing.assert_array_equal(
        again.scores_before.matrix, first.scores.matrix
    )  # the same pixels are held out, and the same weights judge them
