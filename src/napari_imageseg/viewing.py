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
    """Return camera, slice and looks.

    Parameters
    ----------
    viewer
        napari's viewer.
    layers
        Of the current image, by their kinds.
    """
    active, camera = viewer.layers.selection.active, camera_of(viewer)
    kinds = [kind for kind, layer in layers.items() if layer is active]
    return {
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
    return strange + _put(camera_of(viewer), view.get("camera", {}))


def look_at(viewer: napari.Viewer, layer: Layer) -> None:
    """Fit the view to a layer, and go to a slice of it if the slider stands beyond."""
    dims, everything = viewer.dims, viewer.layers.extent
    factors = _factors(layer.extent, everything)
    (low, high), step = layer.extent.world * factors, layer.extent.step * factors
    first = dims.ndim - layer.ndim
    for axis in dims.not_displayed:
        at = axis - first
        if at >= 0 and not low[at] <= dims.point[axis] <= high[at]:
            dims.set_point(axis, (low[at] + high[at]) / 2)
    viewer.reset_view()  # to all layers, hidden ones and those far away too
    shown = [axis - first for axis in dims.displayed]
    if len(viewer.layers) > 1 and dims.ndisplay == 2 and min(shown) >= 0:
        camera, middle, sides = camera_of(viewer), (low + high) / 2, high - low + step
        all_sides = np.ptp(everything.world[:, list(dims.displayed)], axis=0)
        larger = all_sides / sides[shown]
        camera.center = (0.0, *map(float, middle[shown]))
        camera.zoom *= max(1.0, float(larger.min()))


def box_on_show(viewer: napari.Viewer, layer: Layer) -> Box | None:
    """Return the part of a layer's data that is on show.

    Of a stack it is one slice. None if there is no box: turned around in 3-D, or the
    layer lies elsewhere.
    """
    dims = viewer.dims
    if dims.ndisplay != 2:
        return None
    first, last = np.asarray(layer.corner_pixels)
    point = np.round(layer.world_to_data(dims.point)).astype(int)
    shown = {layer.ndim - dims.ndim + axis for axis in dims.displayed}
    spans = []
    for axis, side in enumerate(layer.data.shape):
        if axis in shown:
            start, stop = int(first[axis]), int(last[axis]) + 1
        else:
            start, stop = int(point[axis]), int(point[axis]) + 1
        spans.append(slice(max(0, start), min(side, stop)))
    return tuple(spans) if all(s.stop - s.start > 0 for s in spans) else None


def _factors(own: Any, everything: Any) -> NDArray[np.float64]:  # noqa: ANN401  napari's
    """Return what brings the extent of a layer to the units of the viewer."""
    factors = np.ones(len(own.step))
    units, shared = (getattr(extent, "units", None) for extent in (own, everything))
    if units is None or shared is None:  # of an older napari, or at odds
        return factors
    for axis, (unit, wanted) in enumerate(
        zip(units, shared[-len(units) :], strict=True)
    ):
        factors[axis] = (1 * unit).to(wanted).magnitude
    return factors


def camera_of(viewer: napari.Viewer) -> Any:  # noqa: ANN401  napari's
    """Return the camera, which napari 0.9 moved."""
    scene = getattr(viewer, "scene", None)
    return viewer.camera if scene is None else scene.camera


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
