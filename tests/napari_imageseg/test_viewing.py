"""Where a user looked last, also where others have written it."""

from __future__ import annotations

import pytest
from napari.components import ViewerModel

from napari_imageseg.layers import LayerBook


@pytest.fixture
def viewer() -> ViewerModel:
    """Return a viewer without a window."""
    return ViewerModel()


@pytest.fixture
def book(viewer, ready, make_item):
    """Return the layers of a session whose image is shown in grey."""
    book = LayerBook(viewer, ready)
    item = make_item("plot", bright=2)
    item.pixels = item.pixels[..., 0]
    ready.images.add(item)
    viewer.layers.selection.active = viewer.layers["plot · annotation"]
    yield book
    book.close()


def test_every_part_of_a_view_may_be_damaged(book, ready, damaged, wrong, said) -> None:
    view, opened = book.view(), 0
    for _, told in damaged({"front": view}, wrong):
        ready.projects.opened.emit(told)
        opened += 1
        book.view()

    assert opened > 20
    assert said.errors == []
    ready.projects.opened.emit({"front": view})
    assert book.view() == view


def test_what_another_napari_knows_is_told(book, ready, said) -> None:
    view = book.view()
    view["layers"]["image"] |= {"colormap": "autumn leaves", "gamma": 2.0}
    view["mode"] = "scribble"
    ready.projects.opened.emit({"front": view})

    (note,) = said.notes
    assert "does not know colormap autumn leaves, mode scribble." in note
    assert book.view()["layers"]["image"]["gamma"] == 2.0
