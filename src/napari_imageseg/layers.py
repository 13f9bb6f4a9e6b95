"""Layers of the image shown, and what people do to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, cast, get_args

from napari.layers import Image, Layer
from napari.layers import Labels as LabelsLayer
from qtpy.QtCore import QTimer

from imageseg.project.fields import Fields
from napari_imageseg.adopting import AdoptedLayers
from napari_imageseg.appearance import Kind
from napari_imageseg.canvas import undrawn
from napari_imageseg.comparing import Comparison
from napari_imageseg.comparison_layer import ComparisonLayer
from napari_imageseg.conversions import (
    Placement,
    colormap,
    shown,
)
from napari_imageseg.edits import Box, Labels, edit_of
from napari_imageseg.items import ImageItem
from napari_imageseg.label_layers import bind_keys, dress, label_layer, label_name
from napari_imageseg.looking import everything
from napari_imageseg.viewing import (
    box_on_show,
    look_at,
    show_view,
    view_from,
    view_of,
)
from napari_imageseg.workers import stop_timer

if TYPE_CHECKING:
    import napari
    from psygnal import SignalInstance

    from imageseg.classes import ClassScheme
    from napari_imageseg.session import Session

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
        self._adopted = AdoptedLayers(viewer)
        self._comparison = ComparisonLayer(viewer)
        self._item: ImageItem | None = None
        self._place: Placement | None = None  # of the image shown
        self._changing = False
        self._view: Mapping[str, Any] | None = None  # to go back to
        self._last_view: dict[str, Any] = {}
        self._settled = QTimer()
        self._settled.setSingleShot(True)
        self._settled.timeout.connect(self._say_kept)
        self._connect()

    def _connect(self) -> None:
        self._session.looker.visible_box = self.visible_box
        self._session.drafter.view_of = self.view
        for signal, slot in self._links():
            signal.connect(slot)
        self._viewer.layers.events.removed.connect(self._on_removed)
        self._viewer.layers.selection.events.active.connect(self._on_tool)

    def close(self) -> None:
        """Stop listening; the layers stay."""
        stop_timer(self._settled)
        self._session.looker.visible_box = everything
        for signal, slot in self._links():
            signal.disconnect(slot)
        self._viewer.layers.events.removed.disconnect(self._on_removed)
        self._viewer.layers.selection.events.active.disconnect(self._on_tool)

    def _links(self) -> list[tuple[SignalInstance, Callable[..., object]]]:
        session = self._session
        return [
            (session.images.current_changed, self._show),
            (session.predictor.predicted, self._on_prediction),
            (session.annotator.rewritten, self._on_rewritten),
            (session.looker.looked, self._on_look),
            (session.comparer.changed, self._on_comparison),
            (session.comparer.moved, self._on_comparison_moved),
            (session.projects.opened, self._on_opened),
            (session.classes.changed, self._recolour),
            (session.classes.hidden_changed, self._on_hidden),
            (session.appearance.changed, self._dress),
            (session.appearance.tool_chosen, self._use_tool),
            (session.classes.selected, self._choose_brush),
        ]

    # -- images ---------------------------------------------------------------

    def selected(self) -> list[Image]:
        """Return the selected image layers that are not in the session yet."""
        return self._adopted.selected(list(self._own.values()))

    def adopt_selected(self, *, joined: bool = False) -> int:
        """Add the selected image layers to the session's images.

        Parameters
        ----------
        joined
            Whether they are channels of one image.

        Returns
        -------
        count
            How many images were added.
        """
        layers = self.selected()
        groups = [layers] if joined and layers else [[layer] for layer in layers]
        for group in groups:
            self._session.images.add(self._adopted.adopt(group))
        return len(groups)

    def visible_box(self) -> Box | None:
        """Return the part of the current image that is on show.

        See `box_on_show`; None if nothing is on show.
        """
        layer = self._own.get("annotation")
        late = self._item is not self._session.images.current  # not shown yet
        return None if layer is None or late else box_on_show(self._viewer, layer)

    def _show(self, item: ImageItem | None) -> None:
        """Replace the layers of the image before by those of this one."""
        with undrawn(self._viewer):
            self._clear(kept=self._reusable(item))
            another, self._item = self._item not in (None, item), item
            if item is not None and item.pixels is not None:
                self._show_layers(item, another=another)

    def _show_layers(self, item: ImageItem, *, another: bool) -> None:
        self._show_image(item, another=another)
        if item.corrected is not None:
            self._add_prediction(item)
        self._add_annotation(item)
        self._raise_labels()
        if self._view is not None:
            self._show_view(self._view)

    def view(self) -> dict[str, Any]:
        """Return where the user looks, and how the layers are drawn, as JSON.

        While layers are missing, as in a closing window, it is what it was before.
        """
        shown = self._shown()
        if self._view is None and {"image", "annotation"} <= shown.keys():
            self._last_view = view_of(self._viewer, shown)
        return dict(self._last_view)

    def _on_opened(self, told: Mapping[str, Any]) -> None:
        """Look where the project was looked at last, as soon as its image is there."""
        fields = Fields(told, "view", [])
        self._view = self._last_view = view_from(fields.inner("front"))
        if self._session.keeper.project is not None:
            self._session.keeper.project.note_problems(fields.problems)
        if self._item is not None:
            self._show_view(self._view)

    def _show_view(self, view: Mapping[str, Any]) -> None:
        self._view = None
        item = self._item
        if item is not None and item.pixels is not None and item.scale is None:
            # Versions that did not tell it showed files so.
            view = {"pixel": [1.0] * len(item.label_shape), **view}
        strange = show_view(self._viewer, self._shown(), view)
        if strange:
            self._session.messages.notify(
                "Not all looks as it was left: this napari does not know "
                f"{', '.join(strange)}."
            )

    def _shown(self) -> dict[str, Layer]:
        """Return the layers of the current image by their kinds."""
        shown = dict(self._own)
        adopted = self._adopted.layer_of(self._item)
        if adopted is not None:
            shown["image"] = adopted
        return {k: own for k, own in shown.items() if own in self._viewer.layers}

    def _raise_labels(self) -> None:
        """Lay labels above their image, which may have come after them."""
        shown, layers = self._shown(), self._viewer.layers
        for kind in ("prediction", "annotation"):
            if {kind, "image"} <= shown.keys():
                at = layers.index(shown[kind])
                if at < layers.index(shown["image"]):
                    layers.move(at, len(layers))

    def _reusable(self, item: ImageItem | None) -> dict[str, Layer]:
        """Return the layers that can show another image as well.

        To remove one and add another takes napari tenths of a second. Those that are
        hidden, or seen in 3-D, are not drawn up to date by napari: they are made anew.
        """
        before, self._place = self._place, None
        if item is None or item.pixels is None:
            return {}
        self._place = after = Placement.of(item)
        if before is None or not before.suits(after) or self._viewer.dims.ndisplay > 2:
            return {}
        wanted = {"annotation": True, "prediction": item.corrected is not None}
        wanted["image"] = before.shows_like(after) and item.path is not None
        here = [layer for layer in self._viewer.layers if layer.visible]
        return {k: own for k, own in self._own.items() if wanted.get(k) and own in here}

    def _clear(self, kept: Mapping[str, Layer]) -> None:
        with self._our_change():
            for layer in list(self._own.values()):
                if layer in self._viewer.layers and layer not in kept.values():
                    self._viewer.layers.remove(layer)
        self._own = dict(kept)
        self._comparison.hide()
        self._adopted.set_visible(self._item, visible=False)

    def _show_image(self, item: ImageItem, *, another: bool) -> None:
        adopted = self._adopted.layer_of(item)
        if adopted is not None:
            self._adopted.set_visible(item, visible=True)
            if another:  # else people are looking at it already
                look_at(self._viewer, adopted)
            return
        pixels, how = shown(item)
        if "image" in self._own:
            layer = self._own["image"]
            layer.data, layer.name, layer.visible = pixels, item.name, True
            if not how["rgb"]:
                layer.reset_contrast_limits()
            look_at(self._viewer, layer)
            return
        layer = self._viewer.add_image(pixels, name=item.name, **how)
        if item.path is None:
            self._adopted.keep(item, [layer])
        else:
            self._own["image"] = layer
        bind_keys(layer, self._session)
        look_at(self._viewer, layer)

    # -- labels ---------------------------------------------------------------

    def _on_prediction(self, item: ImageItem) -> None:
        if item is not self._item:
            return
        layer = self._own.get("prediction")
        if layer is not None and layer in self._viewer.layers and item.is_predicted:
            self._add_prediction(item)  # the same layer shows it
            return
        active = self._viewer.layers.selection.active is layer is not None
        with self._our_change():
            if layer is not None and layer in self._viewer.layers:
                self._viewer.layers.remove(layer)
        self._own.pop("prediction", None)
        if active and self._own.get("annotation") in self._viewer.layers:
            # else no layer is active, and keys are of layers
            self._viewer.layers.selection.active = self._own["annotation"]
        self._add_prediction(item)

    def _add_prediction(self, item: ImageItem) -> None:
        """Add the prediction below the annotation."""
        active = self._viewer.layers.selection.active
        if item.corrected is None:
            return
        layer = self._add_labels(item, "prediction", item.corrected)
        annotation = self._own.get("annotation")
        if annotation is not None and annotation in self._viewer.layers:
            layers = self._viewer.layers
            layers.move(layers.index(layer), layers.index(annotation))
            layers.selection.active = active if active in layers else annotation

    def _add_annotation(self, item: ImageItem) -> None:
        if item.pixels is None:
            return
        shape = item.label_shape
        if not self._session.appearance.brush_chosen:
            share = round(min(shape[-2:]) * _BRUSH_SHARE)
            self._session.appearance.set(brush=max(_SMALLEST_BRUSH, share))
        self._add_labels(item, "annotation", item.ensure_annotation(shape))

    def _add_labels(
        self,
        item: ImageItem,
        kind: Kind,
        data: Labels,
    ) -> LabelsLayer:
        old = self._own.get(kind)
        if isinstance(old, LabelsLayer):
            old.data, old.name = data, label_name(item, kind)
            return old
        layer = label_layer(self._session, item, kind, data)
        layer.events.paint.connect(partial(self._on_paint, kind))
        layer.events.mode.connect(self._on_tool)
        self._viewer.add_layer(layer)
        self._own[kind] = layer
        return layer

    def _on_paint(self, kind: Kind, event: Any) -> None:  # noqa: ANN401  napari's events are untyped
        item = self._item
        if item is None:
            return
        labels = item.annotation if kind == "annotation" else item.corrected
        if labels is not None and event.source.data is labels:
            self._session.annotator.record(item, kind, edit_of(event.value, labels))

    def _on_look(self, item: ImageItem, new: bool) -> None:  # noqa: FBT001  psygnal has no keywords
        """Show what was predicted of the view."""
        layer = self._own.get("prediction")
        if new or layer is None:
            self._on_prediction(item)
        elif item is self._item:
            layer.refresh(extent=False)

    def _on_comparison(self, comparison: Comparison | None) -> None:
        """Show two models side by side, or no longer."""
        if comparison is None or comparison.item is not self._item:
            self._comparison.hide()
        else:
            self._comparison.show(comparison, self._session.classes.scheme)

    def _on_comparison_moved(self, _: Comparison) -> None:
        self._comparison.refresh()

    def _on_rewritten(self, item: ImageItem) -> None:
        """Show what was changed in the arrays that the layers share."""
        if item is self._item:
            for layer in self._label_layers():
                layer.refresh()

    # -- classes --------------------------------------------------------------

    def _on_hidden(self) -> None:
        self._recolour(self._session.classes.scheme)

    def _recolour(self, scheme: ClassScheme) -> None:
        for layer in self._label_layers():
            layer.colormap = colormap(scheme, self._session.classes.hidden)
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

    def _use_tool(self, tool: str) -> None:
        """Take a napari tool in hand, with the class chosen."""
        self._choose_brush(self._session.classes.label)
        active = self._viewer.layers.selection.active
        if active in self._label_layers():
            active.mode = tool

    def _on_tool(self, _: object) -> None:
        """Tell which tool is in hand: napari's own buttons and keys change it too."""
        active = self._viewer.layers.selection.active
        ours = any(active is layer for layer in self._label_layers())
        self._session.appearance.note_tool(str(active.mode) if ours else "")

    def _dress(self) -> None:
        """Draw our layers as wished."""
        appearance = self._session.appearance
        for kind, layer in self._own.items():
            if kind in get_args(Kind) and isinstance(layer, LabelsLayer):
                dress(layer, cast("Kind", kind), appearance)

    def _label_layers(self) -> Iterator[LabelsLayer]:
        for layer in self._own.values():
            if isinstance(layer, LabelsLayer):
                yield layer

    # -- layers that come and go ----------------------------------------------

    def _on_removed(self, event: Any) -> None:  # noqa: ANN401  napari's events are untyped
        """Let go of a layer that the user deleted; the session keeps its data."""
        if self._changing:
            return
        layer = event.value
        for kind in [k for k, own in self._own.items() if own is layer]:
            del self._own[kind]
            if kind == "annotation":
                self._settled.start()
        self._adopted.forget(layer)

    def _say_kept(self) -> None:
        """Say that strokes outlive their layer.

        Not where all layers have gone, one after the other: so they do when napari
        closes.
        """
        item, shown = self._item, self._shown()
        if item is None or not item.annotated_pixels:
            return
        if "image" in shown and "annotation" not in shown:
            self._session.messages.notified.emit(
                f"The annotation of {item.name} is kept. Choose a class to show it "
                "again."
            )

    @contextmanager
    def _our_change(self) -> Iterator[None]:
        self._changing = True
        try:
            yield
        finally:
            self._changing = False
