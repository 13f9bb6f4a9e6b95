"""Image, truth, prediction and errors stand side by side."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score

from imageseg.classes import ClassScheme
from imageseg.errors import ShapeMismatchError
from imageseg.figures import (
    Compared,
    comparison_figures,
    error_map,
    wrong_class_map,
)

TWO = ClassScheme.from_names(["leaf", "sky"])
THREE = ClassScheme.from_names(["a", "b", "c"])


def compared(seed: int, classes: int) -> Compared:
    rng = np.random.default_rng(seed)
    return Compared(
        name=f"{seed}.png",
        image=rng.integers(0, 256, (6, 8), dtype=np.uint8),
        truth=rng.integers(0, classes + 1, (6, 8), dtype=np.uint8),
        predicted=rng.integers(1, classes + 1, (6, 8), dtype=np.uint8),
    )


def test_of_two_classes_the_errors_of_the_second_are_shown() -> None:
    item = compared(1, 2)
    known = item.truth > 0
    dice = f1_score(item.truth[known] == 2, item.predicted[known] == 2)
    (page,) = comparison_figures([item], TWO)

    texts = [text.get_text() for text in page.texts]
    assert texts[:4] == ["image", "truth", "prediction", "errors"]
    assert texts[4:7] == ["1.png", "sky", f"Dice {dice:.3f}"]
    np.testing.assert_array_equal(
        page.axes[3].images[0].get_array(), error_map(item.truth, item.predicted, 2)
    )


def test_of_more_classes_wrong_pixels_are_shown() -> None:
    item = compared(2, 3)
    known = item.truth > 0
    dice = f1_score(item.truth[known], item.predicted[known], average="macro")
    (page,) = comparison_figures([item], THREE)

    assert f"mean Dice {dice:.3f}" in [text.get_text() for text in page.texts]
    np.testing.assert_array_equal(
        page.axes[3].images[0].get_array(), wrong_class_map(item.truth, item.predicted)
    )


def test_truth_and_prediction_share_their_colours() -> None:
    item = compared(3, 2)
    (page,) = comparison_figures([item], TWO)

    _, truth, predicted, _ = (axes.images[0].get_array() for axes in page.axes)
    both = (item.truth == item.predicted)[..., None]
    np.testing.assert_array_equal((truth == predicted).all(-1, keepdims=True), both)


@pytest.mark.parametrize(("images", "rows"), [(8, [8]), (9, [8, 1])])
def test_eight_images_fill_a_page(images: int, rows: list[int]) -> None:
    pages = comparison_figures((compared(i, 2) for i in range(images)), TWO)

    assert [len(page.axes) for page in pages] == [4 * n for n in rows]


def test_a_mask_of_another_image_is_refused() -> None:
    item = Compared(
        name="x",
        image=np.zeros((3, 4)),
        truth=np.ones((4, 3), np.uint8),
        predicted=np.ones((3, 4), np.uint8),
    )
    with pytest.raises(ShapeMismatchError, match="one plane"):
        next(comparison_figures([item], TWO))
