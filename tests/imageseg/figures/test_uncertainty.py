"""Uncertainty is 0 where one class is sure and 1 where all are equal."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import entropy

from imageseg.errors import ShapeMismatchError
from imageseg.figures import uncertainty_figure, uncertainty_map


@pytest.fixture
def probabilities(rng: np.random.Generator) -> np.ndarray:
    p = rng.dirichlet(np.ones(4), (5, 7))
    return p.transpose(2, 0, 1).astype(np.float32)


def test_entropy_is_that_of_scipy(probabilities: np.ndarray) -> None:
    expected = entropy(probabilities.astype(float), base=4, axis=0)

    found = uncertainty_map(probabilities, "entropy")
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_lack_of_confidence_is_1_minus_the_largest(probabilities: np.ndarray) -> None:
    expected = (1 - np.sort(probabilities, axis=0)[-1]) / 0.75

    np.testing.assert_allclose(uncertainty_map(probabilities), expected, atol=1e-6)


@pytest.mark.parametrize("measure", ["confidence", "entropy"])
@pytest.mark.parametrize("classes", [2, 3, 11])
def test_the_ends_are_0_and_1(measure: str, classes: int) -> None:
    sure = np.zeros((classes, 1, 1), np.float32)
    sure[1] = 1
    equal = np.full((classes, 1, 1), 1 / classes, np.float32)

    assert uncertainty_map(sure, measure) == pytest.approx(0, abs=1e-6)
    assert uncertainty_map(equal, measure) == pytest.approx(1, abs=1e-6)


def test_the_figure_shows_it_grey_with_a_scale(probabilities: np.ndarray) -> None:
    image = np.zeros((5, 7, 3), np.uint8)
    figure = uncertainty_figure(image, probabilities, name="x.png")

    shown = figure.axes[1].images[0].get_array()
    expected = uncertainty_map(probabilities)[..., None] * 255
    np.testing.assert_allclose(shown, np.repeat(expected, 3, -1), atol=0.51)
    texts = [text.get_text() for text in figure.texts]
    assert texts[0] == "x.png"
    assert texts[2:] == ["uncertainty (lack of confidence)", "0", "1"]


def test_maps_of_another_size_are_refused(probabilities: np.ndarray) -> None:
    with pytest.raises(ShapeMismatchError, match="one plane"):
        uncertainty_figure(np.zeros((7, 5)), probabilities)
