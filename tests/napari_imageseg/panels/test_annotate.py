"""Tools, what is shown, acceptance and undo."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QSettings
from qtpy.QtWidgets import QPushButton

from napari_imageseg.panels import parts
from napari_imageseg.panels.annotate import AnnotatePanel


@pytest.fixture
def settings(tmp_path, monkeypatch) -> None:
    """Remember in a file of the test."""
    own = QSettings(str(tmp_path / "own.ini"), QSettings.Format.IniFormat)
    monkeypatch.setattr(parts, "_preferences", lambda: own)


@pytest.fixture
def panel(settings, qtbot, ready) -> AnnotatePanel:
    """Return the tools of a session."""
    panel = AnnotatePanel(ready)
    qtbot.addWidget(panel)
    return panel


def press(panel, text: str) -> None:
    next(b for b in panel.findChildren(QPushButton) if b.text() == text).click()


def test_a_view_and_an_image_are_accepted(panel, ready, make_item) -> None:
    item = make_item()
    ready.images.add(item)
    ready.predictor.predict()
    ready.looker.visible_box = lambda: (slice(0, 3), slice(0, 10))
    press(panel, "Accept view")
    assert item.annotated_pixels == 30
    press(panel, "Accept image")
    assert item.reviewed
    press(panel, "Erase all")
    assert item.annotated_pixels == 0
    press(panel, "Undo")
    press(panel, "Undo")
    assert item.annotated_pixels == 30


def test_nothing_to_accept_is_said(panel, said) -> None:
    press(panel, "Accept view")
    press(panel, "Accept image")

    assert len(said.errors) == 2


def test_undo_names_what_it_takes_back(panel, ready) -> None:
    assert not panel._undo.isEnabled()
    ready.classes.add()
    assert "adding class 3" in panel._undo.toolTip()
    press(panel, "Undo")

    assert not panel._undo.isEnabled()
    assert "adding class 3" in panel._redo.toolTip()


def test_what_is_shown_is_chosen_and_followed(panel, ready) -> None:
    panel._shown.textActivated.emit("Neither")
    assert not ready.appearance.annotation
    assert not ready.appearance.prediction
    ready.appearance.toggle("prediction")

    assert panel._shown.currentText() == "Prediction"


def test_how_predictions_are_drawn_is_remembered(panel, qtbot, session) -> None:
    panel._opacity.setValue(70)
    panel._contours.setChecked(True)
    session.appearance.set(opacity=0.45, contours=False)
    again = AnnotatePanel(session)
    qtbot.addWidget(again)

    assert session.appearance.opacity == pytest.approx(0.7)
    assert session.appearance.contours
    assert again._contours.isChecked()


def test_the_slider_sets_the_brush(panel, ready) -> None:
    panel._brush.setValue(25)

    assert ready.appearance.brush == 25
    assert panel._brush_size.text() == "25 px"


def test_the_tool_in_hand_stays_pressed(panel, session, qtbot) -> None:
    def pressed() -> list[str]:
        return [mode for mode, widget in panel._tools.items() if widget.isChecked()]

    session.appearance.tool_chosen.connect(session.appearance.note_tool)
    assert pressed() == []
    for _ in range(2):
        panel._tools["fill"].click()
        assert pressed() == ["fill"]
    session.appearance.note_tool("erase")
    assert pressed() == ["erase"]
    session.appearance.note_tool("pan_zoom")
    assert pressed() == []
