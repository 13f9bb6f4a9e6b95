"""Labels and confidence from probabilities."""

from __future__ import annotations

import numpy as np

from imageseg.classes import ClassScheme
from imageseg.inference import Prediction

HALF = np.float32(0.5)


def prediction(second: np.ndarray) -> Prediction:
    """Two classes from the probability of the second."""
    second = np.asarray(second, np.float32)
    return Prediction(
        probabilities=np.stack([1 - second, second]),
        scheme=ClassScheme.from_names(["a", "b"]),
    )


def test_of_two_classes_the_second_is_taken_from_one_half_on() -> None:
    below, above = np.nextafter(HALF, np.float32(0)), np.nextafter(HALF, np.float32(1))

    labels = prediction([[0, below, HALF, above, 1]]).labels
    np.testing.assert_array_equal(labels, [[1, 1, 2, 2, 2]])
    assert labels.dtype == np.uint8


def test_of_more_classes_the_most_probable_is_taken_and_the_first_of_equals() -> None:
    probabilities = np.array(
        [[0.2, 0.5, 0.4], [0.2, 0.3, 0.4], [0.6, 0.2, 0.2]], np.float32
    )[:, None]
    result = Prediction(
        probabilities=probabilities, scheme=ClassScheme.from_names(["a", "b", "c"])
    )

    np.testing.assert_array_equal(result.labels, [[3, 1, 1]])
    assert result.labels.dtype == np.uint8
    np.testing.assert_allclose(result.confidence, [[0.6, 0.5, 0.4]])


def test_confidence_is_the_probability_of_the_label() -> None:
    np.testing.assert_allclose(
        prediction([[0.1, 0.5, 0.8]]).confidence, [[0.9, 0.5, 0.8]]
    )


def test_stacks_keep_their_shape() -> None:
    result = prediction(np.full((3, 4, 5), 0.7))

    assert result.labels.shape == result.confidence.shape == (3, 4, 5)
    assert (result.labels == 2).all()
