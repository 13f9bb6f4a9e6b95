"""A real window under Xvfb, real mouse events, screenshots as artifacts."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("napari", reason="the engine is tested alone, without napari")

from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QAbstractButton, QPushButton, QWidget

from napari_imageseg.__main__ import open_docks
from napari_imageseg.sessions import room_of

ROOT = Path(__file__).parents[2]
Point = tuple[float, float]
KINDS = ("image", "prediction", "annotation")


class Desk:
    """A viewer with both docks, and the hands to work with it."""

    def __init__(self, viewer: Any, qtbot: Any, artifacts: Path) -> None:
        self.viewer = viewer
        self.qtbot = qtbot
        self.artifacts = artifacts
        self.segment, self.density = open_docks(viewer)
        self.room = room_of(viewer)
        self.session = self.room.session
        self.errors: list[str] = []
        self.session.messages.failed.connect(self._note)
        for runner in self.room.lanes:
            runner.failed.connect(self._note)

    def _note(self, title: str, error: Exception) -> None:
        self.errors.append(f"{title}: {error}")

    def wait(self, seconds: float = 60) -> None:
        """Let the event loop run until nothing is being done."""
        self.qtbot.waitUntil(lambda: not self.room.busy, timeout=round(1000 * seconds))
        QTest.qWait(50)

    def click(self, widget: QAbstractButton) -> None:
        """Press a button with the mouse; it must be there and enabled."""
        assert widget.isEnabled(), f"{widget.text()} is greyed out"
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton)
        QTest.qWait(20)

    def paint(self, layer: Any, points: Sequence[Point]) -> None:
        """Drag the left button over the canvas through (row, column) points."""
        canvas = self.viewer.window._qt_viewer.canvas
        node = canvas.layer_to_visual[layer].node

        def at(point: Point) -> QPoint:
            x, y, _, w = node.get_transform("visual", "canvas").map(
                [point[1] + 0.5, point[0] + 0.5, 0, 1]
            )
            return QPoint(round(x / w), round(y / w))

        native = canvas.native
        QTest.mouseMove(native, at(points[0]))
        QTest.qWait(20)
        left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QTest.mousePress(native, left, none, at(points[0]))
        for start, stop in pairwise(points):
            for share in np.linspace(0.1, 1, 10):
                step = [a + (b - a) * share for a, b in zip(start, stop, strict=True)]
                QTest.mouseMove(native, at((step[0], step[1])))
                QTest.qWait(5)
        QTest.mouseRelease(native, left, none, at(points[-1]))
        QTest.qWait(50)

    def layer(self, kind: str) -> Any:
        """Return the current ``image``, its ``prediction`` or ``annotation``."""
        name = self.session.images.current.name
        return self.viewer.layers[name if kind == "image" else f"{name} · {kind}"]

    def press(self, owner: QWidget, text: str) -> None:
        """Press the button of a panel that shows this text."""
        self.click(next(b for b in owner.findChildren(QPushButton) if b.text() == text))

    def state(self) -> dict[str, Any]:
        """Return what closing and opening again must not change."""
        layers = {kind: self.layer(kind) for kind in KINDS}
        view = self.room.layers.view()
        camera = view.pop("camera")
        numbers = [*camera["center"], camera["zoom"]]
        items = self.session.images.items
        data = {kind: np.asarray(layer.data) for kind, layer in layers.items()}
        painted, predicted = data["annotation"], data["prediction"]
        data["prediction"] = np.where(painted, painted, predicted)  # as they lie
        return {
            "looks": {k: (v.name, v.visible, v.opacity) for k, v in layers.items()},
            "data": {kind: array.tobytes() for kind, array in data.items()},
            "view": view | {"camera": np.round(numbers, 6).tolist()},
            "table": [(i.name, i.status, i.density and i.density.row()) for i in items],
            "classes": self.session.classes.scheme,
        }

    def screenshot(self, name: str) -> Path:
        """Save the whole window as a picture."""
        QTest.qWait(300)
        path = self.artifacts / f"{name}.png"
        self.viewer.screenshot(str(path), canvas_only=False, flash=False)
        return path


@pytest.fixture(scope="session")
def artifacts() -> Path:
    """Folder for screenshots."""
    folder = Path(os.environ.get("IMAGESEG_ARTIFACTS", ROOT / "artifacts"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(autouse=True)
def _own_preferences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep folders and projects out of the user's settings."""
    monkeypatch.setattr(
        "napari_imageseg.sessions.scratch_home", lambda: tmp_path / "unsaved"
    )
    monkeypatch.setattr(
        "napari_imageseg.panels.parts.last_folder", lambda: str(tmp_path)
    )


@pytest.fixture
def make_desk(
    make_napari_viewer: Callable[..., Any], qtbot: Any, artifacts: Path
) -> Callable[[], Desk]:
    """Open windows of 1280 by 800 with both docks and the bundled model loaded."""

    def make() -> Desk:
        viewer = make_napari_viewer(show=True)
        viewer.window.resize(1280, 800)
        desk = Desk(viewer, qtbot, artifacts)
        desk.wait()
        return desk

    return make


@pytest.fixture
def reopen(make_desk: Callable[[], Desk]) -> Callable[[Path], Desk]:
    """Open a project as napari does, in a new window."""

    def open_again(project: Path) -> Desk:
        desk = make_desk()
        desk.viewer.open(project, plugin="napari-imageseg")
        desk.wait()
        return desk

    return open_again


@pytest.fixture
def desk(make_desk: Callable[[], Desk]) -> Iterator[Desk]:
    """Return such a window; its work is stopped at the end."""
    desk = make_desk()
    yield desk
    desk.session.close()
    desk.wait()
