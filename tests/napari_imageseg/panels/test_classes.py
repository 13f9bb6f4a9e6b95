"""Choosing, naming and colouring classes."""

from __future__ import annotations

import pytest
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QCheckBox, QColorDialog, QLineEdit, QPushButton

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


def flag(panel: ClassesPanel, text: str, line: int) -> QCheckBox:
    boxes = [
        box
        for box in panel.findChildren(QCheckBox)
        if box.text() == text and not box.isHidden()
    ]
    return sorted(boxes, key=panel._grid.indexOf)[line]


def test_a_class_is_hidden_locked_and_left_out_of_densities(
    panel, ready, make_item
) -> None:
    item = make_item(bright=2)
    ready.images.add(item)
    ready.predictor.predict()
    assert item.density.fractions["bright"] == 0.25
    flag(panel, "Show", 1).click()
    flag(panel, "Lock", 1).click()
    flag(panel, "Skip", 0).click()

    assert ready.classes.hidden == {2}
    assert ready.classes.locked == {2}
    assert item.density.fractions["bright"] == 1
    assert flag(panel, "Skip", 0).isChecked()


def test_the_share_of_what_is_painted_is_told(panel, ready, make_item) -> None:
    item = make_item(bright=2)
    ready.images.add(item)
    ready.predictor.predict()
    assert panel._shares[1].text() == "–"
    ready.annotator.accept(item)

    assert panel._shares[2].text() == "25.0 %"
    assert "20 pixels painted, of 80" in panel._shares[2].toolTip()
