"""The only code that reads or writes the viewer's layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from napari.layers import Image, Labels, Layer

from napari_imageseg.conversions import (
    colormap,
    is_rgb,
    item_from,
    label_shape,
    space,
)
from napari_imageseg.items import ImageItem

if TYPE_CHECKING:
    import napari

    from imageseg.classes import ClassScheme
    from napari_imageseg.session import Session

PREDICTION_OPACITY = 0.45
ANNOTATION_OPACITY = 0.9
_BRUSH_SHARE = 0.012  # of the shorter side
_SMALLEST_BRUSH = 3


class LayerBook:
    """Shows the current image of a session in a viewer, and takes in what is painted.

    An image has up to three layers: the image, ``NAME · prediction`` and
    ``NAME · annotation``. Labels are shared with the session, not copied:
    painting edits the session's arrays in place.

    Parameters
    ----------
    viewer
        napari's viewer.
    session
        Its session.
    """

    def __init__(self, viewer: napari.Viewer, session: Session) -> None:
        self._viewer = viewer
        self._session = session
        self._own: dict[str, Layer] = {}
        self._adopted: WeakKeyDictionary[ImageItem, Layer] = WeakKeyDictionary()
        self._item: ImageItem | None = None
        self._seen: np.ndarray[Any, np.dtype[np.uint8]] | None = None
        self._painted: tuple[int, ...] = ()
        self._changing = False
        self._connect()

    def _connect(self) -> None:
        session = self._session
        session.images.current_changed.connect(self._show)
        session.prediction_changed.connect(self._on_prediction)
        session.classes.changed.connect(self._recolour)
        session.classes.selected.connect(self._choose_brush)
        self._viewer.layers.events.removed.connect(self._on_removed)

    def close(self) -> None:
        """Stop listening; the layers stay."""
        session = self._session
        session.images.current_changed.disconnect(self._show)
        session.prediction_changed.disconnect(self._on_prediction)
        session.classes.changed.disconnect(self._recolour)
        session.classes.selected.disconnect(self._choose_brush)
        self._viewer.layers.events.removed.disconnect(self._on_removed)

    # -- images ---------------------------------------------------------------

    def adopt_selected(self) -> int:
        """Add the selected image layers to the session's images; say how many."""
        own = set(self._adopted.values()) | set(self._own.values())
        layers = [
            layer
            for layer in self._viewer.layers
            if isinstance(layer, Image)
            and layer in self._viewer.layers.selection
            and layer not in own
        ]
        for layer in layers:
            item = item_from(layer)
            self._adopted[item] = layer
            self._session.images.add(item)
        return len(layers)

    def toggle(self, kind: str) -> None:
        """Hide or show the prediction or the annotation."""
        if kind in self._own:
            self._own[kind].visible = not self._own[kind].visible

    def _show(self, item: ImageItem | None) -> None:
        """Replace the layers of the image before by those of this one."""
        self._clear()
        self._item = item
        if item is None or item.pixels is None:
            return
        self._show_image(item)
        if item.corrected is not None:
            self._add_prediction(item)
        self._add_annotation(item)

    def _clear(self) -> None:
        with self._our_change():
            for layer in list(self._own.values()):
                if layer in self._viewer.layers:
                    self._viewer.layers.remove(layer)
        self._own.clear()
        if self._item is not None and self._item in self._adopted:
            self._adopted[self._item].visible = False

    def _show_image(self, item: ImageItem) -> None:
        if item in self._adopted and self._adopted[item] in self._viewer.layers:
            self._adopted[item].visible = True
            return
        pixels = np.asarray(item.pixels)
        layer = self._viewer.add_image(
            pixels,
            name=item.name,
            rgb=is_rgb(pixels),
            **space(item),
        )
        if item.path is None:
            self._adopted[item] = layer
        else:
            self._own["image"] = layer
        self._viewer.reset_view()

    # -- labels ---------------------------------------------------------------

    def _on_prediction(self, item: ImageItem) -> None:
        if item is not self._item:
            return
        layer = self._own.get("prediction")
        with self._our_change():
            if layer is not None and layer in self._viewer.layers:
                self._viewer.layers.remove(layer)
        self._add_prediction(item)

    def _add_prediction(self, item: ImageItem) -> None:
        """Add the prediction below the annotation; a new layer has a clean history."""
        active = self._viewer.layers.selection.active
        corrected = item.corrected
        if corrected is None:
            return
        layer = self._add_labels(item, "prediction", corrected, PREDICTION_OPACITY)
        self._seen = corrected.copy()
        _after_painting(layer, self._on_prediction_painted)
        annotation = self._own.get("annotation")
        if annotation is not None and annotation in self._viewer.layers:
            layers = self._viewer.layers
            layers.move(layers.index(layer), layers.index(annotation))
            layers.selection.active = active if active in layers else annotation

    def _add_annotation(self, item: ImageItem) -> None:
        if item.pixels is None:
            return
        shape = label_shape(item.pixels)
        data = item.ensure_annotation(shape)
        layer = self._add_labels(item, "annotation", data, ANNOTATION_OPACITY)
        self._painted = _painted(data)
        _after_painting(layer, self._on_annotation_painted)
        layer.brush_size = max(_SMALLEST_BRUSH, round(min(shape[-2:]) * _BRUSH_SHARE))

    def _add_labels(
        self,
        item: ImageItem,
        kind: str,
        data: np.ndarray[Any, np.dtype[np.uint8]],
        opacity: float,
    ) -> Labels:
        layer = Labels(
            data,
            name=f"{item.name} · {kind}",
            opacity=opacity,
            colormap=colormap(self._session.classes.scheme),
            **space(item),
        )
        layer.selected_label = self._session.classes.label
        self._bind_keys(layer)
        self._viewer.add_layer(layer)
        self._own[kind] = layer
        return layer

    def _on_annotation_painted(self) -> None:
        item = self._item
        if item is None or self._changing:
            return
        before, self._painted = self._painted, _painted(item.annotation)
        if before != self._painted:
            self._session.annotation_edited(item)

    def _on_prediction_painted(self) -> None:
        """Record what was painted on the prediction, or taken back by undo."""
        item = self._item
        if item is None or self._seen is None or self._changing:
            return
        seen = item.record_corrections(self._seen)
        if seen is self._seen:
            return
        self._seen = seen
        if "annotation" in self._own:
            with self._our_change():
                self._own["annotation"].refresh()
        self._painted = _painted(item.annotation)
        self._session.annotation_edited(item)

    # -- classes --------------------------------------------------------------

    def _recolour(self, scheme: ClassScheme) -> None:
        for layer in self._label_layers():
            layer.colormap = colormap(scheme)
            layer.selected_label = self._session.classes.label

    def _choose_brush(self, label: int) -> None:
        """Paint with a class: on the prediction if that is active, else annotate."""
        item = self._item
        if item is None:
            return
        if "annotation" not in self._own:
            self._add_annotation(item)
        active = self._viewer.layers.selection.active
        target = active if active is self._own.get("prediction") else None
        target = target or self._own["annotation"]
        for layer in self._label_layers():
            layer.selected_label = label
        self._viewer.layers.selection.active = target
        target.visible = True
        target.mode = "paint"

    def _label_layers(self) -> Iterator[Labels]:
        for layer in self._own.values():
            if isinstance(layer, Labels):
                yield layer

    def _bind_keys(self, layer: Labels) -> None:
        """Bind keys on our layer only; napari's own keep their meaning elsewhere."""
        session = self._session
        actions: dict[str, Callable[[], object]] = {
            "X": session.classes.swap,
            "N": partial(session.images.step, 1),
            "B": partial(session.images.step, -1),
            "Tab": partial(self.toggle, "prediction"),
            "Control-Enter": session.predict,
            "Shift-Enter": session.train,
        }
        for label in range(1, 10):
            actions[str(label)] = partial(session.classes.select, label)
        for key, action in actions.items():
            layer.bind_key(key, _ignoring_layer(action), overwrite=True)

    # -- layers that come and go ----------------------------------------------

    def _on_removed(self, event: Any) -> None:  # noqa: ANN401  napari's events are untyped
        """Let go of a layer that the user deleted; the session keeps its data."""
        if self._changing:
            return
        layer = event.value
        for kind in [k for k, own in self._own.items() if own is layer]:
            del self._own[kind]
            if kind == "annotation" and self._item and self._item.annotated_pixels:
                self._session.notified.emit(
                    f"The annotation of {self._item.name} is kept. Choose a class to "
                    "show it again."
                )
        for item in [i for i, own in self._adopted.items() if own is layer]:
            del self._adopted[item]

    @contextmanager
    def _our_change(self) -> Iterator[None]:
        self._changing = True
        try:
            yield
        finally:
            self._changing = False


def _after_painting(layer: Labels, action: Callable[[], None]) -> None:
    """Call back after strokes, polygons, undo and redo.

    napari says `paint` before it writes a polygon; `labels_update` comes after.
    """
    announced = False

    def on_paint() -> None:
        nonlocal announced
        announced = True
        action()

    def on_update() -> None:
        nonlocal announced
        if announced:
            announced = False
            action()

    layer.events.paint.connect(on_paint)
    layer.events.labels_update.connect(on_update)
    layer.events.set_data.connect(action)  # undo and redo


def _painted(annotation: np.ndarray[Any, Any] | None) -> tuple[int, ...]:
    """Return pixels by class: they differ after painting, repainting and undo."""
    if annotation is None:
        return ()
    return tuple(np.bincount(annotation.ravel(), minlength=256).tolist())


def _ignoring_layer(action: Callable[[], object]) -> Callable[[Labels], None]:
    """Return what napari calls with the layer whose key was pressed."""

    def pressed(_: Labels) -> None:
        action()

    return pressed
