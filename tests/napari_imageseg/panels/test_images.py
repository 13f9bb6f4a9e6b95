"""The list of images: its texts, its steps, its drops."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QMimeData, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QListWidget, QPushButton, QToolButton

from napari_imageseg.panels.images import ImagesPanel


@pytest.fixture
def panel(qtbot, ready) -> ImagesPanel:
    """Return the list of a session."""
    panel = ImagesPanel(ready)
    qtbot.addWidget(panel)
    return panel


def texts(panel: ImagesPanel) -> list[str]:
    (view,) = panel.findChildren(QListWidget)
    return [view.item(row).text() for row in range(view.count())]


def click(panel: ImagesPanel, kind: type, text: str) -> None:
    next(b for b in panel.findChildren(kind) if b.text() == text).click()


def test_an_empty_list_offers_the_sample(panel, ready) -> None:
    assert not panel._hint.isHidden()
    panel._sample.click()

    assert [item.name for item in ready.images.items] == ["Canopy"]
    assert panel._sample.isHidden()


def test_the_delete_key_takes_an_image_off_but_never_its_strokes(
    panel, ready, make_item, qtbot
) -> None:
    ready.images.add(make_item("plain"))
    painted = make_item("painted")
    ready.images.add(painted)
    painted.annotation = np.ones((2, 2), np.uint8)
    painted.count_annotated()
    said: list[str] = []
    ready.messages.notified.connect(said.append)

    panel._remove_current()
    assert "painted is annotated" in said[0]
    ready.images.select(ready.images.items[0])
    panel._remove_current()

    assert [item.name for item in ready.images.items] == ["painted"]


def test_images_are_listed_with_their_status(panel, ready, make_item) -> None:
    for name in "abc":
        ready.images.add(make_item(name))
    ready.predictor.predict()
    painted, failed, _ = ready.images.items
    painted.ensure_annotation((8, 10))[0] = 1
    ready.annotator.recount(painted)
    failed.error = "no"
    ready.images.item_changed.emit(failed)

    assert [text.split()[1:] for text in texts(panel)] == [
        ["a", "annotated"],
        ["b", "failed"],
        ["c", "predicted"],
    ]
    assert panel._hint.isHidden()


def test_the_title_says_how_many_are_done(panel, ready, make_item) -> None:
    said = []
    panel.summary_changed.connect(said.append)
    ready.images.add(make_item("a"))
    ready.images.add(make_item("b"))
    ready.predictor.predict()

    assert said[-1] == "2 · 1 done"


def test_the_arrows_step_and_the_list_follows(panel, ready, make_item) -> None:
    for name in "abc":
        ready.images.add(make_item(name))
    click(panel, QToolButton, "›")
    assert ready.images.current.name == "a"
    assert panel._position.text() == "1 / 3"

    click(panel, QToolButton, "‹")
    assert ready.images.current.name == "c"
    assert panel.findChildren(QListWidget)[0].currentRow() == 2


def test_a_click_on_a_line_shows_its_image(panel, ready, make_item) -> None:
    for name in "abc":
        ready.images.add(make_item(name))
    view = panel.findChildren(QListWidget)[0]
    view.itemClicked.emit(view.item(1))

    assert ready.images.current.name == "b"


def test_files_dropped_are_opened(panel, ready, photos) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(photos / "plot_2.png"))])
    event = QDropEvent(
        QPointF(1, 1),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    panel.dropEvent(event)

    assert [item.name for item in ready.images.items] == ["plot_2"]


def test_a_folder_is_asked_for_and_opened(panel, ready, photos, monkeypatch) -> None:
    monkeypatch.setattr("napari_imageseg.panels.images.ask_folder", lambda _: [photos])
    click(panel, QPushButton, "Folder…")

    assert len(ready.images) == 3


def test_nothing_chosen_opens_nothing(panel, ready, errands, monkeypatch) -> None:
    monkeypatch.setattr("napari_imageseg.panels.images.ask_files", lambda _: [])
    click(panel, QPushButton, "Open…")

    assert errands.titles == []
