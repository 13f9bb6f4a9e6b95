"""How label layers are drawn, and what their tools and keys do."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_imageseg.items import ImageItem
from napari_imageseg.layers import LayerBook

DARK, BRIGHT = 1, 2


@pytest.fixture
def viewer(ready) -> ViewerModel:
    """Return a viewer without a window that shows the session."""
    viewer = ViewerModel()
    book = LayerBook(viewer, ready)
    yield viewer
    book.close()


@pytest.fixture
def plot(viewer, ready, make_item) -> ImageItem:
    """Return an image shown and predicted, its first two of eight rows bright."""
    item = make_item("plot", bright=2)
    ready.images.add(item)
    ready.predictor.predict()
    return item


def test_the_prediction_is_drawn_as_wished_and_the_annotation_opaque(
    viewer, plot, ready
) -> None:
    ready.appearance.set(opacity=0.3, contours=True)
    prediction = viewer.layers["plot · prediction"]
    annotation = viewer.layers["plot · annotation"]

    assert prediction.opacity == pytest.approx(0.3)
    assert prediction.contour > 0
    assert annotation.opacity > 0.8
    assert annotation.contour == 0


def test_what_is_hidden_stays_hidden_on_the_next_image(
    viewer, plot, ready, make_item
) -> None:
    ready.appearance.set(annotation=False)
    ready.images.add(make_item("other"))

    assert not viewer.layers["other · annotation"].visible


def test_naparis_eye_is_followed(viewer, plot, ready) -> None:
    viewer.layers["plot · prediction"].visible = False

    assert not ready.appearance.prediction


def test_the_brush_has_one_size_for_both(viewer, plot, ready) -> None:
    ready.appearance.set(brush=17)
    assert viewer.layers["plot · annotation"].brush_size == 17
    viewer.layers["plot · prediction"].brush_size = 5

    assert ready.appearance.brush == 5
    assert viewer.layers["plot · annotation"].brush_size == 5


@pytest.mark.parametrize("tool", ["paint", "erase", "fill", "polygon"])
def test_a_tool_is_taken_in_hand(viewer, plot, ready, tool) -> None:
    ready.appearance.use(tool)

    assert viewer.layers.selection.active is viewer.layers["plot · annotation"]
    assert viewer.layers["plot · annotation"].mode == tool


def test_a_hidden_class_is_transparent_until_it_is_shown(viewer, plot, ready) -> None:
    ready.classes.hide(BRIGHT)
    for kind in ("prediction", "annotation"):
        colours = viewer.layers[f"plot · {kind}"].colormap.color_dict
        assert colours[BRIGHT][3] == 0
        assert colours[DARK][3] == 1
    ready.classes.hide(BRIGHT, hidden=False)

    assert viewer.layers["plot · prediction"].colormap.color_dict[BRIGHT][3] == 1


@pytest.mark.parametrize("kind", ["annotation", "prediction"])
def test_a_polygon_spares_locked_classes(viewer, plot, ready, kind) -> None:
    ready.annotator.accept(plot)
    ready.classes.lock(BRIGHT)
    layer = viewer.layers[f"plot · {kind}"]
    ready.classes.add()
    layer.paint_polygon([[0, 0], [0, 5], [5, 5], [5, 0]], 3)

    assert (layer.data[:2] == BRIGHT).all()
    assert (layer.data[3, 1:4] == 3).all()
    assert plot.counts[3] == np.count_nonzero(plot.annotation == 3)


def test_filling_spares_locked_classes(viewer, plot, ready) -> None:
    ready.annotator.accept(plot)
    ready.classes.lock(BRIGHT)
    layer = viewer.layers["plot · annotation"]
    layer.fill((0, 0), DARK)
    assert (layer.data[:2] == BRIGHT).all()

    ready.classes.lock(BRIGHT, locked=False)
    layer.fill((0, 0), DARK)
    assert (layer.data == DARK).all()
    assert plot.counts[DARK] == 80


def test_the_image_layer_undoes_too(viewer, plot, ready) -> None:
    keys = {str(key): action for key, action in viewer.layers["plot"].keymap.items()}
    assert "1" not in keys
    next(action for key, action in keys.items() if key == "Ctrl+Z")(None)

    assert plot.prediction is None
