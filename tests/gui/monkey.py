"""A user who does anything at any time, and whoever checks that nothing is lost."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from typing import Any

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QAbstractButton, QApplication, QCheckBox, QComboBox

from imageseg.errors import ImageSegError
from napari_imageseg.docks import DensityDock, SegmentDock

_DIALOGS = ("…", "?", "⋮", "Choose", "Try a sample photograph")
# What may rightly take annotation away.
_FORGETS = {"undo", "redo", "click", "stroke", "edit classes"}


class Monkey:
    """Chooses actions at random and does them.

    Parameters
    ----------
    desk
        Viewer, docks and session.
    seed
        Of the choices.
    """

    def __init__(self, desk: Any, seed: int) -> None:
        self.desk = desk
        self.rng = np.random.default_rng(seed)
        self.done: Counter[str] = Counter()
        self.surprises: list[str] = []
        self._latest: deque[str] = deque(maxlen=8)
        session = desk.session
        session.messages.failed.connect(self._on_failed)
        for lane in desk.room.lanes:
            lane.failed.connect(self._on_failed)
        self.actions: dict[str, tuple[Callable[[], None], int]] = {
            "stroke": (self.stroke, 8),
            "polygon": (self.polygon, 1),
            "click": (self.click, 8),
            "choose": (self.choose, 2),
            "step": (lambda: session.images.step(int(self.rng.choice([-1, 1]))), 3),
            "class": (lambda: session.classes.select(self._int(1, 5)), 3),
            "swap": (session.classes.swap, 1),
            "edit classes": (self.edit_classes, 1),
            "undo": (session.journal.undo, 4),
            "redo": (session.journal.redo, 2),
            "predict": (session.predictor.predict, 2),
            "train": (session.trainer.train, 2),
            "stop": (session.cancel, 2),
            "delete a layer": (self.delete_layer, 2),
            "rename a layer": (self.rename_layer, 2),
            "move a layer": (self.move_layer, 1),
            "select a layer": (self.select_layer, 2),
            "hide a layer": (self.hide_layer, 1),
            "add a layer": (self.add_layer, 1),
            "slice": (self.slice, 2),
            "zoom": (self.zoom, 2),
            "dimensions": (self.dimensions, 1),
            "dock": (self.dock, 1),
            "wait": (lambda: QTest.qWait(self._int(1, 60)), 2),
        }

    def act(self) -> None:
        """Do one thing and let the event loop run."""
        names = list(self.actions)
        weights = np.array([self.actions[name][1] for name in names], float)
        name = str(self.rng.choice(names, p=weights / weights.sum()))
        before = self._annotated()
        self.actions[name][0]()
        QApplication.processEvents()
        self.done[name] += 1
        self._check(name, before)

    def _annotated(self) -> dict[str, int]:
        return {i.name: i.annotated_pixels for i in self.desk.session.images.items}

    def _check(self, name: str, before: dict[str, int]) -> None:
        """Notice annotation that is lost, or counted wrongly."""
        item = self.desk.session.images.current
        held = self.desk.session.classes.busy  # strokes are taken in after the edit
        if not held and item is not None and item.annotation is not None:
            found = np.bincount(item.annotation.ravel(), minlength=256)[1:]
            if not np.array_equal(found, item.counts[1:]):
                self.surprises.append(f"{name}: {item.name} is counted wrongly")
        self._latest.append(name)
        if _FORGETS.intersection(self._latest):  # undo may have to read an image first
            return
        after = self._annotated()
        for image, pixels in before.items():
            if after.get(image, 0) < pixels:
                self.surprises.append(f"{name}: {image} lost annotation")

    def _on_failed(self, title: str, error: Exception) -> None:
        if not isinstance(error, ImageSegError | OSError):
            self.surprises.append(f"{title}: {type(error).__name__} {error}")

    def _int(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high))

    def _layer(self) -> Any:
        layers = list(self.desk.viewer.layers)
        return layers[self._int(0, len(layers))] if layers else None

    def _labels(self) -> Any:
        layers = [x for x in self.desk.viewer.layers if x.visible]  # who paints unseen?
        kinds = [x for x in layers if "·" in x.name and x.editable]
        kinds = [x for x in kinds if hasattr(x, "selected_label")]
        return kinds[self._int(0, len(kinds))] if kinds else None

    def stroke(self) -> None:
        """Paint a line, on the annotation or on the prediction."""
        layer = self._labels()
        if layer is None:
            return
        shape = np.array(layer.data.shape)
        start, stop = (self.rng.integers(0, shape) for _ in range(2))
        steps = np.linspace(start, stop, 20).round().astype(int)
        if layer.ndim > 2:
            steps[:, :-2] = start[:-2]
        with layer.block_history():
            for step in np.unique(steps, axis=0):
                label = layer.selected_label if self.rng.random() < 0.9 else 0
                layer.paint(tuple(step), label)

    def polygon(self) -> None:
        """Paint a triangle."""
        layer = self._labels()
        if layer is not None and layer.ndim == 2:
            corners = self.rng.integers(0, layer.data.shape, (3, 2))
            layer.paint_polygon(corners.tolist(), self._int(1, 3))

    def click(self) -> None:
        """Press any button of the docks that opens no dialog."""
        dock = self.desk.segment if self.rng.random() < 0.9 else self.desk.density
        found = [
            b
            for b in dock.findChildren(QAbstractButton)
            if b.isVisible() and b.isEnabled() and b.text()
            if not any(word in b.text() for word in _DIALOGS)
        ]
        if found:
            button = found[self._int(0, len(found))]
            QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def choose(self) -> None:
        """Take another choice in a list of choices, or set a check box."""
        kinds = (QComboBox, QCheckBox)
        found = [
            w
            for kind in kinds
            for w in self.desk.segment.findChildren(kind)
            if w.isVisible() and w.isEnabled()
        ]
        if not found:
            return
        widget = found[self._int(0, len(found))]
        if isinstance(widget, QCheckBox):
            widget.toggle()
        elif widget.count():
            at = self._int(0, widget.count())
            widget.setCurrentIndex(at)
            widget.activated.emit(at)

    def delete_layer(self) -> None:
        """Take a layer out of the viewer."""
        if (layer := self._layer()) is not None:
            self.desk.viewer.layers.remove(layer)

    def rename_layer(self) -> None:
        """Call a layer something else, maybe by the name of another."""
        if (layer := self._layer()) is not None:
            layer.name = str(
                self.rng.choice(["mine", "plot · annotation", "", "x" * 80])
            )

    def edit_classes(self) -> None:
        """Merge, remove or move a class."""
        editor, count = self.desk.session.class_editor, self._count_classes()
        label, other = (self._int(1, count + 1) for _ in range(2))
        kind = self._int(0, 3)
        if kind == 0 and label != other:
            editor.merge(label, other)
        elif kind == 1 and count > 2:
            editor.remove(label)
        else:
            editor.move(label, other)

    def _count_classes(self) -> int:
        return len(self.desk.session.classes.scheme)

    def move_layer(self) -> None:
        """Put a layer elsewhere."""
        layers = self.desk.viewer.layers
        if len(layers) > 1:
            layers.move(self._int(0, len(layers)), self._int(0, len(layers)))

    def select_layer(self) -> None:
        """Make another layer active, or none."""
        selection = self.desk.viewer.layers.selection
        selection.active = self._layer() if self.rng.random() < 0.8 else None

    def hide_layer(self) -> None:
        """Hide or show a layer."""
        if (layer := self._layer()) is not None:
            layer.visible = not layer.visible

    def add_layer(self) -> None:
        """Add a layer of the user's own."""
        viewer = self.desk.viewer
        if len(viewer.layers) < 12:
            viewer.add_labels(np.zeros((20, 20), np.uint8), name="theirs")

    def slice(self) -> None:
        """Go to another slice."""
        dims = self.desk.viewer.dims
        if dims.ndim > 2:
            dims.set_current_step(0, self._int(0, max(1, int(dims.nsteps[0]))))

    def zoom(self) -> None:
        """Look at another part."""
        viewer = self.desk.viewer
        if self.rng.random() < 0.3:
            viewer.reset_view()
            return
        camera = viewer.scene.camera
        camera.zoom = float(self.rng.uniform(0.5, 6))
        camera.center = tuple(self.rng.uniform(0, 120, 3))

    def dimensions(self) -> None:
        """Look at it in three dimensions for a moment."""
        dims = self.desk.viewer.dims
        dims.ndisplay = 3
        QApplication.processEvents()
        dims.ndisplay = 2

    def dock(self) -> None:
        """Close a dock and open it again."""
        window, desk = self.desk.viewer.window, self.desk
        name, kind = ("segment", SegmentDock), ("density", DensityDock)
        attribute, made = name if self.rng.random() < 0.5 else kind
        old = getattr(desk, attribute)
        window.remove_dock_widget(old)
        old.deleteLater()
        new = made(desk.viewer)
        setattr(desk, attribute, new)
        area = "right" if made is SegmentDock else "bottom"
        window.add_dock_widget(new, name=attribute.title(), area=area)
