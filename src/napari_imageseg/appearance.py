"""How labels are drawn and painted: what panels and layers agree on."""

from __future__ import annotations

from typing import Any, Literal

from psygnal import Signal

from imageseg.project.fields import Fields, integer, number, truth
from imageseg.project.fields import Kind as JSONKind

Kind = Literal["annotation", "prediction"]
Tool = Literal["paint", "erase", "fill", "polygon", "pan_zoom"]

OPACITY = 0.45
_SHOWN: dict[str, JSONKind[Any]] = {
    "annotation": truth,
    "prediction": truth,
    "opacity": number(0, 1),
    "contours": truth,
    "brush": integer(1, 10_000),
}


def looks_from(fields: Fields) -> dict[str, Any]:
    """Read what `Appearance.to_dict` returned; malformed parts are left out."""
    found = {name: fields.get(name, kind, None) for name, kind in _SHOWN.items()}
    return {name: value for name, value in found.items() if value is not None}


class Appearance:
    """What is shown of labels, and how.

    Attributes
    ----------
    annotation, prediction
        Whether they are shown.
    opacity
        Of the prediction, 0 to 1; what people painted stands out.
    contours
        Whether the prediction is drawn as outlines.
    brush
        Diameter in pixels.
    brush_chosen
        Whether it has been chosen; else it goes by the size of the first image.
    tool
        In hand, by its name in napari; empty where labels cannot be painted.
    """

    changed = Signal()
    tool_chosen = Signal(str)
    tool_changed = Signal(str)
    """Another tool is in hand, whoever took it."""

    def __init__(self) -> None:
        self.annotation = True
        self.prediction = True
        self.opacity = OPACITY
        self.contours = False
        self.brush = 3
        self.brush_chosen = False
        self.tool = ""

    def set(self, **values: Any) -> None:  # noqa: ANN401  its attributes
        """Change some of it."""
        self.brush_chosen |= "brush" in values
        if any(getattr(self, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(self, name, value)
            self.changed.emit()

    def to_dict(self) -> dict[str, Any]:
        """Return all of it, for JSON; `set` takes it back."""
        return {name: getattr(self, name) for name in _SHOWN}

    def toggle(self, kind: Kind) -> None:
        """Hide or show the prediction or the annotation."""
        self.set(**{kind: not getattr(self, kind)})

    def use(self, tool: Tool) -> None:
        """Take a tool in hand."""
        self.tool_chosen.emit(tool)

    def note_tool(self, tool: str) -> None:
        """Take note of what is in hand now."""
        if tool != self.tool:
            self.tool = tool
            self.tool_changed.emit(tool)
