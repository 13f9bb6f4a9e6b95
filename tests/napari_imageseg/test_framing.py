"""A frame around the place to look at, and the way there."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_imageseg.framing import Framer
from napari_imageseg.items import ImageItem
from napari_imageseg.layers import LayerBook
from napari_imageseg.viewing import camera_of

UNDECIDED = 127


@pytest.fixture
def viewer(ready) -> ViewerModel:
    """Return a viewer without a window, which shows a session and its frames."""
    viewer = ViewerModel()
    book = LayerBook(viewer, ready)
    framer = Framer(viewer, ready)
    yield viewer
    framer.close()
    book.close()


def corner(value: int = UNDECIDED, **space) -> ImageItem:
    """Return an image that is undecided in its lower right square only."""
    pixels = np.zeros((512, 512, 3), np.uint8)
    pixels[256:, 256:] = value
    return ImageItem(name="plot", pixels=pixels, **space)


def frames(viewer: ViewerModel) -> list[str]:
    return [layer.name for layer in viewer.layers if "look here" in layer.name]


def test_the_view_goes_to_the_place_and_a_frame_is_around_it(viewer, ready) -> None:
    ready.images.add(corner())
    active = viewer.layers.selection.active
    ready.advisor.go()

    frame = viewer.layers["plot · look here"]
    assert frame.data[0].min(0).tolist() == [255.5, 255.5]
    assert frame.data[0].max(0).tolist() == [511.5, 511.5]
    assert camera_of(viewer).center[-2:] == (383.5, 383.5)
    assert camera_of(viewer).zoom == pytest.approx(450 / 256)
    assert viewer.layers.selection.active is active
    assert viewer.layers.index(frame) == len(viewer.layers) - 1


def test_a_frame_lies_where_its_image_lies(viewer, ready) -> None:
    ready.images.add(corner(scale=(0.5, 0.5), translate=(10.0, 20.0)))
    ready.advisor.go()

    assert camera_of(viewer).center[-2:] == (10 + 383.5 / 2, 20 + 383.5 / 2)
    assert camera_of(viewer).zoom == pytest.approx(450 / 128)


def test_in_a_stack_the_slice_is_shown(viewer, ready) -> None:
    pixels = np.zeros((4, 32, 32, 3), np.uint8)
    pixels[2] = UNDECIDED
    ready.images.add(ImageItem(name="stack", pixels=pixels, axes="ZYXC"))
    viewer.dims.set_point(0, 0)
    ready.advisor.go()

    assert viewer.dims.current_step[0] == 2
    assert len(frames(viewer)) == 1


def test_a_frame_waits_for_its_image_and_goes_with_it(
    viewer, ready, tmp_path, make_item
) -> None:
    ready.images.add(make_item("sure"))
    ready.images.add(corner())
    ready.images.select(ready.images.items[0])
    ready.advisor.go()

    assert frames(viewer) == ["plot · look here"]
    ready.images.step(1)
    assert frames(viewer) == []


def test_a_frame_can_be_taken_off(viewer, ready) -> None:
    ready.images.add(corner())
    ready.advisor.go()
    ready.advisor.forget_place()

    assert frames(viewer) == []


def test_a_frame_that_was_deleted_is_no_matter(viewer, ready) -> None:
    ready.images.add(corner())
    ready.advisor.go()
    viewer.layers.remove("plot · look here")
    ready.advisor.go()

    assert frames(viewer) == ["plot · look here"]
    assert len(ready.images) == 1


def test_in_three_dimensions_the_view_stays(viewer, ready) -> None:
    ready.images.add(ImageItem(name="s", pixels=np.full((3, 32, 32), 127, np.uint8)))
    ready.images.current.pixels = np.full((3, 32, 32, 3), UNDECIDED, np.uint8)
    viewer.dims.ndisplay = 3
    before = camera_of(viewer).zoom
    ready.advisor.go()

    assert camera_of(viewer).zoom == before
