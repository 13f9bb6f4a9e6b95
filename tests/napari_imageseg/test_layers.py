"""What a session looks like in a viewer, and what painting there does."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex
from napari.components import ViewerModel
from napari.layers import Image, Labels

from imageseg.classes import ClassScheme
from napari_imageseg.adopting import can_be_channels
from napari_imageseg.conversions import colormap
from napari_imageseg.items import ImageItem
from napari_imageseg.layers import LayerBook
from napari_imageseg.viewing import camera_of

DARK, BRIGHT = 1, 2


@pytest.fixture
def plot(book, ready, make_item) -> ImageItem:
    """Return an image shown and predicted, its first two of eight rows bright."""
    item = make_item("plot", bright=2)
    ready.images.add(item)
    ready.predictor.predict()
    return item


def stroke(layer: Labels, row: int, label: int) -> None:
    """Paint a row as the mouse does: one stroke, one step of the history."""
    columns = np.arange(layer.data.shape[1])
    with layer.block_history():
        layer.data_setitem((np.full_like(columns, row), columns), label)


def names(viewer: ViewerModel) -> list[str]:
    return [layer.name for layer in viewer.layers]


# -- what is shown ---------------------------------------------------------------


def test_an_image_has_its_annotation_above(viewer, book, ready, make_item) -> None:
    ready.images.add(make_item("plot"))

    assert names(viewer) == ["plot", "plot · annotation"]
    assert viewer.layers["plot"].rgb
    assert viewer.layers["plot · annotation"].data.shape == (8, 10)


def test_the_prediction_comes_between_image_and_annotation(viewer, plot) -> None:
    assert names(viewer) == ["plot", "plot · prediction", "plot · annotation"]
    np.testing.assert_array_equal(
        viewer.layers["plot · prediction"].data, plot.prediction
    )


def test_layers_share_the_sessions_arrays(viewer, plot) -> None:
    assert viewer.layers["plot · annotation"].data is plot.annotation
    assert viewer.layers["plot · prediction"].data is plot.corrected
    assert viewer.layers["plot · prediction"].data is not plot.prediction


def test_a_new_prediction_leaves_the_layer_in_use_active(viewer, plot, ready) -> None:
    for kind in ("prediction", "annotation"):
        viewer.layers.selection.active = viewer.layers[f"plot · {kind}"]
        ready.predictor.predict()
        assert viewer.layers.selection.active is viewer.layers[f"plot · {kind}"]


def test_images_that_lie_alike_are_shown_by_the_same_layers(
    viewer, book, ready, photos
) -> None:
    ready.images.open_paths([photos])
    ready.predictor.predict(everything=True)
    before = list(viewer.layers)
    strokes = viewer.layers["plot_1 · annotation"]
    stroke(strokes, 3, BRIGHT)
    ready.images.step(1)

    assert list(viewer.layers) == before
    assert names(viewer) == ["plot_2", "plot_2 · prediction", "plot_2 · annotation"]
    second = ready.images.current
    assert strokes.data is second.annotation
    np.testing.assert_array_equal(before[0].data, second.pixels)
    stroke(strokes, 5, DARK)
    assert (second.annotated_pixels, ready.images.items[0].annotated_pixels) == (10, 10)
    ready.journal.undo()
    assert second.annotated_pixels == 0


def test_an_image_that_lies_otherwise_has_layers_of_its_own(
    viewer, book, ready, photos, make_item
) -> None:
    ready.images.open_paths([photos])
    old = viewer.layers["plot_1 · annotation"]
    ready.images.add(make_item("fine", scale=(0.5, 0.5)))

    assert viewer.layers["fine · annotation"] is not old
    np.testing.assert_array_equal(viewer.layers["fine · annotation"].scale, [0.5, 0.5])
    assert old not in viewer.layers


def test_labels_lie_above_an_image_that_comes_after_them(
    viewer, plot, ready, make_item
) -> None:
    ready.images.add(make_item("other"))

    assert names(viewer) == ["plot", "other", "other · annotation"]


def test_label_layers_lie_where_the_image_lies(viewer, book, ready, make_item) -> None:
    item = make_item(
        scale=(0.5, 2.0), translate=(3.0, 4.0), units=("micrometer", "micrometer")
    )
    ready.images.add(item)
    ready.predictor.predict()

    assert len(viewer.layers) == 3
    for layer in viewer.layers:
        assert tuple(layer.scale) == (0.5, 2.0)
        assert tuple(layer.translate) == (3.0, 4.0)
        assert [str(unit) for unit in layer.units] == ["micrometer"] * 2


def test_labels_have_the_colours_of_the_classes(viewer, plot, ready) -> None:
    scheme = ready.classes.scheme.changed(2, colour="#ff8800")
    ready.classes.set_scheme(scheme)

    for kind in ("prediction", "annotation"):
        colours = viewer.layers[f"plot · {kind}"].colormap.color_dict
        np.testing.assert_allclose(colours[2], [1, 0x88 / 255, 0, 1], atol=1e-6)
        assert colours[0][3] == colours[None][3] == 0


def test_a_colormap_has_every_class() -> None:
    scheme = ClassScheme.from_names("abc")

    assert set(colormap(scheme).color_dict) == {None, 0, 1, 2, 3}


def test_switching_images_keeps_annotations(viewer, plot, ready, make_item) -> None:
    stroke(viewer.layers["plot · annotation"], 7, BRIGHT)
    ready.images.add(make_item("other"))
    assert "plot · annotation" not in names(viewer)
    ready.images.select(plot)

    assert (viewer.layers["plot · annotation"].data[7] == BRIGHT).all()
    assert plot.annotated_pixels == 10


def test_an_image_of_a_file_leaves_with_its_layers(viewer, book, ready, photos) -> None:
    ready.images.open_paths([photos])
    ready.images.step(1)

    assert names(viewer) == ["plot_2", "plot_2 · annotation"]


def test_removing_the_last_image_leaves_an_empty_viewer(
    viewer, book, ready, photos
) -> None:
    ready.images.open_paths([photos / "plot_1.png"])
    ready.images.remove(ready.images.items[0])

    assert names(viewer) == []


def test_the_brush_is_about_a_hundredth_of_the_image(viewer, book, ready) -> None:
    ready.images.add(ImageItem(name="big", pixels=np.zeros((1000, 2000, 3), np.uint8)))

    assert viewer.layers["big · annotation"].brush_size == 12


def test_a_brush_that_was_chosen_stays_in_hand(viewer, book, ready, make_item) -> None:
    ready.images.add(make_item("a"))
    viewer.layers["a · annotation"].brush_size = 7
    ready.images.add(ImageItem(name="big", pixels=np.zeros((1000, 2000, 3), np.uint8)))
    assert viewer.layers["big · annotation"].brush_size == 7

    ready.predictor.predict()
    assert viewer.layers["big · prediction"].brush_size == 7


def test_when_the_prediction_goes_keys_are_of_the_annotation(
    viewer, plot, ready
) -> None:
    viewer.layers.selection.active = viewer.layers["plot · prediction"]
    ready.journal.undo()

    assert names(viewer) == ["plot", "plot · annotation"]
    assert viewer.layers.selection.active is viewer.layers["plot · annotation"]


def test_the_tool_of_our_active_layer_is_in_hand(viewer, plot, ready) -> None:
    ready.classes.select(1)
    assert ready.appearance.tool == "paint"
    viewer.layers["plot · annotation"].mode = "erase"
    assert ready.appearance.tool == "erase"
    viewer.layers.selection.active = viewer.layers["plot"]
    assert ready.appearance.tool == ""


# -- adopted layers --------------------------------------------------------------


def test_a_selected_layer_becomes_an_image_of_the_session(viewer, book, ready) -> None:
    pixels = np.zeros((8, 10, 3), np.uint8)
    layer = viewer.add_image(
        pixels, name="mine", rgb=True, scale=(2, 3), translate=(1, 1)
    )

    assert book.adopt_selected() == 1
    assert names(viewer) == ["mine", "mine · annotation"]
    assert viewer.layers[0] is layer
    assert tuple(viewer.layers[1].scale) == (2, 3)
    assert tuple(viewer.layers[1].translate) == (1, 1)


def test_an_adopted_layer_that_lies_elsewhere_is_looked_at(viewer, book, ready) -> None:
    grey, far = np.zeros((40, 40), np.uint8), np.zeros((5, 30, 30), np.uint8)
    for pixels, where in ((grey, {}), (far, {"translate": (900, 5000, 7000)})):
        viewer.add_image(pixels, **where)
        book.adopt_selected()
    camera, slider = camera_of(viewer), viewer.dims.point[0]
    assert tuple(camera.center[1:]) == pytest.approx((5014.5, 7014.5))
    assert 900 <= slider <= 904

    ready.images.step(1)
    assert tuple(camera.center[1:]) == pytest.approx((19.5, 19.5))


def test_an_adopted_layer_in_another_unit_is_looked_at(viewer, book, ready) -> None:
    for unit in ("um", "mm"):
        viewer.add_image(np.zeros((41, 41), np.uint8), units=(unit, unit))
        book.adopt_selected()

    assert tuple(camera_of(viewer).center[1:]) == pytest.approx((20_000, 20_000))


def test_a_layer_is_adopted_once(viewer, book, ready) -> None:
    viewer.add_image(np.zeros((8, 10), np.uint8), name="mine")
    book.adopt_selected()
    viewer.layers.selection = {viewer.layers["mine"]}

    assert book.adopt_selected() == 0
    assert len(ready.images) == 1


def test_our_own_layers_and_labels_are_not_adopted(viewer, plot, book, ready) -> None:
    viewer.layers.select_all()

    assert book.adopt_selected() == 0


def test_adopted_layers_stay_when_switching(viewer, book, ready, make_item) -> None:
    layer = viewer.add_image(np.zeros((8, 10, 3), np.uint8), name="mine", rgb=True)
    book.adopt_selected()
    ready.images.add(make_item("other"))

    assert layer in viewer.layers
    assert not layer.visible
    ready.images.select(ready.images.items[0])
    assert layer.visible
    assert names(viewer).count("mine") == 1


def test_channels_from_a_file_lie_where_their_labels_lie(viewer, book, ready) -> None:
    turned = np.array([[0.8, -0.6], [0.6, 0.8]])
    where = {"scale": (0.5, 0.25), "translate": (3, 1), "units": ("um", "um")}
    pixels = np.zeros((8, 10, 2), np.uint8)
    item = ImageItem(name="cells", pixels=pixels, axes="YXC", rotate=turned, **where)
    ready.images.add(item)
    image, labels = viewer.layers["cells"], viewer.layers["cells · annotation"]

    assert image.ndim == 3
    corner = image.data_to_world((1, 7, 9))
    np.testing.assert_allclose(corner[1:], labels.data_to_world((7, 9)), atol=1e-6)


def test_photographs_and_more_channels_have_layers_of_their_own(
    viewer, book, ready, tmp_path
) -> None:
    """Both have their channels last."""
    pixels = {n: np.zeros((8, 10, c), np.uint8) for n, c in (("rgb", 3), ("four", 4))}
    for name, array in pixels.items():
        path = tmp_path / f"{name}.tif"
        ready.images.add(ImageItem(name=name, path=path, pixels=array, axes="YXC"))
    assert viewer.layers["four"].data.shape == (4, 8, 10)

    ready.images.items[0].pixels = pixels["rgb"]
    ready.images.select(ready.images.items[0])
    assert viewer.layers["rgb"].rgb
    strokes = viewer.layers["rgb · annotation"]
    assert strokes.data is ready.images.current.annotation


def test_what_is_on_show_is_not_asked_of_the_layers_of_another_image(
    viewer, book, ready, make_item
) -> None:
    ready.images.add(make_item("flat"))
    assert book.visible_box() is not None
    ready.images.current = ImageItem(name="stack", pixels=np.zeros((3, 8, 10)))

    assert book.visible_box() is None


def test_layers_of_one_size_can_be_channels_of_one_image(
    viewer, book, ready, make_item
) -> None:
    red, green = (
        viewer.add_image(np.full((8, 10), value, np.uint8), name=name)
        for name, value in (("red", 10), ("green", 20))
    )
    viewer.layers.selection = {red, green}
    assert can_be_channels(book.selected())

    assert book.adopt_selected(joined=True) == 1
    image = ready.images.current
    assert (image.channels, image.channel_names) == (2, ("red", "green"))
    ready.images.add(make_item("other"))
    assert [red.visible, green.visible] == [False, False]
    ready.images.select(image)
    assert red.visible
    assert green.visible
    viewer.layers.remove(red)
    assert ready.images.current is image


@pytest.mark.parametrize(
    ("shape", "values"),
    [((8, 9), {}), ((8, 10), {"translate": (0, 5)}), ((8, 10, 3), {"rgb": True})],
)
def test_layers_that_lie_otherwise_are_no_channels(viewer, shape, values) -> None:
    first = viewer.add_image(np.zeros((8, 10), np.uint8))
    second = viewer.add_image(np.zeros(shape, np.uint8), **values)

    assert not can_be_channels([first])
    assert not can_be_channels([first, second])


def test_transparency_is_no_channel_for_the_model(viewer, book, ready) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 10, 4), np.uint8)
    viewer.add_image(pixels, name="mine", rgb=True)
    book.adopt_selected()

    np.testing.assert_array_equal(ready.images.current.pixels, pixels[..., :3])


def test_of_a_multiscale_layer_the_full_size_is_used(viewer, book, ready) -> None:
    full = np.zeros((16, 20, 3), np.uint8)
    viewer.add_image([full, full[::2, ::2]], name="pyramid", multiscale=True, rgb=True)
    book.adopt_selected()

    assert ready.images.current.pixels is not None
    assert viewer.layers["pyramid · annotation"].data.shape == (16, 20)


@pytest.mark.parametrize(
    ("shape", "rgb", "expected"),
    [
        ((4, 8, 10), False, (4, 8, 10)),
        ((4, 8, 10, 3), True, (4, 8, 10)),
        ((8, 10), False, (8, 10)),
    ],
    ids=["stack", "colour stack", "grey"],
)
def test_labels_have_the_shape_of_the_image(
    viewer, book, ready, shape, rgb, expected
) -> None:
    viewer.add_image(np.zeros(shape, np.uint8), name="mine", rgb=rgb)
    book.adopt_selected()

    assert viewer.layers["mine · annotation"].data.shape == expected


def test_a_stack_is_predicted_and_corrected(
    viewer, book, ready, threshold_model
) -> None:
    stack = np.full((3, 8, 10), 20, np.uint8)
    stack[1] = 240
    ready.models.current = threshold_model(ready.classes.scheme, channels=1)
    ready.images.add(ImageItem(name="stack", pixels=stack, scale=(5.0, 1.0, 1.0)))
    ready.predictor.predict()
    layer = viewer.layers["stack · prediction"]
    with layer.block_history():
        layer.data_setitem((np.array([0]), np.array([2]), np.array([3])), BRIGHT)

    item = ready.images.current
    assert tuple(layer.scale) == (5, 1, 1)
    assert item.annotated_pixels == 1
    assert item.annotation[0, 2, 3] == BRIGHT
    assert item.density.fractions["bright"] == 81 / 240


# -- painting --------------------------------------------------------------------


def test_strokes_on_the_annotation_are_counted_and_measured(viewer, plot) -> None:
    stroke(viewer.layers["plot · annotation"], 0, DARK)

    assert plot.annotated_pixels == 10
    assert plot.density.fractions["bright"] == 1 / 8


def test_undo_on_the_annotation_takes_the_stroke_back(viewer, plot) -> None:
    layer = viewer.layers["plot · annotation"]
    stroke(layer, 0, DARK)
    layer.undo()

    assert plot.annotated_pixels == 0
    assert plot.density.fractions["bright"] == 2 / 8


def test_repainting_in_another_class_is_measured_too(viewer, plot) -> None:
    """The number of annotated pixels stays, their classes do not."""
    layer = viewer.layers["plot · annotation"]
    stroke(layer, 0, DARK)
    stroke(layer, 0, BRIGHT)
    assert plot.density.fractions["bright"] == 2 / 8

    layer.undo()
    assert plot.density.fractions["bright"] == 1 / 8


def test_a_polygon_is_counted_at_once(viewer, plot) -> None:
    layer = viewer.layers["plot · annotation"]
    layer.paint_polygon([[0, 0], [0, 5], [5, 5], [5, 0]], DARK)

    assert plot.annotated_pixels == np.count_nonzero(plot.annotation) > 0


def test_looking_around_is_no_painting(viewer, plot, ready) -> None:
    stroke(viewer.layers["plot · annotation"], 0, DARK)
    changes = []
    ready.images.item_changed.connect(changes.append)
    for layer in viewer.layers:
        layer.refresh()

    assert changes == []


def test_a_polygon_on_the_prediction_is_recorded_at_once(viewer, plot) -> None:
    layer = viewer.layers["plot · prediction"]
    layer.paint_polygon([[3, 0], [3, 5], [6, 5], [6, 0]], BRIGHT)

    assert plot.annotated_pixels == np.count_nonzero(layer.data != plot.prediction) > 0


def test_strokes_on_the_prediction_become_annotation(viewer, plot) -> None:
    stroke(viewer.layers["plot · prediction"], 7, BRIGHT)

    assert (plot.annotation[7] == BRIGHT).all()
    assert plot.annotated_pixels == 10
    assert plot.density.fractions["bright"] == 3 / 8
    assert (plot.prediction[7] == DARK).all()


def test_undo_on_the_prediction_takes_the_annotation_back(viewer, plot) -> None:
    layer = viewer.layers["plot · prediction"]
    stroke(layer, 7, BRIGHT)
    layer.undo()
    assert plot.annotated_pixels == 0
    assert plot.density.fractions["bright"] == 2 / 8

    layer.redo()
    assert plot.annotated_pixels == 10


def test_undo_takes_back_a_new_prediction_and_then_the_stroke_before(
    viewer, plot, ready
) -> None:
    stroke(viewer.layers["plot · prediction"], 7, BRIGHT)
    ready.predictor.predict()
    np.testing.assert_array_equal(
        viewer.layers["plot · prediction"].data, plot.prediction
    )
    assert plot.annotated_pixels == 10

    viewer.layers["plot · annotation"].undo()
    assert (viewer.layers["plot · prediction"].data[7] == BRIGHT).all()
    viewer.layers["plot · prediction"].undo()

    np.testing.assert_array_equal(
        viewer.layers["plot · prediction"].data, plot.prediction
    )
    assert plot.annotated_pixels == 0
    assert names(viewer) == ["plot", "plot · prediction", "plot · annotation"]


def test_a_prediction_of_another_image_is_not_shown(
    viewer, plot, ready, make_item
) -> None:
    ready.images.add(make_item("other"))
    ready.predictor.predict_with(ready.models.current, [plot])

    assert "plot · prediction" not in names(viewer)


# -- classes and keys ------------------------------------------------------------


def test_choosing_a_class_makes_the_annotation_the_brushs(viewer, plot, ready) -> None:
    layer = viewer.layers["plot · annotation"]
    layer.visible = False
    viewer.layers.selection.active = viewer.layers["plot"]
    ready.classes.select(2)

    assert viewer.layers.selection.active is layer
    assert layer.mode == "paint"
    assert layer.selected_label == 2
    assert layer.visible


def test_on_an_active_prediction_the_class_is_painted_there(
    viewer, plot, ready
) -> None:
    layer = viewer.layers["plot · prediction"]
    viewer.layers.selection.active = layer
    ready.classes.select(2)

    assert viewer.layers.selection.active is layer
    assert layer.mode == "paint"
    assert layer.selected_label == 2


def test_choosing_a_class_without_an_image_does_nothing(viewer, book, ready) -> None:
    ready.classes.select(2)

    assert names(viewer) == []


def press(layer, key: str) -> None:
    found = {str(k): action for k, action in layer.keymap.items()}
    found[key](layer)


def test_keys_choose_classes_and_images(viewer, plot, ready, make_item) -> None:
    ready.images.add(make_item("other"))
    layer = viewer.layers["other · annotation"]
    press(layer, "2")
    assert ready.classes.label == 2
    press(layer, "X")
    assert ready.classes.label == 1
    press(layer, "N")

    assert ready.images.current is plot


def test_a_key_hides_and_shows_the_prediction(viewer, plot) -> None:
    layer = viewer.layers["plot · annotation"]
    press(layer, "Tab")
    assert not viewer.layers["plot · prediction"].visible
    press(layer, "Tab")
    assert viewer.layers["plot · prediction"].visible


def test_keys_are_bound_on_our_layers_only(viewer, ready, make_item) -> None:
    before = dict(Labels.class_keymap), dict(Image.class_keymap)
    book = LayerBook(viewer, ready)
    ready.images.add(make_item("plot"))
    ready.predictor.predict()
    other = viewer.add_labels(np.zeros((8, 10), np.uint8), name="theirs")

    assert viewer.layers["plot · annotation"].keymap
    assert viewer.layers["plot · prediction"].keymap
    assert not other.keymap
    image = {str(key) for key in viewer.layers["plot"].keymap}
    assert "Ctrl+Z" in image  # undo and steps; what paints stays where it can paint
    assert "1" not in image
    assert not viewer.keymap
    assert (dict(Labels.class_keymap), dict(Image.class_keymap)) == before
    book.close()


# -- layers that come and go -----------------------------------------------------


def test_a_deleted_annotation_reappears_with_its_strokes(
    qtbot, viewer, plot, ready, said
) -> None:
    stroke(viewer.layers["plot · annotation"], 7, BRIGHT)
    del viewer.layers["plot · annotation"]
    qtbot.waitUntil(lambda: said.notes != [])
    assert said.notes == [
        "The annotation of plot is kept. Choose a class to show it again."
    ]
    ready.classes.select(1)

    layer = viewer.layers["plot · annotation"]
    assert (layer.data[7] == BRIGHT).all()
    assert layer.mode == "paint"
    stroke(layer, 6, BRIGHT)
    assert plot.annotated_pixels == 20


def test_of_layers_that_all_go_nothing_is_said(qtbot, viewer, plot, said) -> None:
    """So they go when a window closes."""
    stroke(viewer.layers["plot · annotation"], 7, BRIGHT)
    viewer.layers.clear()
    qtbot.wait(50)

    assert said.notes == []


def test_without_the_annotation_layer_the_prediction_still_records(
    viewer, plot
) -> None:
    del viewer.layers["plot · annotation"]
    stroke(viewer.layers["plot · prediction"], 7, BRIGHT)

    assert plot.annotated_pixels == 10


def test_a_deleted_prediction_comes_back_when_predicted_again(
    viewer, plot, ready
) -> None:
    del viewer.layers["plot · prediction"]
    stroke(viewer.layers["plot · annotation"], 7, BRIGHT)
    ready.predictor.predict()

    assert names(viewer) == ["plot", "plot · prediction", "plot · annotation"]


def test_a_deleted_image_comes_back_when_it_is_chosen(viewer, plot, ready) -> None:
    del viewer.layers["plot"]
    ready.predictor.predict()
    ready.images.select(plot)

    assert sorted(names(viewer)) == ["plot", "plot · annotation", "plot · prediction"]


def test_everything_deleted_is_tolerated(viewer, plot, ready, make_item) -> None:
    viewer.layers.clear()
    ready.predictor.predict()
    ready.classes.select(1)
    ready.images.add(make_item("other"))

    assert names(viewer)[-2:] == ["other", "other · annotation"]


def test_renamed_layers_are_still_ours(viewer, plot, ready, make_item) -> None:
    viewer.layers["plot · annotation"].name = "strokes"
    viewer.layers["plot · prediction"].name = "guess"
    stroke(viewer.layers["strokes"], 7, BRIGHT)
    assert plot.annotated_pixels == 10
    ready.predictor.predict()
    ready.images.add(make_item("other"))

    assert names(viewer) == ["plot", "other", "other · annotation"]


def test_a_closed_book_does_not_listen(viewer, ready, make_item) -> None:
    book = LayerBook(viewer, ready)
    book.close()
    ready.images.add(make_item("plot"))

    assert names(viewer) == []


# -- looks -------------------------------------------------------------------------


def test_a_look_shows_the_prediction_layer_and_later_ones_keep_it(
    viewer, book, ready, make_item
) -> None:
    ready.images.add(make_item("plot", bright=2))
    ready.looker.look(ready.models.current, "instant")
    layer = viewer.layers["plot · prediction"]
    ready.looker.look(ready.models.current, "instant")

    assert viewer.layers["plot · prediction"] is layer
    assert (layer.data[:2] == BRIGHT).all()


def test_the_visible_box_of_a_stack_is_in_the_slice_on_show(
    viewer, book, ready
) -> None:
    stack = np.zeros((5, 20, 30), np.uint8)
    ready.images.add(ImageItem(name="stack", pixels=stack, scale=(2.0, 1.0, 1.0)))
    viewer.dims.set_current_step(0, 3)
    layer = viewer.layers["stack · annotation"]
    layer.corner_pixels = np.array([[0, 4, 0], [0, 11, 29]])

    assert book.visible_box() == (slice(3, 4), slice(4, 12), slice(0, 30))


def test_in_three_dimensions_there_is_no_visible_box(viewer, book, ready) -> None:
    ready.images.add(ImageItem(name="stack", pixels=np.zeros((5, 20, 30), np.uint8)))
    viewer.dims.ndisplay = 3

    assert book.visible_box() is None


# -- other classes ---------------------------------------------------------------


def test_layers_show_the_classes_after_an_edit(viewer, plot, ready) -> None:
    stroke(viewer.layers["plot · annotation"], 0, BRIGHT)
    ready.classes.select(BRIGHT)
    annotation = viewer.layers["plot · annotation"]
    sky = ready.classes.scheme[BRIGHT]
    ready.class_editor.move(BRIGHT, 1)

    assert viewer.layers["plot · annotation"] is annotation
    assert annotation.data is plot.annotation
    assert annotation.data[0].tolist() == [1] * 10
    prediction = viewer.layers["plot · prediction"]
    assert prediction.data is plot.corrected
    assert prediction.data[:, 0].tolist() == [1, 1, 2, 2, 2, 2, 2, 2]
    for layer in (annotation, prediction):
        assert layer.selected_label == 1
        assert to_hex(layer.colormap.map(np.uint8(1))) == sky.colour


def test_strokes_on_both_layers_while_classes_change_are_kept(
    make_session, with_model, viewer, held_runner, inline_runner, make_item
) -> None:
    lane = held_runner()
    session = with_model(make_session(inline_runner(), lane))
    book = LayerBook(viewer, session)
    item = make_item("plot", bright=2)
    session.images.add(item)
    session.predictor.predict()
    lane.release()
    session.class_editor.move(BRIGHT, 1)
    stroke(viewer.layers["plot · annotation"], 3, BRIGHT)
    stroke(viewer.layers["plot · prediction"], 5, BRIGHT)
    assert session.classes.busy
    lane.release()

    assert item.annotation[[3, 5], 0].tolist() == [1, 1]
    assert item.counts[1] == 20
    assert viewer.layers["plot · prediction"].data[:, 0].tolist() == (
        [1, 1, 2, 2, 2, 1, 2, 2]
    )
    session.journal.undo()
    assert item.annotation[:, 0].tolist() == [0, 0, 0, 1, 0, 0, 0, 0]
    assert item.corrected[5].tolist() == [2] * 10
    session.journal.undo()
    session.journal.undo()
    lane.release()
    assert item.corrected[:, 0].tolist() == [2, 2, 1, 1, 1, 1, 1, 1]
    assert not item.annotation.any()
    book.close()
