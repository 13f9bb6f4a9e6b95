"""Small widgets, and listening for as long as one lives."""

from __future__ import annotations

import pytest
from psygnal import Signal
from qtpy.compat import isalive
from qtpy.QtCore import QSettings
from qtpy.QtWidgets import QFileDialog, QLabel, QVBoxLayout, QWidget

from napari_imageseg.panels import parts


class Speaker:
    """Something with a signal."""

    said = Signal(str)


class Listener(QWidget):
    """Counts what it hears."""

    def __init__(self, speaker: Speaker) -> None:
        super().__init__()
        self.heard: list[str] = []
        parts.listen(self, speaker.said, self._on_said)

    def _on_said(self, words: str) -> None:
        self.heard.append(words)


def test_a_widget_hears_until_it_is_deleted(qtbot) -> None:
    speaker = Speaker()
    listener = Listener(speaker)
    heard = listener.heard
    speaker.said.emit("one")
    listener.deleteLater()
    qtbot.waitUntil(lambda: not isalive(listener))
    speaker.said.emit("two")

    assert heard == ["one"]
    assert len(speaker.said) == 0


def test_a_long_name_is_cut_in_the_middle_and_whole_in_the_tooltip(qtbot) -> None:
    name = "a_very_long_name_of_a_photograph_" * 5
    label = parts.ElidedLabel(name)
    qtbot.addWidget(label)
    label.resize(120, 20)
    label.show()

    assert label.full_text() == label.toolTip() == name
    assert len(label.text()) < len(name)
    assert "…" in label.text()


def test_a_section_folds_and_has_a_summary(qtbot) -> None:
    body = QWidget()
    QVBoxLayout(body).addWidget(QLabel("inside"))
    section = parts.Section("Images", body, expanded=False)
    qtbot.addWidget(section)
    assert body.isHidden()
    section.set_expanded(expanded=True)
    section.set_summary("3 · 1 done")

    assert not body.isHidden()
    assert section._header.text() == "▾  Images   3 · 1 done"


@pytest.fixture
def preferences(tmp_path, monkeypatch) -> QSettings:
    """Keep what is remembered out of the user's settings."""
    settings = QSettings(str(tmp_path / "own.ini"), QSettings.Format.IniFormat)
    monkeypatch.setattr(parts, "_preferences", lambda: settings)
    return settings


def test_the_folder_used_last_is_offered_next(
    qtbot, preferences, photos, monkeypatch
) -> None:
    offered = []

    def choose(parent, title: str, folder: str, *_) -> tuple[list[str], str]:
        offered.append(folder)
        return [str(photos / "plot_1.png")], ""

    monkeypatch.setattr(QFileDialog, "getOpenFileNames", choose)
    parts.ask_files(None)

    assert parts.ask_files(None) == [photos / "plot_1.png"]
    assert offered[1] == str(photos)


def test_a_cancelled_dialogue_is_nothing(qtbot, preferences, monkeypatch) -> None:
    nothing = lambda *_: ("", "")  # noqa: E731
    monkeypatch.setattr(QFileDialog, "getOpenFileName", nothing)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", nothing)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")

    assert parts.ask_open(None, "Open", "*") is None
    assert parts.ask_save(None, "Save", "x", "*") is None
    assert parts.ask_folder(None) == []
