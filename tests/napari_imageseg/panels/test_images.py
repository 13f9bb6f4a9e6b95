"""The list of images: its texts, its steps, its drops."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from qtpy.QtCore import QMimeData, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QPushButton, QToolButton

from napari_imageseg.ahead import Ahead
from napari_imageseg.items import ImageItem
from napari_imageseg.panels.images import ImagesPanel
from napari_imageseg.workers import TaskRunner


@pytest.fixture
def lane(inline_runner) -> object:
    """Return the lane for thumbnails."""
    return inline_runner()


@pytest.fixture
def ahead(qtbot, ready) -> Ahead:
    """Return what predicts ahead, switched off."""
    ahead = Ahead(ready, TaskRunner(), [])
    yield ahead
    ahead.close()


@pytest.fixture
def panel(qtbot, ready, lane, ahead) -> ImagesPanel:
    """Return the list of a session."""
    panel = ImagesPanel(ready, lane, ahead)
    qtbot.addWidget(panel)
    return panel


def texts(panel: ImagesPanel) -> list[str]:
    model = panel.chosen
    return [model.data(model.index(row, 0)) for row in range(model.rowCount())]


def click(panel: ImagesPanel, kind: type, text: str) -> None:
    next(b for b in panel.findChildren(kind) if b.text() == text).click()


def test_an_empty_list_offers_the_sample(panel, ready) -> None:
    assert not panel._hint.isHidden()
    panel._sample.click()

    assert [item.name for item in ready.images.items] == ["Canopy"]
    assert panel._sample.isHidden()


def test_the_delete_key_takes_images_off_and_one_undo_brings_them_back(
    panel, ready, make_item, qtbot
) -> None:
    for name in "abc":
        ready.images.add(make_item(name))
    painted = ready.images.items[1]
    painted.annotation = np.ones((8, 10), np.uint8)
    painted.count_annotated()
    said: list[str] = []
    ready.messages.notified.connect(said.append)
    panel.view.selectAll()
    panel.view.setCurrentIndex(panel.chosen.index(1, 0))
    panel.show()
    panel.activateWindow()
    panel.view.setFocus()
    qtbot.waitUntil(panel.view.hasFocus)
    qtbot.keyClick(panel.view, Qt.Key.Key_Delete)

    assert [item.name for item in ready.images.items] == ["a", "c"]
    assert said == ["b taken off the list, with its strokes. Undo brings it back."]
    ready.journal.undo()
    assert texts(panel)[1] == "b\n✎ 100.0 % annotated"
    ready.journal.redo()
    assert [item.name for item in ready.images.items] == ["a", "c"]


def test_images_are_listed_with_their_status(panel, ready, make_item) -> None:
    for name in "abc":
        ready.images.add(make_item(name))
    ready.predictor.predict()
    painted, failed, _ = ready.images.items
    painted.ensure_annotation((8, 10))[0] = 1
    ready.annotator.recount(painted)
    failed.error = "no"
    ready.images.item_changed.emit(failed)

    assert texts(panel) == [
        "a\n✎ 12.5 % annotated",
        "b\n⚠ failed",
        "c\n◪ predicted · dark 75.0 %",
    ]
    assert panel._hint.isHidden()


def test_the_title_says_how_many_are_reviewed(panel, ready, make_item) -> None:
    said = []
    panel.summary_changed.connect(said.append)
    ready.images.add(make_item("a"))
    ready.images.add(make_item("b"))
    ready.predictor.predict()
    ready.accept_image()

    assert said[-1] == "2 · 1 reviewed"


def test_the_arrows_step_and_the_list_follows(panel, ready, make_item) -> None:
    for name in "abc":
        ready.images.add(make_item(name))
    click(panel, QToolButton, "›")
    assert ready.images.current.name == "a"
    assert panel._position.text() == "1 / 3"

    click(panel, QToolButton, "‹")
    assert ready.images.current.name == "c"
    assert panel.view.currentIndex().row() == 2


def test_a_click_on_a_line_shows_its_image(panel, ready, make_item) -> None:
    for name in "abc":
        ready.images.add(make_item(name))
    panel.view.clicked.emit(panel.chosen.index(1, 0))

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


def test_the_list_is_searched_and_sorted(panel, ready, make_item) -> None:
    for name in ("plot 10", "plot 2", "edge 1"):
        ready.images.add(make_item(name))
    ready.annotator.review(ready.images.items[0], reviewed=True)

    def names() -> list[str]:
        return [text.split("\n")[0] for text in texts(panel)]

    assert names() == ["plot 10", "plot 2", "edge 1"]
    panel.chosen.sort_by("by name")
    assert names() == ["edge 1", "plot 2", "plot 10"]
    panel.words.setText("PLOT")
    assert names() == ["plot 2", "plot 10"]
    panel.status.setCurrentIndex(panel.status.findData("reviewed"))
    panel.status.activated.emit(panel.status.currentIndex())
    assert names() == ["plot 10"]
    panel.words.clear()
    panel.status.setCurrentIndex(0)
    panel.status.activated.emit(0)
    panel.chosen.sort_by("as opened")
    assert names() == ["plot 10", "plot 2", "edge 1"]


def test_sorting_by_status_follows_what_happens(panel, ready, make_item) -> None:
    for name in "abc":
        ready.images.add(make_item(name))
    panel.chosen.sort_by("by status")
    ready.annotator.review(ready.images.items[0], reviewed=True)

    assert [text[0] for text in texts(panel)] == ["b", "c", "a"]


def test_one_changed_image_changes_one_row(panel, ready, make_item) -> None:
    for name in "abc":
        ready.images.add(make_item(name))
    changed, refilled = [], []
    panel._rows.dataChanged.connect(lambda first, *_: changed.append(first.row()))
    panel._rows.modelReset.connect(lambda: refilled.append(True))
    ready.images.item_changed.emit(ready.images.items[1])

    assert changed == [1]
    assert refilled == []


def test_selected_images_are_predicted_and_reviewed_together(
    panel, ready, make_item
) -> None:
    for name in "abc":
        ready.images.add(make_item(name))
    panel.view.selectAll()
    panel._predict_selected()
    panel._review(reviewed=True)
    assert [item.status for item in ready.images.items] == ["reviewed"] * 3
    assert all(item.prediction is not None for item in ready.images.items)

    panel._review(reviewed=False)
    ready.journal.undo()
    assert sum(item.reviewed for item in ready.images.items) == 1


def test_the_next_that_is_not_reviewed_is_found(panel, ready, said, make_item) -> None:
    for name in "abc":
        ready.images.add(make_item(name))
    a, b, c = ready.images.items
    ready.annotator.review(a, reviewed=True)
    click(panel, QToolButton, "»")
    assert ready.images.current is b
    for item in (b, c):
        ready.annotator.review(item, reviewed=True)
    click(panel, QToolButton, "»")

    assert ready.images.current is b
    assert said.notes == ["All images are reviewed."]


def test_thumbnails_are_made_for_rows_that_are_looked_at(
    qtbot, ready, ahead, held_runner, photos, tmp_path
) -> None:
    lane = held_runner()
    panel = ImagesPanel(ready, lane, ahead)
    qtbot.addWidget(panel)
    ready.images.open_paths([photos])
    (tmp_path / "photos" / "plot_2.png").write_bytes(b"broken")
    rows, ready_for = panel._rows, []
    panel._thumbnails.ready.connect(lambda item: ready_for.append(item.name))
    for row in range(rows.rowCount()):
        rows.data(rows.index(row), Qt.ItemDataRole.DecorationRole)
    assert ready_for == []
    lane.release()
    lane.release()

    assert sorted(ready_for) == ["plot_1", "plot_10", "plot_2"]
    icon = rows.data(rows.index(0), Qt.ItemDataRole.DecorationRole)
    colour = icon.pixmap(10, 10).toImage().pixelColor(2, 9)
    assert colour.red() < 60


def test_thousands_of_rows_ask_for_no_thumbnail_by_themselves(
    qtbot, ready, ahead, held_runner
) -> None:
    lane = held_runner()
    panel = ImagesPanel(ready, lane, ahead)
    qtbot.addWidget(panel)
    ready.images.items += [
        ImageItem(name=f"plot {i}", path=Path(f"plot {i}.png")) for i in range(5000)
    ]
    ready.images.changed.emit()

    assert panel.chosen.rowCount() == 5000
    assert len(panel._thumbnails._wanted) < 50
    panel.words.setText("plot 4999")
    assert panel.chosen.rowCount() == 1


def test_keys_in_the_list_step_and_show(panel, ready, make_item) -> None:
    for name in "abc":
        ready.images.add(make_item(name))
    shown = []
    for key in (Qt.Key.Key_PageDown, Qt.Key.Key_N, Qt.Key.Key_PageUp, Qt.Key.Key_B):
        QTest.keyClick(panel.view, key)
        shown.append(ready.images.current.name)
    assert shown == ["a", "b", "a", "c"]

    QTest.keyClick(panel.view, Qt.Key.Key_Up)
    assert ready.images.current.name == "c"
    QTest.keyClick(panel.view, Qt.Key.Key_Return)
    assert ready.images.current.name == "b"


def test_predicting_ahead_is_switched_here_or_elsewhere(
    panel, ready, ahead, make_item
) -> None:
    ready.images.add(make_item("a"))
    assert panel.ahead_box.isHidden()
    ready.images.add(make_item("b"))
    assert not panel.ahead_box.isHidden()

    panel.ahead_box.click()
    assert ahead.enabled
    ahead.enable(enabled=False)
    assert not panel.ahead_box.isChecked()


def test_the_most_useful_images_come_first(panel, ready) -> None:
    for name, value in (("sure", 0), ("open", 127), ("rather", 112)):
        pixels = np.full((32, 32, 3), value, np.uint8)
        ready.images.add(ImageItem(name=name, pixels=pixels))
    ready.advisor.rank()
    panel.sort.setCurrentText("most useful first")
    panel.sort.textActivated.emit("most useful first")

    assert [text.split("\n")[0] for text in texts(panel)] == ["open", "rather", "sure"]
    tip = panel.chosen.data(panel.chosen.index(0, 0), Qt.ItemDataRole.ToolTipRole)
    assert "expected to change the mean cover by about" in tip


def test_images_that_training_was_judged_on_are_found(panel, ready, make_item) -> None:
    for name in "abc":
        ready.images.add(make_item(name))
    held_out = ready.images.items[1]
    held_out.held_out = True
    ready.images.item_changed.emit(held_out)
    assert texts(panel)[1] == "b\n☐ new · validation"
    panel.status.setCurrentIndex(panel.status.findData("validation"))
    panel.status.activated.emit(panel.status.currentIndex())

    assert texts(panel) == ["b\n☐ new · validation"]
