"""Training is refused before it starts when there is nothing to learn from."""

from __future__ import annotations

import numpy as np
import pytest

from imageseg.annotations import check_annotations
from imageseg.classes import ClassScheme
from imageseg.errors import NotEnoughAnnotationsError

SCHEME = ClassScheme.from_names(["soil", "leaf", "stone"])


def labels(*values: int) -> np.ndarray:
    return np.array([values], np.uint8)


@pytest.mark.parametrize(
    "arrays",
    [
        [labels(0, 1, 2)],
        [labels(1, 1), labels(0, 3)],
        [labels(0, 0), labels(2, 3)],
        [np.array([[[0, 1]], [[0, 3]]], np.uint8)],
    ],
    ids=["one image", "a class each", "one image empty", "stack"],
)
def test_two_classes_anywhere_are_enough(arrays: list[np.ndarray]) -> None:
    check_annotations(arrays, SCHEME)


@pytest.mark.parametrize("arrays", [[], [labels(0, 0)], [np.zeros((0, 4), np.uint8)]])
def test_nothing_annotated_is_said(arrays: list[np.ndarray]) -> None:
    with pytest.raises(NotEnoughAnnotationsError, match="Nothing is annotated"):
        check_annotations(arrays, SCHEME)


def test_a_single_class_is_named() -> None:
    with pytest.raises(NotEnoughAnnotationsError, match="Only leaf is annotated"):
        check_annotations([labels(0, 2), labels(2, 2)], SCHEME)


@pytest.mark.parametrize("stray", [4, 255])
def test_a_label_without_a_class_is_named(stray: int) -> None:
    with pytest.raises(NotEnoughAnnotationsError, match=f"label {stray}.*3 classes"):
        check_annotations([labels(1, 2, 3, stray)], SCHEME)


def test_a_single_label_without_a_class_is_reported_as_such() -> None:
    with pytest.raises(NotEnoughAnnotationsError, match="label 9"):
        check_annotations([labels(0, 9)], SCHEME)
