"""Images of files are as large in the viewer as their files say."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from napari.layers import Image, Layer

from napari_imageseg.framing import Framer
from napari_imageseg.readers import get_reader
from napari_imageseg.spaces import space
from napari_imageseg.viewing import camera_of

UM = "micrometer"


@pytest.fixture
def write(tmp_path):
    """Write an OME-TIFF whose metadata tifffile makes of what is given."""

    def write(name: str, shape: tuple[int, ...], axes: str, **told: object):
        path = tmp_path / f"{name}.ome.tif"
        pixels = np.arange(np.prod(shape)).reshape(shape).astype(np.uint8)
        metadata = {"axes": axes, **told}
        colours = "rgb" if axes.endswith("S") else "minisblack"
        tifffile.imwrite(path, pixels, photometric=colours, metadata=metadata)
        return path

    return write


def size(x: float, y: float, z: float | None = None, unit: str = "µm") -> dict:
    """Return the words of OME for the sides of a pixel."""
    sides = {"X": x, "Y": y} | ({} if z is None else {"Z": z})
    told = {f"PhysicalSize{axis}": side for axis, side in sides.items()}
    return told | {f"PhysicalSize{axis}Unit": unit for axis in sides}


def lies(layer: Layer) -> tuple[list[float], list[str], tuple[str, ...]]:
    """Return scale, units and names of axes."""
    scale = np.round(np.asarray(layer.scale), 9).tolist()
    return scale, [str(unit) for unit in layer.units], tuple(layer.axis_labels)


def corner(layer: Layer) -> np.ndarray:
    """Return where the last pixel lies."""
    return np.asarray(layer.data_to_world(np.array(layer.data.shape[: layer.ndim]) - 1))


# -- what files tell ---------------------------------------------------------------


def test_all_layers_of_a_stack_are_as_large_as_its_file_says(
    viewer, book, ready, write
) -> None:
    path = write("cells", (5, 20, 30), "ZYX", **size(250, 500, 2000, "nm"))
    with tifffile.TiffFile(path) as tif:
        pixels = tifffile.xml2dict(tif.ome_metadata)["OME"]["Image"]["Pixels"]
    nanometres = [pixels[f"PhysicalSize{axis}"] for axis in "ZYX"]
    ready.images.open_paths([path])
    item = ready.images.current
    item.set_prediction(np.ones((5, 20, 30), np.uint8), "m")
    ready.predictor.predicted.emit(item)

    assert len(viewer.layers) == 3
    for layer in viewer.layers:
        assert lies(layer) == ([2.0, 0.5, 0.25], [UM] * 3, ("z", "y", "x"))
        np.testing.assert_allclose(layer.scale * 1000, nanometres)
        np.testing.assert_allclose(corner(layer), [8, 9.5, 7.25])  # 4·2, 19·½, 29·¼


CASES = {
    "plane": ("YX", (8, 10), size(0.5, 0.25), [0.25, 0.5]),
    "channels": ("ZCYX", (4, 2, 8, 10), size(0.5, 0.5, 3), [3, 0.5, 0.5]),
    "times": ("TYX", (4, 8, 10), size(0.5, 0.5), [1, 0.5, 0.5]),
    "millimetres": ("TZYX", (2, 4, 8, 10), size(2, 2, 7, "mm"), [1, 7, 2, 2]),
    "no distance of slices": ("ZYX", (4, 8, 10), size(0.5, 0.5), [0.5, 0.5, 0.5]),
    "colours": ("YXS", (8, 10, 3), size(0.5, 0.25), [0.25, 0.5]),
}


@pytest.mark.parametrize("case", CASES)
def test_every_axis_has_its_own_size_and_unit(viewer, book, ready, write, case) -> None:
    axes, shape, told, scale = CASES[case]
    ready.images.open_paths([write("cells", shape, axes, **told)])
    shown, annotation = viewer.layers
    unit = "millimeter" if case == "millimetres" else UM
    spatial = axes.strip("S").replace("C", "")
    units = ["pixel" if axis == "T" else unit for axis in spatial]
    names = tuple(spatial.lower())

    assert lies(annotation) == (scale, units, names)
    if "C" in axes:
        assert lies(shown) == ([1, *scale], ["pixel", *units], ("channel", *names))
    else:
        assert lies(shown) == lies(annotation)


def test_a_resolution_of_a_plain_tiff_counts(viewer, book, ready, tmp_path) -> None:
    path = tmp_path / "slide.tif"
    pixels = np.zeros((8, 10), np.uint8)
    resolution = (20_000, 40_000)  # pixels a centimetre: ½ µm and ¼ µm
    tifffile.imwrite(path, pixels, resolution=resolution, resolutionunit="CENTIMETER")
    ready.images.open_paths([path])

    assert lies(viewer.layers[1]) == ([0.25, 0.5], [UM] * 2, ("y", "x"))


def test_an_ome_zarr_is_as_large_as_it_says(viewer, book, ready, tmp_path) -> None:
    zarr = pytest.importorskip("zarr")
    group = zarr.open_group(tmp_path / "cells.zarr", mode="w", zarr_format=2)
    group.create_array("0", shape=(2, 4, 8, 10), dtype="u1")
    names = [("c", "channel"), ("z", "space"), ("y", "space"), ("x", "space")]
    axes = [{"name": name, "type": kind} for name, kind in names]
    for axis in axes[1:]:
        axis["unit"] = "micrometer"
    scale = [{"type": "scale", "scale": [1, 2.5, 0.4, 0.2]}]
    levels = [{"path": "0", "coordinateTransformations": scale}]
    image = {"version": "0.4", "axes": axes, "datasets": levels}
    group.attrs["multiscales"] = [image]
    ready.images.open_paths([tmp_path / "cells.zarr"])

    shown, annotation = viewer.layers
    assert lies(annotation)[:2] == ([2.5, 0.4, 0.2], [UM] * 3)
    assert lies(shown)[:2] == ([1, 2.5, 0.4, 0.2], ["pixel", *[UM] * 3])


def test_a_photograph_without_a_size_stays_in_pixels(
    viewer, book, ready, photos
) -> None:
    ready.images.open_paths([photos])

    plain = Image(np.zeros((8, 10)))
    for layer in viewer.layers:
        assert lies(layer) == lies(plain)


def test_a_stack_without_a_size_has_names_for_its_axes(
    viewer, book, ready, write
) -> None:
    ready.images.open_paths([write("cells", (4, 8, 10), "TYX")])

    assert lies(viewer.layers[0]) == ([1] * 3, ["pixel"] * 3, ("t", "y", "x"))


def test_naparis_menu_opens_files_as_large_as_the_panel_does(
    viewer, book, ready, write
) -> None:
    path = write("cells", (4, 2, 8, 10), "ZCYX", **size(0.5, 0.5, 3))
    ready.images.open_paths([path])
    (data,) = get_reader(str(path))(str(path))
    layer = Layer.create(*data)

    assert lies(layer) == lies(viewer.layers[0])
    np.testing.assert_array_equal(layer.data, viewer.layers[0].data)


# -- looking -----------------------------------------------------------------------


def test_a_volume_is_as_high_as_it_is(viewer, book, ready, write) -> None:
    ready.images.open_paths([write("cells", (5, 20, 20), "ZYX", **size(0.5, 0.5, 4))])
    viewer.dims.ndisplay = 3

    low, high = viewer.layers.extent.world
    np.testing.assert_allclose(high - low, [20 - 4, 9.5, 9.5])


def test_the_visible_box_is_counted_in_pixels(viewer, book, ready, write) -> None:
    ready.images.open_paths([write("cells", (5, 20, 30), "ZYX", **size(0.1, 0.1, 2))])
    viewer.dims.set_current_step(0, 3)
    assert viewer.dims.point[0] == pytest.approx(6)
    viewer.layers[1].corner_pixels = np.array([[0, 4, 0], [0, 11, 29]])

    assert book.visible_box() == (slice(3, 4), slice(4, 12), slice(0, 30))


def test_beside_hidden_layers_in_nanometres_the_slice_is_the_same(
    viewer, book, ready, write
) -> None:
    """The world of napari 0.9 is then in nanometres."""
    units = ("nm",) * 3
    mine = np.zeros((9, 20, 30), np.uint8)
    viewer.add_image(mine, name="mine", scale=(500, 100, 100), units=units)
    book.adopt_selected()
    ready.images.open_paths([write("cells", (5, 20, 30), "ZYX", **size(0.1, 0.1, 2))])
    labels = viewer.layers[f"{ready.images.current.name} · annotation"]
    nanometres = [str(unit) for unit in viewer.dims.units] == ["nanometer"] * 3
    viewer.dims.set_point(0, 6000 if nanometres else 6)
    labels.corner_pixels = np.array([[0, 4, 0], [0, 11, 29]])

    assert book.visible_box() == (slice(3, 4), slice(4, 12), slice(0, 30))
    height = 20 * (100 if nanometres else 0.1)
    assert camera_of(viewer).center[-2] == pytest.approx(height * 9.5 / 20)


def test_each_image_fills_the_view(viewer, book, ready, write, photos) -> None:
    fine = write("fine", (400, 400), "YX", **size(0.01, 0.01))
    coarse = write("coarse", (400, 400), "YX", **size(5, 5))
    zooms = []
    for path in (fine, coarse):
        ready.images.open_paths([path])
        zooms.append(camera_of(viewer).zoom)
        centre = np.array(camera_of(viewer).center[-2:])
        np.testing.assert_allclose(centre, corner(viewer.layers[1]) / 2)

    assert zooms[0] / zooms[1] == pytest.approx(500)


def test_hidden_layers_take_no_room(viewer, book, ready, write) -> None:
    mine = np.zeros((1000, 1000), np.uint8)
    ready.images.open_paths([write("fine", (100, 100), "YX", **size(0.1, 0.1))])
    alone = camera_of(viewer).zoom
    viewer.add_image(mine, name="mine")
    book.adopt_selected()
    assert camera_of(viewer).center[-2:] == (499.5, 499.5)
    ready.images.step(-1)

    assert ready.images.current.path is not None
    assert camera_of(viewer).zoom == pytest.approx(alone, rel=0.01)
    assert camera_of(viewer).center[-2:] == pytest.approx((4.95, 4.95))


def test_the_frame_lies_on_its_place(viewer, book, ready, tmp_path) -> None:
    framer = Framer(viewer, ready)
    pixels = np.zeros((512, 512, 3), np.uint8)
    pixels[256:, 256:] = 127  # undecided
    path = tmp_path / "plot.ome.tif"
    metadata = {"axes": "YXS", **size(0.5, 0.5)}
    tifffile.imwrite(path, pixels, photometric="rgb", metadata=metadata)
    ready.images.open_paths([path])
    ready.advisor.go()
    framer.close()

    assert camera_of(viewer).center[-2:] == (383.5 / 2, 383.5 / 2)
    assert camera_of(viewer).zoom == pytest.approx(450 / 128)
    frame = next(layer for layer in viewer.layers if "look here" in layer.name)
    assert lies(frame) == ([0.5, 0.5], [UM] * 2, ("y", "x"))


# -- changing images ---------------------------------------------------------------


def test_images_of_one_size_share_layers_and_others_do_not(
    viewer, book, ready, write
) -> None:
    paths = [
        write("1", (8, 10), "YX", **size(0.5, 0.5)),
        write("2", (8, 12), "YX", **size(0.5, 0.5)),
        write("3", (8, 12), "YX", **size(0.25, 0.25)),
    ]
    ready.images.open_paths(paths)
    first = list(viewer.layers)
    ready.images.step(1)
    assert list(viewer.layers) == first
    ready.images.step(1)

    assert not set(viewer.layers) & set(first)
    assert lies(viewer.layers[1])[0] == [0.25, 0.25]
    ready.images.step(1)
    assert lies(viewer.layers[1])[0] == [0.5, 0.5]


def test_what_a_user_said_of_a_layer_goes_before_its_file(
    viewer, book, ready, write
) -> None:
    ready.images.open_paths([write("cells", (8, 10), "YX", **size(0.5, 0.5))])
    item = ready.images.current
    item.scale, item.units = (2.0, 2.0), ("mm", "mm")
    ready.images.select(item)

    assert lies(viewer.layers[1]) == ([2, 2], ["millimeter"] * 2, ("-2", "-1"))


# -- projects ----------------------------------------------------------------------


def test_a_view_comes_back_where_it_was(viewer, book, ready, write) -> None:
    ready.images.open_paths([write("cells", (40, 40), "YX", **size(0.5, 0.5))])
    camera = camera_of(viewer)
    camera.center, camera.zoom = (0.0, 3.0, 4.0), 20.0
    front = book.view()
    assert front["pixel"] == [0.5, 0.5]
    viewer.reset_view()
    ready.projects.opened.emit({"front": front})

    assert (camera.center[-2:], camera.zoom) == ((3.0, 4.0), 20.0)


def test_a_view_from_before_files_told_their_size_shows_the_same_pixels(
    viewer, book, ready, write
) -> None:
    """The centre was (6, 8) pixels, and ten pixels of the screen showed one."""
    ready.images.open_paths([write("cells", (5, 40, 40), "ZYX", **size(0.5, 0.5, 2))])
    front = {"camera": {"center": [0, 6, 8], "zoom": 10.0}, "step": [3, 0, 0]}
    ready.projects.opened.emit({"front": front})
    camera = camera_of(viewer)

    assert camera.center[-2:] == pytest.approx((3, 4))
    assert camera.zoom == pytest.approx(20)
    assert viewer.dims.current_step[0] == 3
    in_space = {"camera": {"center": [2, 6, 8], "zoom": 10.0}, "ndisplay": 3}
    ready.projects.opened.emit({"front": in_space})
    assert tuple(camera.center) == pytest.approx((4, 3, 4))


def test_a_view_of_a_users_layer_is_in_its_own_units_already(
    viewer, book, ready, make_item
) -> None:
    ready.images.add(make_item(scale=(0.5, 0.5)))
    front = {"camera": {"center": [0, 1.5, 2.0], "zoom": 30.0}}
    ready.projects.opened.emit({"front": front})

    assert camera_of(viewer).center[-2:] == (1.5, 2.0)
    assert camera_of(viewer).zoom == 30


def test_a_project_asks_the_file_for_its_size(
    make_session, with_model, work, errands, write, tmp_path
) -> None:
    path = write("cells", (8, 10), "YX", **size(0.5, 0.5))
    session = with_model(make_session(work, errands, tmp_path / "home"))
    session.images.open_paths([path])
    session.keeper.flush()
    assert not session.keeper.project.images[0].space.scale
    write("cells", (8, 10), "YX", **size(0.25, 0.25))  # calibrated anew
    item = session.images.current
    item.pixels = None
    session.images.select(item)

    assert space(item)["scale"] == (0.25, 0.25)


def test_a_file_that_is_gone_is_kept_with_its_size(
    make_session, with_model, work, errands, write, tmp_path
) -> None:
    path = write("cells", (4, 8, 10), "ZYX", **size(0.5, 0.5, 3))
    session = with_model(make_session(work, errands, tmp_path / "home"))
    session.images.open_paths([path])
    path.unlink()
    session.keeper.flush()
    kept = session.keeper.project.images[0].space

    assert kept.scale == (3, 0.5, 0.5)
    assert kept.units == ("µm",) * 3
