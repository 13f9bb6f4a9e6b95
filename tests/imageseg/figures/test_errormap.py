"""Error maps count what scikit-learn counts, in colours that everyone tells apart."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, f1_score

from imageseg.classes import ClassScheme
from imageseg.errors import ShapeMismatchError
from imageseg.figures import error_figure, error_map, wrong_class_map

SCHEME = ClassScheme.from_names(["a", "b", "c"])
HIT, FALSE, MISSED, REST, OPEN = "2b2b2b", "d55e00", "3f63ff", "f2f2f2", "9c9c9c"


@pytest.fixture
def truth(rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 4, (30, 40), dtype=np.uint8)


@pytest.fixture
def predicted(rng: np.random.Generator) -> np.ndarray:
    return rng.integers(1, 4, (30, 40), dtype=np.uint8)


def count(picture: np.ndarray, colour: str) -> int:
    return int((picture == list(bytes.fromhex(colour))).all(-1).sum())


@pytest.mark.parametrize("label", [1, 2, 3])
def test_colours_count_the_confusion_matrix(
    truth: np.ndarray, predicted: np.ndarray, label: int
) -> None:
    known = truth > 0
    (tn, fp), (fn, tp) = confusion_matrix(
        truth[known] == label, predicted[known] == label
    )
    picture = error_map(truth, predicted, label)

    assert picture.dtype == np.uint8
    assert [count(picture, c) for c in (HIT, FALSE, MISSED, REST, OPEN)] == [
        *(tp, fp, fn, tn),
        (~known).sum(),
    ]


def test_every_kind_of_pixel_stands_in_its_place() -> None:
    truth = np.array([[2, 2, 1, 1, 0]], np.uint8)
    predicted = np.array([[2, 1, 2, 1, 2]], np.uint8)

    (row,) = error_map(truth, predicted, 2)
    assert [bytes(p).hex() for p in row] == [HIT, MISSED, FALSE, REST, OPEN]


def test_what_the_prediction_leaves_open_is_not_compared() -> None:
    truth, predicted = np.full((1, 2), 2, np.uint8), np.array([[0, 2]], np.uint8)

    (row,) = error_map(truth, predicted, 2)
    assert [bytes(p).hex() for p in row] == [OPEN, HIT]
    assert error_figure(truth, predicted, SCHEME, labels=[2]).texts[0].get_text() == (
        "b: Dice 1.000"
    )


def test_wrong_classes_are_counted(truth: np.ndarray, predicted: np.ndarray) -> None:
    picture = wrong_class_map(truth, predicted)

    assert count(picture, FALSE) == ((truth != predicted) & (truth > 0)).sum()
    assert count(picture, REST) == (truth == predicted).sum()
    assert count(picture, OPEN) == (truth == 0).sum()


def test_there_is_a_map_for_every_class_with_its_dice(
    truth: np.ndarray, predicted: np.ndarray
) -> None:
    known = truth > 0
    dice = f1_score(truth[known], predicted[known], average=None)
    figure = error_figure(truth, predicted, SCHEME)

    texts = [text.get_text() for text in figure.texts]
    assert texts[:3] == [
        f"{name}: Dice {value:.3f}" for name, value in zip("abc", dice, strict=True)
    ]
    assert texts[3:] == [
        "true positive",
        "false positive",
        "false negative",
        "true negative",
        "not annotated",
    ]
    for axes, label in zip(figure.axes, (1, 2, 3), strict=True):
        np.testing.assert_array_equal(
            axes.images[0].get_array(), error_map(truth, predicted, label)
        )


def test_of_two_classes_the_second_is_enough() -> None:
    scheme = ClassScheme.from_names(["off", "on"])
    labels = np.ones((3, 3), np.uint8)
    figure = error_figure(labels, labels, scheme)

    assert len(figure.axes) == 1
    assert figure.texts[0].get_text() == "on: absent"


def test_stacks_and_other_sizes_are_refused() -> None:
    with pytest.raises(ShapeMismatchError, match="Compare planes"):
        error_map(np.ones((2, 3), np.uint8), np.ones((3, 2), np.uint8), 1)
    with pytest.raises(ShapeMismatchError, match="Compare planes"):
        wrong_class_map(np.ones((2, 3, 3), np.uint8), np.ones((2, 3, 3), np.uint8))
