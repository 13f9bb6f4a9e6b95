"""The density table, copied and saved."""

from __future__ import annotations

from io import StringIO

import pandas as pd
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from napari_imageseg.panels.density import DensityPanel


@pytest.fixture
def panel(qtbot, ready) -> DensityPanel:
    """Return the table of a session with a model."""
    panel = DensityPanel(ready)
    qtbot.addWidget(panel)
    return panel


@pytest.fixture
def filled(panel, ready, make_item) -> DensityPanel:
    """Return a table of two images, a quarter and a half of them bright."""
    for name, bright in (("a", 2), ("b", 4)):
        ready.images.add(make_item(name, bright=bright))
    ready.predictor.predict(everything=True)
    return panel


def cell(panel: DensityPanel, row: int, title: str):
    column = [c.title for c in panel.model.columns].index(title)
    return panel.model.data(panel.model.index(row, column), Qt.ItemDataRole.DisplayRole)


def test_an_empty_table_says_how_to_fill_it(panel) -> None:
    assert "Predict an image" in panel._note.text()
    assert not panel.copy_button.isEnabled()
    assert not panel.csv_button.isEnabled()


def test_predictions_fill_the_table(filled) -> None:
    assert filled.model.rowCount() == 2
    assert [cell(filled, row, "bright") for row in (0, 1)] == ["25.0 %", "50.0 %"]
    assert filled._note.text() == "2 images"
    assert filled.copy_button.isEnabled()


def test_titles_and_alignment_suit_numbers(filled) -> None:
    titles = [c.title for c in filled.model.columns]
    at = titles.index("bright")
    align = filled.model.data(
        filled.model.index(0, at), Qt.ItemDataRole.TextAlignmentRole
    )
    header = filled.model.headerData(
        at, Qt.Orientation.Horizontal, Qt.ItemDataRole.DisplayRole
    )

    assert header == "bright"
    assert align & Qt.AlignmentFlag.AlignRight


def test_a_click_on_a_row_goes_to_its_image(filled, ready) -> None:
    filled.table.clicked.emit(filled.model.index(0, 0))

    assert ready.images.current.name == "a"


def test_a_removed_image_leaves_the_table(filled, ready) -> None:
    ready.images.remove(ready.images.items[0])

    assert cell(filled, 0, "image") == "b"
    assert filled.model.rowCount() == 1


def test_the_clipboard_has_the_table(filled) -> None:
    filled.copy_button.click()
    copied = pd.read_csv(StringIO(QApplication.clipboard().text()), sep="\t")

    assert copied["bright_fraction"].tolist() == [0.25, 0.5]


def test_the_file_has_fractions(filled, said, tmp_path) -> None:
    path = tmp_path / "density.csv"
    filled.save(path)

    assert pd.read_csv(path)["bright_fraction"].tolist() == [0.25, 0.5]
    assert said.notes == [f"Table saved as {path}"]


def test_a_table_that_cannot_be_saved_says_so(filled, errands, tmp_path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    filled.save(blocked / "density.csv")

    assert [title for title, _ in errands.failures] == ["Save table"]
