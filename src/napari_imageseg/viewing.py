"""Where a user looks and how layers are drawn, as JSON, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Labels, Layer
from numpy.typing import NDArray

from imageseg.project.fields import (
    Fields,
    Kind,
    integer,
    many,
    number,
    one_of,
    text,
    truth,
)
from napari_imageseg.edits import Box

if TYPE_CHECKING:
    import napari

# How labels are drawn else is the session's: `Appearance`.
_LABEL_LOOKS = ("blending", "n_edit_dimensions", "preserve_labels")
_IMAGE_LOOKS = ("blending", "opacity", "visible")
_GREY_LOOKS = ("gamma", "contrast_limits")
_SPAN = 1e9  # pixels, or the like of them: beyond, drawing loses digits
_POINT = many(number(-_SPAN, _SPAN), 3, least=3)
_CAMERA: dict[str, Kind[Any]] = {
    "center": _POINT,
    "zoom": number(1 / _SPAN, _SPAN),
    "angles": _POINT,
}
_LOOKS: dict[str, Kind[Any]] = {
    "blending": text,
    "n_edit_dimensions": integer(1, 32),
    "preserve_labels": truth,
    "opacity": number(0, 1),
    "visible": truth,
    "gamma": number(1e-3, 1e3),
    "contrast_limits": many(number(), 2, least=2),
    "colormap": text,
}


def view_of(viewer: napari.Viewer, layers: Mapping[str, Layer]) -> dict[str, Any]:
    """Return camera, slice and looks, and in what pixels the camera measures.

    Parameters
    ----------
    viewer
        napari's viewer.
    layers
        Of the current image, by their kinds.
    """
    active, camera = viewer.layers.selection.active, camera_of(viewer)
    kinds = [kind for kind, layer in layers.items() if layer is active]
    labels = layers.get("annotation")
    pixel = {} if labels is None else {"pixel": _pixel(viewer, labels).tolist()}
    return pixel | {
        "camera": {
            "center": list(map(float, camera.center)),
            "zoom": float(camera.zoom),
            "angles": list(map(float, camera.angles)),
        },
        "ndisplay": int(viewer.dims.ndisplay),
        "step": list(map(int, viewer.dims.current_step)),
        "layers": {kind: _looks(layer) for kind, layer in layers.items()},
        "active": kinds[0] if kinds else "",
        "mode": str(active.mode) if kinds and active is not None else "",
    }


def view_from(fields: Fields) -> dict[str, Any]:
    """Read what `view_of` returned; malformed parts are left out, and noted."""
    layers = fields.inner("layers")
    view = {
        "camera": _known(fields.inner("camera"), _CAMERA),
        "layers": {kind: _known(layers.inner(kind), _LOOKS) for kind in layers.values},
        "ndisplay": fields.get("ndisplay", one_of(2, 3), None),
        "step": fields.get("step", many(integer(0, int(_SPAN))), None),
        "pixel": fields.get("pixel", many(number(1 / _SPAN, _SPAN)), None),
        "active": fields.get("active", text, None),
        "mode": fields.get("mode", text, None),
    }
    return {name: value for name, value in view.items() if value is not None}


def show_view(
    viewer: napari.Viewer, layers: Mapping[str, Layer], view: Mapping[str, Any]
) -> list[str]:
    """Go back to camera, slice and looks; what does not fit any more is left out.

    Parameters
    ----------
    viewer, layers
        As of `view_of`.
    view
        As of `view_from`.

    Returns
    -------
    strange
        What this napari does not know, as a colormap of another one.
    """
    strange = []
    for kind, looks in view.get("layers", {}).items():
        if kind in layers:
            strange += _put(layers[kind], looks)
    active = layers.get(view.get("active", ""))
    if active is not None:
        viewer.layers.selection.active = active
        if view.get("mode"):
            strange += _put(active, {"mode": view["mode"]})
    viewer.dims.ndisplay = view.get("ndisplay", viewer.dims.ndisplay)
    step = view.get("step", ())
    if len(step) == viewer.dims.ndim:
        viewer.dims.current_step = tuple(step)
    return strange + _put(camera_of(viewer), _rescaled(viewer, layers, view))


def look_at(viewer: napari.Viewer, layer: Layer) -> None:
    """Fit the view to a layer, and go to a slice of it if the slider stands beyond.

    napari makes room for hidden layers too, which may be a thousand times as large.
    """
    dims = viewer.dims
    low, high = layer.extent.world * _units(viewer, layer)
    first = dims.ndim - layer.ndim
    for axis in dims.not_displayed:
        at = axis - first
        if at >= 0 and not low[at] <= dims.point[axis] <= high[at]:
            dims.set_point(axis, (low[at] + high[at]) / 2)
    viewer.reset_view()
    if min(dims.displayed) < first:
        return
    own, camera = [axis - first for axis in dims.displayed], camera_of(viewer)
    pixel = _pixel(viewer, layer)[own]
    room = np.ptp(viewer.layers.extent.world, axis=0)[list(dims.displayed)] + pixel
    centre = ((low + high) / 2)[own]
    camera.center = (*(0.0,) * (3 - len(own)), *map(float, centre))
    camera.zoom *= float(np.min(room / ((high - low)[own] + pixel)))


def to_world(
    viewer: napari.Viewer, layer: Layer, point: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return where a point of a layer's data lies in the viewer."""
    return np.asarray(layer.data_to_world(point)) * _units(viewer, layer)


