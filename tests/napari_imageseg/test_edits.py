"""What a stroke changed, as napari tells it."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Labels

from napari_imageseg.edits import Edit, edit_of, whole_box


@pytest.fixture
def layer() -> Labels:
    """Return labels in two classes."""
    data = np.ones((12, 16), np.uint8)
    data[6:] = 2
    return Labels(data)


@pytest.fixture
def edits(layer) -> list[Edit]:
    """Return what is painted on the layer from now on."""
    found: list[Edit] = []
    layer.events.paint.connect(lambda e: found.append(edit_of(e.value, layer.data)))
    return found


def check(layer: Labels, before: np.ndarray, edit: Edit) -> None:
    """Make sure that an edit leads from what was to what is, and back."""
    after = layer.data.copy()
    edit.undo(layer.data)
    np.testing.assert_array_equal(layer.data, before)
    edit.redo(layer.data)
    np.testing.assert_array_equal(layer.data, after)
    changed = np.argwhere(before != after)
    corners = [(s.start, s.stop - 1) for s in edit.box]
    assert corners == list(zip(changed.min(0), changed.max(0), strict=True))


def test_a_brush_stroke_over_itself_is_one_edit(layer, edits) -> None:
    before = layer.data.copy()
    layer.selected_label, layer.brush_size = 3, 3
    with layer.block_history():
        for place in ((4, 4), (5, 5), (6, 6), (5, 5)):
            layer.paint(place, 3)
    (edit,) = edits

    check(layer, before, edit)


def test_several_classes_in_one_edit(layer, edits) -> None:
    before = layer.data.copy()
    with layer.block_history():
        layer.data_setitem((np.array([1, 2]), np.array([3, 4])), 3)
        layer.data_setitem((np.array([2, 3]), np.array([4, 5])), 1)
        layer.data_setitem((np.array([2]), np.array([4])), [2])
    (edit,) = edits

    check(layer, before, edit)


def test_a_filled_region_is_an_edit(layer, edits) -> None:
    before = layer.data.copy()
    layer.fill((1, 1), 3)
    (edit,) = edits

    check(layer, before, edit)


def test_a_polygon_is_told_before_it_is_written(layer, edits) -> None:
    before = layer.data.copy()
    layer.paint_polygon([[2, 2], [2, 9], [9, 9], [9, 2]], 3)
    (edit,) = edits

    check(layer, before, edit)


def test_a_stroke_in_a_slice_of_a_stack_is_a_box_of_one_slice() -> None:
    layer = Labels(np.zeros((3, 8, 8), np.uint8))
    found: list[Edit] = []
    layer.events.paint.connect(lambda e: found.append(edit_of(e.value, layer.data)))
    layer.brush_size = 3
    layer.paint((0, 4, 4), 2)
    (edit,) = found

    assert edit.box[0] == slice(0, 1)
    assert edit.counts[2] == np.count_nonzero(layer.data) > 0


def test_counts_are_what_was_added_and_taken() -> None:
    before, after = np.array([[0, 1, 1]], np.uint8), np.array([[2, 1, 2]], np.uint8)
    edit = Edit(whole_box((1, 3)), before, after)

    assert edit.counts[:3].tolist() == [-1, -1, 2]
    assert edit.nbytes == 6


def test_undo_leaves_alone_what_the_edit_did_not_touch() -> None:
    labels = np.array([[5, 2]], np.uint8)
    edit = Edit(
        whole_box((1, 2)), np.array([[1, 1]], np.uint8), np.array([[1, 2]], np.uint8)
    )
    edit.undo(labels)

    assert labels.tolist() == [[5, 1]]
