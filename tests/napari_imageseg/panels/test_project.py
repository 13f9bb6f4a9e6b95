"""The panel says what is saved, and leads to other projects."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QMimeData, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QMessageBox, QPushButton

from imageseg.project import Project
from napari_imageseg.panels import parts
from napari_imageseg.panels import project as module
from napari_imageseg.panels.project import ProjectPanel


class Preferences(dict):
    """Settings that end with the test."""

    def value(self, key: str, default: object) -> object:
        return self.get(key, default)

    def setValue(self, key: str, value: object) -> None:  # noqa: N802  Qt's name
        self[key] = value


@pytest.fixture(autouse=True)
def _preferences(monkeypatch) -> None:
    mine = Preferences()
    monkeypatch.setattr(parts, "_preferences", lambda: mine)


@pytest.fixture
def kept(make_session, with_model, work, errands, tmp_path):
    """Return a session behind which there is a project."""
    return with_model(make_session(work, errands, tmp_path / "home"))


@pytest.fixture
def panel(kept, qtbot):
    """Return its panel."""
    panel = ProjectPanel(kept)
    qtbot.addWidget(panel)
    panel.show()
    return panel


def texts(menu) -> dict:
    menu.aboutToShow.emit()
    return {action.text(): action for action in menu.actions()}


def test_it_says_what_becomes_of_work_without_a_name(panel, kept, photos) -> None:
    assert panel._name.full_text() == "Project without a name"
    assert panel._state.text() == "What you do is saved by itself."
    assert not panel._save.isEnabled()

    kept.images.open_paths([photos])
    kept.keeper.flush()
    assert panel._state.text().startswith("Saved at ")
    assert "Save it as a project" in panel._state.text()
    assert panel._save.isEnabled()


def test_save_as_names_the_project_and_remembers_it(
    panel, kept, photos, tmp_path, monkeypatch
) -> None:
    chosen = tmp_path / "chosen"
    chosen.mkdir()
    monkeypatch.setattr(module, "ask_folder", lambda _: [chosen])
    kept.images.open_paths([photos])
    kept.keeper.flush()
    panel._save.click()

    assert panel._name.full_text() == "chosen"
    assert "Save it" not in panel._state.text()
    recents = texts(panel._menu)["Recent projects"].menu()
    assert [action.text() for action in recents.actions()] == ["chosen"]


def test_a_project_gets_a_folder_of_its_own_among_other_files(
    panel, kept, photos, monkeypatch
) -> None:
    monkeypatch.setattr(module, "ask_folder", lambda _: [photos])
    kept.images.open_paths([photos])
    kept.keeper.flush()
    panel._save.click()

    assert kept.keeper.project.folder == photos / "imageseg project"


def test_unsaved_work_is_one_click_away(panel, kept, photos, tmp_path) -> None:
    assert not panel._go_on.isVisible()
    kept.images.open_paths([photos])
    kept.predictor.predict()
    kept.keeper.flush()
    kept.keeper.finish()
    kept.keeper.home = tmp_path / "home"  # as the next session has it
    kept.images.replace((), None)
    kept.projects.look_for_unsaved()
    assert panel._go_on.isVisible()

    panel._go_on.click()
    assert len(kept.images.items) == 3
    assert not panel._go_on.isVisible()


def test_a_project_dropped_on_the_panel_is_opened(
    panel, kept, photos, tmp_path
) -> None:
    with Project.create(tmp_path / "project", kept.classes.scheme) as project:
        project.add_images(sorted(photos.iterdir()))
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "project"))])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    copy = Qt.DropAction.CopyAction
    panel.dropEvent(QDropEvent(QPointF(5, 5), copy, mime, left, none))

    assert kept.keeper.name == "project"
    assert panel._name.full_text() == "project"


def test_a_project_that_is_open_elsewhere_may_be_looked_at(
    panel, kept, photos, tmp_path
) -> None:
    with Project.create(tmp_path / "project", kept.classes.scheme) as project:
        project.add_images(sorted(photos.iterdir()))
        panel.open(tmp_path / "project")
        (box,) = panel.findChildren(QMessageBox)
        assert "is open elsewhere" in box.text()
        assert not kept.images.items
        look = next(b for b in box.findChildren(QPushButton) if "read" in b.text())
        look.click()

    assert kept.keeper.read_only
    assert panel._state.text() == "For reading only: what you change is not saved."


def test_the_menu_starts_new_projects_and_locates_images(panel, kept, photos) -> None:
    entries = texts(panel._menu)
    assert not entries["Locate images…"].isEnabled()
    assert not entries["Recent projects"].isEnabled()
    kept.images.open_paths([photos])
    kept.keeper.flush()
    entries = texts(panel._menu)
    assert entries["Locate images…"].isEnabled()

    entries["New project"].trigger()
    assert not kept.images.items