def box_on_show(viewer: napari.Viewer, layer: Layer) -> Box | None:
    """Return the part of a layer's data that is on show.

    Of a stack it is one slice. None if there is no box: turned around in 3-D, or the
    layer lies elsewhere.
    """
    dims = viewer.dims
    if dims.ndisplay != 2:
        return None
    first, last = np.asarray(layer.corner_pixels)
    here = np.asarray(dims.point)[-layer.ndim :] / _units(viewer, layer)
    point = np.round(layer.world_to_data(here)).astype(int)
    shown = {layer.ndim - dims.ndim + axis for axis in dims.displayed}
    spans = []
    for axis, side in enumerate(layer.data.shape):
        if axis in shown:
            start, stop = int(first[axis]), int(last[axis]) + 1
        else:
            start, stop = int(point[axis]), int(point[axis]) + 1
        spans.append(slice(max(0, start), min(side, stop)))
    return tuple(spans) if all(s.stop - s.start > 0 for s in spans) else None


def camera_of(viewer: napari.Viewer) -> Any:  # noqa: ANN401  napari's
    """Return the camera, which napari 0.9 moved."""
    scene = getattr(viewer, "scene", None)
    return viewer.camera if scene is None else scene.camera


def _pixel(viewer: napari.Viewer, layer: Layer) -> NDArray[np.float64]:
    """Return how large a pixel of a layer is in the viewer, axis by axis."""
    return np.asarray(layer.scale) * _units(viewer, layer)


def _units(viewer: napari.Viewer, layer: Layer) -> NDArray[np.float64]:
    """Return how many units of the viewer one of a layer is, axis by axis.

    Among layers in µm and nm napari 0.9 measures in nm. Older versions do not convert,
    nor does it if some are in pixels.
    """
    world = getattr(viewer.layers.extent, "units", None)
    if world is None:
        return np.ones(layer.ndim)
    pairs = zip(layer.units, world[-layer.ndim :], strict=True)
    return np.array([(1.0 * unit).to(other).magnitude for unit, other in pairs])


def _rescaled(
    viewer: napari.Viewer, layers: Mapping[str, Layer], view: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the camera of a view as it would look at pixels of today's size."""
    camera, was = dict(view.get("camera", {})), view.get("pixel")
    labels, dims = layers.get("annotation"), viewer.dims
    if was is None or labels is None or len(was) != labels.ndim:
        return camera
    first = dims.ndim - labels.ndim
    axes = [axis - first for axis in dims.displayed]
    if min(axes) < 0:  # channels are looked at as rows or columns
        return camera
    growth = (_pixel(viewer, labels) / np.asarray(was))[axes]
    if "center" in camera:
        centre = np.array(camera["center"], float)
        centre[-len(axes) :] *= growth
        camera["center"] = centre.tolist()
    if "zoom" in camera:
        camera["zoom"] = float(camera["zoom"] / growth[-1])
    return camera


def _looks(layer: Layer) -> dict[str, Any]:
    grey = isinstance(layer, Image) and not layer.rgb
    names: tuple[str, ...] = _IMAGE_LOOKS
    if grey:
        names += _GREY_LOOKS
    elif isinstance(layer, Labels):
        names = _LABEL_LOOKS
    looks = {name: _plain(getattr(layer, name)) for name in names}
    if grey:
        looks["colormap"] = layer.colormap.name
    return looks


def _known(fields: Fields, kinds: Mapping[str, Kind[Any]]) -> dict[str, Any]:
    """Return those fields that are known, and as they have to be."""
    found = {name: fields.get(name, kind, None) for name, kind in kinds.items()}
    return {name: value for name, value in found.items() if value is not None}


def _put(owner: object, values: Mapping[str, Any]) -> list[str]:
    """Set attributes; return those whose value napari does not know."""
    strange = []
    for name, value in values.items():
        try:
            setattr(owner, name, value)
        except (LookupError, ValueError):  # as napari tells of names
            strange.append(f"{name} {value}")
    return strange


def _plain(value: Any) -> Any:  # noqa: ANN401  of napari's attributes
    if isinstance(value, list | tuple):
        return [float(number) for number in value]
    return value if isinstance(value, bool | int | float | str) else str(value)
