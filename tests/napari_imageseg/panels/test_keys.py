"""The window that lists all keys."""

from __future__ import annotations

from qtpy.QtWidgets import QLabel, QWidget

from napari_imageseg.keys import key_table
from napari_imageseg.panels.keys import KeysWindow


def test_every_key_is_listed(qtbot, ready) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    window = KeysWindow(ready, parent)
    texts = {label.text() for label in window.findChildren(QLabel)}

    assert not window.isModal()
    for key in key_table(ready):
        assert {key.shown, key.text} <= texts
