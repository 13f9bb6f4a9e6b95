"""What can be done with a class as a whole: its place, merging, removal."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from qtpy.QtGui import QAction  # type: ignore[attr-defined]  # no stub
from qtpy.QtWidgets import QApplication, QMenu, QMessageBox, QWidget

from napari_imageseg.panels.parts import swatch
from napari_imageseg.session import Session

UP, DOWN = "Alt+Up", "Alt+Down"


class ClassMenu(QMenu):
    """The menu of one class; it is filled when it opens.

    Parameters
    ----------
    session
        Whose classes.
    label
        The class.
    parent
        Where it belongs.
    """

    def __init__(self, session: Session, label: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._label = label
        self.setToolTipsVisible(True)
        self.aboutToShow.connect(self.fill)

    def fill(self) -> None:
        """List what is possible now."""
        self.clear()
        editor, label = self._session.class_editor, self._label
        scheme = self._session.classes.scheme
        up = self._add("Move up", partial(editor.move, label, label - 1), UP)
        down = self._add("Move down", partial(editor.move, label, label + 1), DOWN)
        up.setEnabled(label > 1)
        down.setEnabled(label < len(scheme))
        merge = self.addMenu("Merge into")
        for other in scheme:
            if other.id == label:
                continue
            action = merge.addAction(swatch(other.colour), other.name)
            action.triggered.connect(
                partial(_do, partial(editor.merge, label, other.id))
            )
        self.addSeparator()
        delete = self._add("Delete…", self.ask_removal)
        for action in (merge.menuAction(), delete):
            action.setEnabled(len(scheme) > 2)
            if len(scheme) <= 2:
                action.setToolTip("There are at least two classes.")

    def ask_removal(self) -> None:
        """Take the class away; ask first where something is annotated with it."""
        editor, label = self._session.class_editor, self._label
        pixels = editor.annotated_pixels(label)
        if not pixels or self._is_sure(pixels):
            editor.remove(label)

    def _add(self, text: str, action: Callable[[], object], key: str = "") -> QAction:
        added = self.addAction(f"{text}\t{key}" if key else text)
        added.triggered.connect(partial(_do, action))
        return added

    def _is_sure(self, pixels: int) -> bool:
        name = self._session.classes.scheme[self._label].name
        known = self._session.images.known  # undo may bring those off the list back
        images = sum(item.counts[self._label] > 0 for item in known)
        many = "s" if images > 1 else ""
        told = (
            "1 pixel in {where} is annotated as {name}. It will not be annotated any "
            "more. Undo brings it back."
            if pixels == 1
            else "{pixels:,} pixels in {where} are annotated as {name}. They will not "
            "be annotated any more. Undo brings them back."
        )
        where = f"{images} image{many}"
        question = told.format(pixels=pixels, where=where, name=name)
        answer = QMessageBox.question(self.parentWidget(), f"Delete {name}?", question)
        return answer == QMessageBox.StandardButton.Yes


def take_in_name() -> None:
    """Let a name that is just being typed count."""
    field = QApplication.focusWidget()
    if field is not None:
        field.clearFocus()


def _do(action: Callable[[], object], _: bool = False) -> None:  # noqa: FBT001, FBT002
    take_in_name()
    action()
