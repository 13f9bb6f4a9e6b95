"""Choosing, naming and colouring classes."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QAction, QColor
from qtpy.QtWidgets import (
    QApplication,
    QColorDialog,
    QLineEdit,
    QMenu,
    QMessageBox,
    QPushButton,
    QWidget,
)

from imageseg.classes import ClassScheme
from napari_imageseg.panels.class_menu import ClassMenu
from napari_imageseg.panels.classes import ClassesPanel


@pytest.fixture
def panel(qtbot, ready) -> ClassesPanel:
    """Return the classes of a session: dark and bright."""
    panel = ClassesPanel(ready)
    qtbot.addWidget(panel)
    return panel


def fields(panel: ClassesPanel) -> list[QLineEdit]:
    found = [f for f in panel.findChildren(QLineEdit) if not f.isHidden()]
    return sorted(found, key=panel._grid.indexOf)


def test_there_is_a_line_for_every_class(panel) -> None:
    assert [field.text() for field in fields(panel)] == ["dark", "bright"]
    assert panel._group.checkedId() == 1


def test_a_brush_chooses_its_class_and_the_other_way_round(panel, ready) -> None:
    panel._group.button(2).click()
    assert ready.classes.label == 2

    ready.classes.select(1)
    assert panel._group.checkedId() == 1


def test_an_added_class_has_a_line(panel, ready) -> None:
    next(b for b in panel.findChildren(QPushButton) if b.text() == "Add class").click()

    assert [field.text() for field in fields(panel)] == ["dark", "bright", "class 3"]


def test_a_class_is_renamed(panel, ready) -> None:
    field = fields(panel)[1]
    field.setText("sky")
    field.editingFinished.emit()

    assert ready.classes.scheme.names == ("dark", "sky")


@pytest.mark.parametrize("name", ["", "DARK"], ids=["empty", "taken"])
def test_an_impossible_name_is_refused_and_put_back(panel, ready, said, name) -> None:
    field = fields(panel)[1]
    field.setText(name)
    field.editingFinished.emit()

    assert ready.classes.scheme.names == ("dark", "bright")
    assert field.text() == "bright"
    assert [title for title, _ in said.errors] == ["Rename class"]


def test_a_colour_is_chosen(panel, ready, monkeypatch) -> None:
    monkeypatch.setattr(QColorDialog, "getColor", lambda *_: QColor("#ff8800"))
    panel._ask_colour(ready.classes.scheme[2])

    assert ready.classes.scheme[2].colour == "#ff8800"


def test_no_colour_chosen_changes_nothing(panel, ready, monkeypatch) -> None:
    before = ready.classes.scheme
    monkeypatch.setattr(QColorDialog, "getColor", lambda *_: QColor())
    panel._ask_colour(before[2])

    assert ready.classes.scheme is before


def named(panel: ClassesPanel, name: str) -> QWidget:
    """Return what people who do not see it are told under this name."""
    found = [w for w in panel.findChildren(QWidget) if w.accessibleName() == name]
    return next(w for w in found if not w.isHidden())


def test_a_class_is_hidden_locked_and_left_out_of_densities(
    panel, ready, make_item
) -> None:
    item = make_item(bright=2)
    ready.images.add(item)
    ready.predictor.predict()
    assert item.density.fractions["bright"] == 0.25
    named(panel, "Show bright").click()
    named(panel, "Lock bright").click()
    named(panel, "Skip dark").click()

    assert ready.classes.hidden == {2}
    assert ready.classes.locked == {2}
    assert item.density.fractions["bright"] == 1
    assert named(panel, "Skip dark").isChecked()
    assert not named(panel, "Show bright").isChecked()


def test_the_share_of_what_is_painted_is_told(panel, ready, make_item) -> None:
    item = make_item(bright=2)
    ready.images.add(item)
    ready.predictor.predict()
    assert panel._shares[1].text() == "–"
    ready.annotator.accept(item)

    assert panel._shares[2].text() == "25 %"
    assert "20 pixels painted, of 80 in all (25.0 %)" in panel._shares[2].toolTip()


def test_less_than_half_a_percent_is_told_as_such(panel, ready, make_item) -> None:
    ready.images.add(make_item())
    item = ready.images.current
    item.counts[1], item.counts[2] = 1, 999
    ready.images.item_changed.emit(item)

    assert [panel._shares[k].text() for k in (1, 2)] == ["<1 %", "100 %"]


# -- merging, removing, order -------------------------------------------------

THREE = ClassScheme.from_names(["soil", "grass", "sky"])


@pytest.fixture
def shown(qtbot, panel, ready, make_item) -> ClassesPanel:
    """Return the panel in a window, of three classes; the second is painted."""
    ready.classes.set_scheme(THREE)
    ready.images.add(make_item())
    item = ready.images.current
    item.ensure_annotation((8, 10))[0] = 2
    ready.annotator.recount(item)
    panel.resize(300, 200)
    panel.show()
    qtbot.waitExposed(panel)
    panel.activateWindow()
    return panel


def menu_of(panel: ClassesPanel, name: str) -> ClassMenu:
    menu = named(panel, f"More about {name}").menu()
    menu.aboutToShow.emit()
    return menu


def choose(qtbot, menu: QMenu, text: str) -> None:
    """Click an entry of a menu as people do."""
    menu.popup(QPoint(10, 10))
    qtbot.waitUntil(menu.isVisible)
    action = entry(menu, text)
    qtbot.mouseClick(
        menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center()
    )


def entry(menu: QMenu, text: str) -> QAction:
    return next(a for a in menu.actions() if a.text().split("\t")[0] == text)


def test_a_class_is_moved_by_its_menu(qtbot, shown, ready) -> None:
    choose(qtbot, menu_of(shown, "sky"), "Move up")
    qtbot.waitUntil(lambda: len(fields(shown)) == 3)

    assert [field.text() for field in fields(shown)] == ["soil", "sky", "grass"]
    assert ready.images.current.annotation[0].tolist() == [3] * 10


def test_the_ends_move_no_further(shown) -> None:
    assert not entry(menu_of(shown, "soil"), "Move up").isEnabled()
    assert not entry(menu_of(shown, "sky"), "Move down").isEnabled()


def test_a_class_is_merged_by_its_menu(qtbot, shown, ready) -> None:
    merge = entry(menu_of(shown, "grass"), "Merge into").menu()
    assert [action.text() for action in merge.actions()] == ["soil", "sky"]
    choose(qtbot, merge, "sky")

    assert ready.classes.scheme.names == ("soil", "sky")
    assert ready.images.current.annotation[0].tolist() == [2] * 10


@pytest.mark.parametrize("sure", [True, False])
def test_annotated_classes_are_deleted_when_people_are_sure(
    qtbot, shown, ready, monkeypatch, sure
) -> None:
    asked = []

    def question(*args: object) -> QMessageBox.StandardButton:
        asked.append(args[-1])
        buttons = QMessageBox.StandardButton
        return buttons.Yes if sure else buttons.No

    monkeypatch.setattr(QMessageBox, "question", question)
    choose(qtbot, menu_of(shown, "grass"), "Delete…")

    assert "10 pixels in 1 image are annotated as grass" in asked[0]
    assert len(ready.classes.scheme) == (2 if sure else 3)
    assert ready.images.current.annotated_pixels == (0 if sure else 10)
    if sure:
        ready.journal.undo()
        assert ready.images.current.annotation[0].tolist() == [2] * 10


@pytest.mark.parametrize(
    ("pixels", "told"),
    [
        (1, "1 pixel in 1 image is annotated as grass. It will"),
        (2, "2 pixels in 1 image are annotated as grass. They will"),
    ],
)
def test_images_off_the_list_are_counted_too(
    qtbot, shown, ready, monkeypatch, pixels, told
) -> None:
    asked = []

    def question(*args: object) -> QMessageBox.StandardButton:
        asked.append(args[-1])
        return QMessageBox.StandardButton.No

    monkeypatch.setattr(QMessageBox, "question", question)
    item = ready.images.current
    item.annotation[...] = 0
    item.annotation[0, :pixels] = 2
    item.count_annotated()
    ready.remover.remove([item])
    choose(qtbot, menu_of(shown, "grass"), "Delete…")

    assert asked[0].startswith(told)


def test_a_class_without_pixels_is_deleted_unasked(
    qtbot, shown, ready, monkeypatch
) -> None:
    monkeypatch.setattr(QMessageBox, "question", None)
    choose(qtbot, menu_of(shown, "soil"), "Delete…")

    assert ready.classes.scheme.names == ("grass", "sky")


def test_two_classes_stay(panel) -> None:
    menu = menu_of(panel, "dark")

    assert not entry(menu, "Delete…").isEnabled()
    assert not entry(menu, "Merge into").isEnabled()


def test_the_other_button_opens_the_menu(qtbot, shown) -> None:
    brush = shown._group.button(3)
    menu = named(shown, "More about sky").menu()
    brush.customContextMenuRequested.emit(QPoint(2, 2))

    assert menu.isVisible()
    menu.close()


def test_classes_are_moved_by_keyboard(qtbot, shown, ready) -> None:
    field = fields(shown)[2]
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    qtbot.keyClick(field, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert ready.classes.scheme.names == ("soil", "sky", "grass")
    moved = shown._group.button(2)
    qtbot.waitUntil(moved.hasFocus)
    for _ in range(2):  # the second has nowhere to go
        focused = QApplication.focusWidget()
        qtbot.keyClick(focused, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)

    assert ready.classes.scheme.names == ("sky", "soil", "grass")


def test_a_name_being_typed_counts_before_its_class_moves(qtbot, shown, ready) -> None:
    field = fields(shown)[2]
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    field.selectAll()
    qtbot.keyClicks(field, "water")
    qtbot.keyClick(field, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)

    assert ready.classes.scheme.names == ("soil", "water", "grass")


def test_all_is_grey_while_classes_are_changed(shown, ready) -> None:
    ready.classes.set_busy(busy=True)
    assert not fields(shown)[0].isEnabled()

    ready.classes.set_busy(busy=False)
    assert fields(shown)[0].isEnabled()


def test_more_than_nine_classes_scroll(qtbot, shown, ready) -> None:
    bar = shown._lines.verticalScrollBar()
    assert bar.maximum() == 0
    ready.classes.set_scheme(ClassScheme.from_names([f"c{k}" for k in range(9)]))
    qtbot.waitUntil(lambda: shown._lines.height() > 100)
    assert bar.maximum() == 0
    height = shown._lines.height()
    ready.classes.set_scheme(ClassScheme.from_names([f"c{k}" for k in range(12)]))

    qtbot.waitUntil(lambda: bar.maximum() > 0)
    assert shown._lines.height() == height
