"""Images in the order of what annotating them does to the mean cover."""

from __future__ import annotations

import numpy as np
import pytest

from imageseg.classes import ClassScheme
from imageseg.guidance import ImageSummary, image_table, rank_images, summarise_image
from imageseg.inference import Prediction

TWO = ClassScheme.from_names(["soil", "leaf"])


def predicted(second: np.ndarray) -> Prediction:
    p = np.stack([1 - second, second]).astype(np.float32)
    return Prediction(probabilities=p, scheme=TWO)


def summary(image: str, effect: float) -> ImageSummary:
    return ImageSummary(
        image=image,
        fractions=(0.5, 0.5),
        shifts=(-effect, effect),
        effect=effect,
        uncertain=0.1,
    )


def test_a_summary_holds_fractions_and_their_expected_change() -> None:
    """10 of 100 pixels are leaf; 20 more are so with p = 0.3: +6 of 100."""
    second = np.zeros((10, 10))
    second[0], second[1:3] = 1, 0.3
    own = summarise_image("a", predicted(second), piece=0)

    assert own.fractions == pytest.approx((0.9, 0.1))
    assert own.shifts == pytest.approx((-0.06, 0.06))
    assert own.effect == pytest.approx(0.06)
    assert own.uncertain == pytest.approx(20 * 2 * 0.3 * 0.7 / (100 * 0.5))
    assert own.annotated == 0


def test_what_is_annotated_is_settled() -> None:
    second = np.full((10, 10), 0.3)
    annotated = np.zeros((10, 10), np.uint8)
    annotated[:5] = 2
    own = summarise_image("a", predicted(second), annotated=annotated, piece=0)

    assert own.annotated == pytest.approx(0.5)
    assert own.fractions == pytest.approx((0.5, 0.5))
    assert own.effect == pytest.approx(50 * 0.3 / 100)


def test_a_stack_is_one_image() -> None:
    second = np.zeros((4, 5, 5))
    second[3] = 0.4
    own = summarise_image("stack", predicted(second), piece=0)

    assert own.effect == pytest.approx(0.1)


def test_images_are_ranked_by_what_they_do_to_the_mean() -> None:
    ranked = rank_images(iter([summary("a", 0.02), summary("b", 0.3), summary("c", 0)]))

    assert [r.image for r in ranked] == ["b", "a", "c"]
    assert [r.effect for r in ranked] == pytest.approx([0.1, 0.02 / 3, 0])


def test_no_images_are_ranked_as_none() -> None:
    assert rank_images([]) == []


def test_the_table_names_the_counted_classes() -> None:
    scheme = ClassScheme.from_names(["soil", "glare", "leaf"]).changed(2, excluded=True)
    table = image_table(rank_images([summary("a", 0.02)]), scheme)

    assert table.loc[0, "effect_on_mean"] == pytest.approx(0.02)
    assert table.loc[0, "shift_leaf"] == pytest.approx(0.02)
    assert "fraction_glare" not in table
