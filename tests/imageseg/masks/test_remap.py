"""Labels take the numbers that an edit of classes gives them."""

from __future__ import annotations

import numpy as np
import pytest

from imageseg.classes import ClassScheme
from imageseg.errors import SettingsError
from imageseg.masks import final_labels, remap_labels

SCHEME = ClassScheme.from_names(["soil", "leaf", "stem", "fruit"])
LABELS = np.array([[0, 1, 2], [3, 4, 4]], np.uint8)


def test_merged_classes_share_a_label_and_those_above_move_down() -> None:
    edit = SCHEME.merge(2, into=3)

    assert edit.after.names == ("soil", "stem", "fruit")
    assert remap_labels(LABELS, edit.mapping).tolist() == [[0, 1, 2], [2, 3, 3]]


def test_a_class_merged_into_one_below_it() -> None:
    edit = SCHEME.merge(4, into=1)

    assert edit.after.names == ("soil", "leaf", "stem")
    assert remap_labels(LABELS, edit.mapping).tolist() == [[0, 1, 2], [3, 1, 1]]


def test_pixels_of_a_removed_class_are_annotated_no_more() -> None:
    edit = SCHEME.without(3)

    assert edit.after.names == ("soil", "leaf", "fruit")
    assert remap_labels(LABELS, edit.mapping).tolist() == [[0, 1, 2], [0, 3, 3]]


def test_the_edit_that_leads_back_leaves_merged_classes_empty() -> None:
    scheme = ClassScheme.from_names(["soil", "grass", "sky"])
    back = scheme.merge(1, into=3).back

    assert (back.before.names, back.after.names) == (("grass", "sky"), scheme.names)
    assert back.mapping == (0, 2, 3)
    assert back.inverse == (0, 0, 1, 2)
    assert scheme.reordered([3, 1, 2]).back.back == scheme.reordered([3, 1, 2])


def test_another_order_is_undone_by_its_inverse() -> None:
    edit = SCHEME.reordered([3, 1, 4, 2])

    assert edit.after.names == ("stem", "soil", "fruit", "leaf")
    there = remap_labels(LABELS, edit.mapping)
    assert there.tolist() == [[0, 2, 4], [1, 3, 3]]
    assert np.array_equal(remap_labels(there, edit.inverse), LABELS)


def test_the_inverse_of_a_merger_leads_to_the_class_that_was_kept() -> None:
    assert SCHEME.merge(2, into=3).inverse == (0, 1, 3, 4)
    assert SCHEME.merge(4, into=1).inverse == (0, 1, 2, 3)


def test_colours_go_with_their_classes() -> None:
    after = SCHEME.reordered([4, 3, 2, 1]).after

    assert [c.colour for c in after] == [c.colour for c in SCHEME][::-1]


def test_labels_without_a_new_number_stay_and_the_array_is_untouched() -> None:
    labels = np.array([0, 1, 200], np.uint8)

    assert remap_labels(labels, (0, 7)).tolist() == [0, 7, 200]
    assert labels.tolist() == [0, 1, 200]


@pytest.mark.parametrize("mapping", [(1, 2), (0, 256), (0, -1)])
def test_what_is_no_mapping_of_labels_is_refused(mapping: tuple[int, ...]) -> None:
    with pytest.raises(SettingsError):
        remap_labels(LABELS, mapping)


def test_edits_that_make_no_sense_are_refused() -> None:
    two = ClassScheme.from_names(["a", "b"])
    for edit in (
        lambda: SCHEME.merge(1, into=1),
        lambda: SCHEME.merge(1, into=5),
        lambda: SCHEME.merge(9, into=1),
        lambda: SCHEME.without(0),
        lambda: SCHEME.reordered([1, 2, 3]),
        lambda: SCHEME.reordered([1, 1, 3, 4]),
        lambda: two.without(1),
        lambda: two.merge(1, into=2),
    ):
        with pytest.raises(SettingsError):
            edit()


def test_what_is_annotated_wins_in_a_copy() -> None:
    prediction = np.array([[1, 2, 1]], np.uint8)
    annotation = np.array([[0, 1, 3]], np.uint8)

    assert final_labels(prediction, annotation).tolist() == [[1, 1, 3]]
    assert prediction.tolist() == [[1, 2, 1]]


def test_strokes_on_slices_without_a_prediction_do_not_count() -> None:
    prediction = np.array([[[0, 0, 0]], [[0, 2, 1]]], np.uint8)
    annotation = np.array([[[1, 1, 0]], [[1, 1, 0]]], np.uint8)

    assert final_labels(prediction, annotation).tolist() == [[[0, 0, 0]], [[1, 1, 1]]]
    assert final_labels(prediction[1], annotation[1]).tolist() == [[1, 1, 1]]


@pytest.mark.parametrize("annotation", [None, np.ones((2, 2), np.uint8)])
def test_without_an_annotation_that_fits_the_prediction_stands(
    annotation: np.ndarray | None,
) -> None:
    prediction = np.array([[1, 2]], np.uint8)

    assert final_labels(prediction, annotation) is prediction
