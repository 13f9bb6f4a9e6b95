"""Label layers of napari: how they are made, drawn and bound to keys."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from napari.layers import Labels as LabelsLayer
from napari.layers import Layer

from napari_imageseg.appearance import Appearance, Kind
from napari_imageseg.conversions import colormap
from napari_imageseg.edits import Labels
from napari_imageseg.items import ImageItem
from napari_imageseg.keys import key_table
from napari_imageseg.session import Session
from napari_imageseg.spaces import space

ANNOTATION_OPACITY = 0.9
_CONTOUR = 2  # px


def label_layer(
    session: Session, item: ImageItem, kind: Kind, data: Labels
) -> LabelsLayer:
    """Return a layer that shares labels of an image with the session."""
    layer = LabelsLayer(
        data,
        name=label_name(item, kind),
        opacity=ANNOTATION_OPACITY,
        colormap=colormap(session.classes.scheme, session.classes.hidden),
        **space(item),
    )
    layer.selected_label = session.classes.label
    dress(layer, kind, session.appearance)
    bind_keys(layer, session)
    _tell_what_is_written(layer)
    layer.events.visible.connect(partial(_on_visible, layer, kind, session))
    layer.events.brush_size.connect(partial(_on_brush, layer, session))
    return layer


def label_name(item: ImageItem, kind: Kind) -> str:
    """Return what the label layer of an image is called."""
    return f"{item.name} · {kind}"


def dress(layer: LabelsLayer, kind: Kind, appearance: Appearance) -> None:
    """Show a layer as wished; assigning what it has already costs a redraw."""
    wanted: dict[str, Any] = {
        "visible": getattr(appearance, kind),
        "brush_size": appearance.brush,
    }
    if kind == "prediction":
        wanted["opacity"] = appearance.opacity
        wanted["contour"] = _CONTOUR if appearance.contours else 0
    for name, value in wanted.items():
        if getattr(layer, name) != value:
            setattr(layer, name, value)


def bind_keys(layer: Layer, session: Session) -> None:
    """Bind keys on our layer only; napari's own keep their meaning elsewhere.

    Undo and redo go through one history of strokes and whole actions; napari's
    own would write old strokes into newer predictions.
    """
    paintable = isinstance(layer, LabelsLayer)
    if paintable:
        for name in ("undo", "redo"):  # what napari's keys and palette call
            setattr(layer, name, getattr(session.journal, name))
    for entry in key_table(session):
        if paintable or entry.on_image:
            for key, action in entry.bindings:
                layer.bind_key(key, _ignoring_layer(action), overwrite=True)


def _tell_what_is_written(layer: LabelsLayer) -> None:
    """Let strokes be told after they are written; napari tells some before.

    What is put back in answer, as a locked class, would be written over.
    """
    for name in ("fill", "paint_polygon"):
        setattr(layer, name, partial(_in_one_step, layer, getattr(layer, name)))


def _in_one_step(
    layer: LabelsLayer,
    paint: Callable[..., None],
    *args: Any,  # noqa: ANN401  napari's own
    **kwargs: Any,  # noqa: ANN401  likewise
) -> None:
    with layer.block_history():
        paint(*args, **kwargs)


def _on_visible(layer: LabelsLayer, kind: Kind, session: Session, _: object) -> None:
    session.appearance.set(**{kind: layer.visible})


def _on_brush(layer: LabelsLayer, session: Session, _: object) -> None:
    session.appearance.set(brush=round(layer.brush_size))


def _ignoring_layer(action: Callable[[], object]) -> Callable[[Layer], None]:
    """Return what napari calls with the layer whose key was pressed."""

    def pressed(_: Layer) -> None:
        action()

    return pressed
