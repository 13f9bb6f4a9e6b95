"""A box gives what the whole gives there."""

from __future__ import annotations

import numpy as np
import pytest

from imageseg.classes import ClassScheme
from imageseg.forest import INSTANT
from imageseg.inference import predict_box_task, predict_task
from imageseg.model import new_model
from imageseg.settings import PredictSettings
from imageseg.tasks import drain

SETTINGS = PredictSettings(device="cpu", precision="fp32")
BOXES = {
    "corner": (slice(0, 20), slice(0, 30)),
    "inside": (slice(61, 90), slice(100, 101)),
    "far end": (slice(120, 151), slice(180, 203)),
    "beyond": (slice(120, 400), slice(180, 400)),
    "all": (slice(0, 151), slice(0, 203)),
}


def picture(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("box", BOXES.values(), ids=BOXES)
@pytest.mark.parametrize("normalisation", ["range", "percentile"])
def test_a_box_is_what_the_whole_is_there(make_model, box, normalisation) -> None:
    model = make_model(blocks=2, normalisation=normalisation)
    image = picture(151, 203, 3)
    whole = drain(predict_task(model, image, SETTINGS)).probabilities
    part = drain(predict_box_task(model, image, box, SETTINGS))

    assert whole.std() > 0.01
    np.testing.assert_allclose(
        part.probabilities, whole[(slice(None), *box)], atol=1e-5
    )
    assert part.model == model.spec.name


def test_slices_of_a_stack_are_independent(make_model) -> None:
    model = make_model(channels=1)
    stack = picture(4, 70, 80)
    box = slice(1, 3), slice(10, 30), slice(50, 80)
    whole = drain(predict_task(model, stack, SETTINGS)).probabilities
    part = drain(predict_box_task(model, stack, box, SETTINGS)).probabilities

    assert part.shape == (2, 2, 20, 30)
    np.testing.assert_allclose(part, whole[(slice(None), *box)], atol=1e-5)


def test_little_more_than_the_box_is_computed(make_model) -> None:
    """As many tiles as the box needs, not as the image has."""
    model = make_model(blocks=1)
    image = picture(1024, 1024, 3)
    settings = PredictSettings(device="cpu", precision="fp32", tile=64)
    steps = list(predict_box_task(model, image, BOXES["inside"], settings))

    assert len(steps) <= 9


def test_a_pixel_classifier_answers_for_a_box_too() -> None:
    scheme = ClassScheme.from_names("ab")
    model = new_model(
        scheme, channels=1, architecture="forest", arguments=INSTANT.to_dict()
    )
    image = picture(60, 70)
    box = slice(5, 20), slice(30, 70)
    part = drain(predict_box_task(model, image, box, SETTINGS))

    assert part.probabilities.shape == (2, 15, 40)
