"""Test-time augmentation: the mean over mirrored copies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from imageseg.classes import ClassScheme
from imageseg.inference import predict_task
from imageseg.model import SegmentationModel, new_model
from imageseg.settings import PredictSettings
from imageseg.tasks import drain

MakeModel = Callable[..., SegmentationModel]


def probabilities(
    model: SegmentationModel, image: np.ndarray, **options: Any
) -> np.ndarray:
    settings = PredictSettings(device="cpu", precision="fp32", **options)
    return drain(predict_task(model, image, settings)).probabilities


@pytest.fixture
def image(rng: np.random.Generator) -> np.ndarray:
    """Return a picture whose sides are on the pooling grid."""
    return rng.integers(0, 256, (64, 96, 3), dtype=np.uint8)


def test_it_is_the_mean_of_four_predictions_turned_back(
    make_model: MakeModel, image: np.ndarray
) -> None:
    model = make_model()
    expected = np.mean(
        [
            probabilities(model, image),
            probabilities(model, image[:, ::-1])[..., ::-1],
            probabilities(model, image[::-1])[..., ::-1, :],
            probabilities(model, image[::-1, ::-1])[..., ::-1, ::-1],
        ],
        axis=0,
    )

    found = probabilities(model, image, flips=True)
    assert np.abs(found - probabilities(model, image)).max() > 0.01
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_tiles_give_what_the_whole_plane_gives(
    make_model: MakeModel, image: np.ndarray
) -> None:
    model = make_model()
    whole = probabilities(model, image, flips=True)

    tiled = probabilities(model, image, flips=True, tile=32)
    np.testing.assert_allclose(tiled, whole, atol=1e-5)


def test_a_symmetric_network_is_unchanged(
    threshold_model: Callable[..., SegmentationModel], image: np.ndarray
) -> None:
    model = threshold_model(ClassScheme.from_names(["dark", "bright"]))

    np.testing.assert_allclose(
        probabilities(model, image, flips=True), probabilities(model, image), atol=1e-6
    )


def test_what_is_mirrored_is_predicted_mirrored(
    make_model: MakeModel, image: np.ndarray
) -> None:
    model = make_model()

    np.testing.assert_allclose(
        probabilities(model, image[:, ::-1], flips=True),
        probabilities(model, image, flips=True)[..., ::-1],
        atol=1e-6,
    )


def test_volumes_are_mirrored_within_their_planes(rng: np.random.Generator) -> None:
    scheme = ClassScheme.from_names(["a", "b"])
    model = new_model(
        scheme, channels=1, architecture="unet3d", arguments={"filters": 2}
    )
    volume = rng.integers(0, 256, (16, 32, 32), dtype=np.uint8)

    found = probabilities(model, volume, flips=True)
    np.testing.assert_allclose(
        probabilities(model, volume[:, ::-1], flips=True)[..., ::-1, :],
        found,
        atol=1e-5,
    )
