"""Commands for napari's palette: the buttons without the dock in sight."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari import current_viewer
from napari.utils.notifications import show_warning

from imageseg.project import layout_of
from napari_imageseg.sessions import room_of

if TYPE_CHECKING:
    from napari_imageseg.session import Session


def predict_current() -> None:
    """Predict the image shown."""
    if session := _session():
        session.predictor.predict()


def predict_all() -> None:
    """Predict every image of the list."""
    if session := _session():
        session.predictor.predict(everything=True)


def accept_model() -> None:
    """Use the trained model from now on."""
    if session := _session():
        session.models.accept()


def accept_image() -> None:
    """Annotate the image shown as it is predicted, and mark it reviewed."""
    if (session := _session()) and session.images.current is not None:
        session.annotator.accept(session.images.current)


def undo() -> None:
    """Take back what was done last."""
    if session := _session():
        session.journal.undo()


def redo() -> None:
    """Do again what was taken back."""
    if session := _session():
        session.journal.redo()


def show_hints() -> None:
    """Say what to do next."""
    if session := _session():
        session.messages.hints_wanted.emit()


def train() -> None:
    """Train on what is annotated."""
    if session := _session():
        session.trainer.train()


def cancel() -> None:
    """Stop the running task."""
    if session := _session():
        session.cancel()


def next_image() -> None:
    """Show the next image."""
    if session := _session():
        session.images.step(1)


def previous_image() -> None:
    """Show the image before."""
    if session := _session():
        session.images.step(-1)


def next_to_correct() -> None:
    """Go where a correction is worth most."""
    if session := _session():
        session.advisor.go()


def new_project() -> None:
    """Start an empty project."""
    if session := _session():
        session.projects.new()


def open_project(path: Path) -> None:
    """Open a project, by its folder or its description, in the dock."""
    viewer = current_viewer()
    if viewer is None:
        show_warning("There is no viewer to open a project in. Open napari first.")
        return
    if not room_of(viewer).has_dock:
        viewer.window.add_plugin_dock_widget("napari-imageseg", "Segment")
    room_of(viewer).session.projects.open(layout_of(path).root)


def _session() -> Session | None:
    viewer = current_viewer()
    if viewer is None:
        show_warning("There is no viewer to work in. Open napari first.")
        return None
    return room_of(viewer).session
