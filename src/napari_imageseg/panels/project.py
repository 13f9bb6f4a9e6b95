"""The project: its name, whether all is saved, and the way to another one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from qtpy.QtCore import QLocale, Qt
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import QMenu, QMessageBox, QPushButton, QWidget

from imageseg.project import is_project, layout_of
from napari_imageseg.panels.parts import (
    ElidedLabel,
    ask_folder,
    button,
    column,
    hint,
    listen,
    recent,
    remember_recent,
    row,
)
from napari_imageseg.session import Session


class ProjectPanel(QWidget):
    """What the work is kept in.

    Parameters
    ----------
    session
        Whose project.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._keeper, self._projects = session.keeper, session.projects
        self.setAcceptDrops(True)
        self._name = ElidedLabel()
        self._state = hint("")
        self._choose = QPushButton("Project")
        self._choose.setToolTip("New, open, save as, recent projects, unsaved work")
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self._fill_menu)
        self._choose.setMenu(self._menu)
        self._save = button(
            "Save as…",
            "Choose a folder for the project; from then on it is saved there by itself",
            self._ask_save,
        )
        self._go_on = button("", "", self._open_unsaved)
        column(
            self,
            self._name,
            self._state,
            row(self._choose, self._save),
            self._go_on,
        )
        listen(self, self._keeper.changed, self._refresh)
        listen(self, self._projects.unsaved_changed, self._refresh)
        listen(self, self._projects.opened, self._on_opened)
        listen(self, self._projects.in_use, self._ask_read_only)
        listen(self, session.images.changed, self._refresh)
        self._refresh()

    def open(self, folder: Path) -> None:
        """Open a project by its folder or its ``project.json``."""
        self._projects.open(layout_of(folder).root)

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: N802  Qt's name
        """Accept projects."""
        if event is not None and _dropped(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802  Qt's name
        """Open the project dropped."""
        folder = _dropped(event) if event is not None else None
        if folder is not None:
            self.open(folder)

    def _fill_menu(self) -> None:
        menu = self._menu
        menu.clear()
        _add(menu, "New project", self._projects.new)
        _add(menu, "Open a project…", self._ask_open)
        recents = menu.addMenu("Recent projects")
        for folder in recent():
            _add(recents, folder.name, partial(self.open, folder), str(folder))
        recents.setEnabled(not recents.isEmpty())
        unsaved = menu.addMenu("Unsaved work")
        for one in self._projects.unsaved:
            _add(unsaved, str(one), partial(self.open, one.folder))
        unsaved.setEnabled(not unsaved.isEmpty())
        menu.addSeparator()
        _add(menu, "Save project as…", self._ask_save)
        locate = _add(menu, "Locate images…", self._ask_locate)
        locate.setEnabled(self._keeper.project is not None)

    def _refresh(self) -> None:
        keeper, unsaved = self._keeper, self._projects.unsaved
        self._name.set_text(keeper.name or "Project without a name")
        if keeper.project is not None:
            self._name.setToolTip(str(keeper.project.folder))
        self._state.setText(self._state_text())
        self._save.setEnabled(bool(self._session.images.items))
        offered = bool(unsaved) and not self._session.images.items
        self._go_on.setVisible(offered)
        if offered:
            self._go_on.setText("Go on with unsaved work")
            self._go_on.setToolTip(str(unsaved[0]))

    def _state_text(self) -> str:
        keeper = self._keeper
        if keeper.read_only:
            return "For reading only: what you change is not saved."
        if keeper.trouble:
            return f"Not saved: {keeper.trouble}"
        if keeper.saved_at is not None:
            form = QLocale.FormatType.ShortFormat
            time = QLocale().toString(keeper.saved_at.time(), form)
            where = "" if keeper.name else " Save it as a project to find it again."
            return f"Saved at {time}.{where}"
        if keeper.project is not None:
            return "All is saved."
        return "What you do is saved by itself."

    def _on_opened(self, _: object) -> None:
        if self._keeper.project is not None and not self._keeper.is_unnamed:
            remember_recent(self._keeper.project.folder)

    def _open_unsaved(self) -> None:
        if self._projects.unsaved:
            self.open(self._projects.unsaved[0].folder)

    def _ask_open(self) -> None:
        for folder in ask_folder(self):
            self.open(folder)

    def _ask_save(self) -> None:
        for folder in ask_folder(self):
            target = self._named(folder)
            self._projects.save_as(target)
            remember_recent(target)

    def _named(self, folder: Path) -> Path:
        """Return an empty folder as it is; in another one the project gets its own."""
        if not any(folder.iterdir()):
            return folder
        target, number = folder / "imageseg project", 2
        while target.exists():
            target, number = folder / f"imageseg project {number}", number + 1
        return target

    def _ask_locate(self) -> None:
        for folder in ask_folder(self):
            self._projects.locate(folder)

    def _ask_read_only(self, folder: Path, error: Exception) -> None:
        """Say that another window has it, and offer to look at it."""
        box = QMessageBox(self)
        box.setWindowTitle("Open project")
        box.setText(str(error))
        box.setModal(False)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        look = box.addButton("Open read-only", QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        look.clicked.connect(lambda: self._projects.open(folder, read_only=True))
        box.show()


def _add(
    menu: QMenu | None, text: str, action: Callable[[], object], tip: str = ""
) -> Any:  # noqa: ANN401  Qt's action
    """Add an entry; Qt's stubs call everything Optional."""
    entry = menu.addAction(text)
    entry.setToolTip(tip or text)
    entry.triggered.connect(lambda _=False: action())
    return entry


def _dropped(event: QDropEvent) -> Path | None:
    """Return the project that is being dropped, if it is one."""
    urls = event.mimeData().urls()
    paths = [Path(url.toLocalFile()) for url in urls]
    return paths[0] if len(paths) == 1 and is_project(paths[0]) else None
