"""Layers become images that know their axes and where they lie."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Image, Labels

from napari_imageseg.conversions import item_from, shown_pixels
from napari_imageseg.items import ImageItem
from napari_imageseg.spaces import space


def test_labels_lie_where_a_turned_and_moved_stack_lies() -> None:
    affine = np.array([[1, 0, 0, 4], [0, 1, 0.1, 0], [0, 0, 1, 2], [0, 0, 0, 1.0]])
    layer = Image(
        np.zeros((5, 8, 9), np.uint8),
        scale=(3, 1, 1),
        translate=(1, 2, 3),
        rotate=(0, 0, 30),
        affine=affine,
        axis_labels=("z", "y", "x"),
    )
    item = item_from([layer])
    labels = Labels(np.zeros(item.label_shape, np.uint8), **space(item))

    for point in [(0, 0, 0), (4, 7, 8), (1, 0, 5)]:
        np.testing.assert_allclose(
            labels.data_to_world(point), layer.data_to_world(point)
        )
    assert labels.axis_labels == ("z", "y", "x")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("scale", (1.0, 2.0, 3.0)),
        ("translate", (1.0,)),
        ("units", ("um", "furlongs and more")),
        ("units", ("1", "1")),
        ("axis_labels", ("z", "y", "x")),
        ("rotate", np.eye(3)),
        ("shear", np.zeros(3)),
        ("affine", np.eye(4)),
    ],
)
def test_a_place_that_does_not_suit_an_image_is_left_out(name, value) -> None:
    item = ImageItem(name="plot", pixels=np.zeros((8, 9), np.uint8), scale=(2.0, 2.0))
    setattr(item, name, value)
    labels = Labels(np.zeros((8, 9), np.uint8), **space(item))

    assert name not in space(item)
    assert labels.scale.tolist() == ([1, 1] if name == "scale" else [2, 2])


def test_axis_labels_tell_a_narrow_stack_from_colours() -> None:
    pixels = np.zeros((5, 8, 3), np.float32)
    named = Image(pixels, rgb=False, axis_labels=("z", "y", "x"))

    assert item_from([named]).label_shape == (5, 8, 3)
    assert item_from([Image(pixels, rgb=False)]).label_shape == (5, 8)
    assert item_from([Image(pixels, rgb=True)]).label_shape == (5, 8)


def test_channels_named_by_the_layer_come_first_when_shown() -> None:
    layer = Image(np.zeros((8, 9, 5), np.uint8), axis_labels=("y", "x", "c"))
    item = item_from([layer])

    assert (item.channels, item.label_shape) == (5, (8, 9))
    pixels, rgb = shown_pixels(item)
    assert (pixels.shape, rgb) == ((5, 8, 9), False)
