"""The classes of a segmentation and what their densities are called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Self, get_args

from imageseg.errors import SettingsError

Context = Literal["generic", "canopy", "hemispherical", "understory"]
"""What is photographed; it decides how fractions are named: *canopy* upwards,
*hemispherical* upwards through a fisheye lens, *understory* sideways, with a sheet
behind the vegetation."""

_OPEN = {"canopy": "sky", "hemispherical": "sky", "understory": "sheet"}

DARK = "#1b2a33"
OKABE_ITO = (
    "#e69f00",
    "#56b4e9",
    "#009e73",
    "#f0e442",
    "#0072b2",
    "#d55e00",
    "#cc79a7",
)
"""Colours told apart by everyone (Okabe & Ito 2008, "Color Universal Design")."""

MAX_CLASSES = 254  # uint8 labels, 0 is "not annotated"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassDef:
    """One class: its label value, its name and how it is drawn.

    Attributes
    ----------
    id
        Value in label arrays, 1-based; 0 always means "not annotated".
    name
        As the user calls it.
    colour
        ``#rrggbb``.
    excluded
        Whether its pixels leave the denominator of every density (glare,
        out of frame).
    """

    id: int
    name: str
    colour: str
    excluded: bool = False

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise SettingsError("class name", self.name, "at least one letter")
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", self.colour):
            raise SettingsError("class colour", self.colour, "of the form #rrggbb")


@dataclass(frozen=True, slots=True)
class ClassScheme:
    """The ordered classes of a model, a project or a label image.

    Labels are ``uint8``: 0 = not annotated, k = class k. Background is a class
    like any other.
    """

    classes: tuple[ClassDef, ...]
    context: Context = "generic"

    def __post_init__(self) -> None:
        ids = [c.id for c in self.classes]
        if ids != list(range(1, len(ids) + 1)):
            raise SettingsError("class ids", ids, "1, 2, 3 … without gaps")
        if not 2 <= len(ids) <= MAX_CLASSES:
            raise SettingsError("number of classes", len(ids), f"2 to {MAX_CLASSES}")
        names = [c.name.casefold() for c in self.classes]
        if len(set(names)) < len(names):
            raise SettingsError("class names", self.names, "different from each other")
        if self.context not in get_args(Context):
            allowed = ", ".join(get_args(Context))
            raise SettingsError("context", self.context, f"one of {allowed}")

    @classmethod
    def from_names(
        cls,
        names: Sequence[str],
        context: Context = "generic",
        colours: Sequence[str] = (),
    ) -> Self:
        """Number the classes in the order given; the first is drawn dark.

        Raises
        ------
        SettingsError
            Fewer than two classes, two of one name, or more colours than names.
        """
        if len(colours) > len(names):
            raise SettingsError(
                "number of colours", len(colours), f"at most {len(names)}, one a class"
            )
        chosen = [*colours, *default_colours(len(names))[len(colours) :]]
        return cls(
            tuple(
                ClassDef(id=k, name=name.strip(), colour=colour)
                for k, (name, colour) in enumerate(
                    zip(names, chosen, strict=True), start=1
                )
            ),
            context,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Class names in order of their ids."""
        return tuple(c.name for c in self.classes)

    @property
    def open_class(self) -> ClassDef | None:
        """What is seen where no vegetation is: the sky, or the sheet behind it.

        None in the generic context, and if no class has that name.
        """
        wanted = _OPEN.get(self.context)
        return next((c for c in self if c.name.strip().casefold() == wanted), None)

    def __len__(self) -> int:
        return len(self.classes)

    def __iter__(self) -> Iterator[ClassDef]:
        return iter(self.classes)

    def __getitem__(self, label: int) -> ClassDef:
        """Return the class with this label value (1-based)."""
        if label < 1:
            raise IndexError(label)
        return self.classes[label - 1]

    def with_class(self, name: str) -> Self:
        """Return a scheme with one class more, in the next free colour."""
        k = len(self) + 1
        used = {c.colour.lower() for c in self}
        free = (colour for colour in OKABE_ITO if colour not in used)
        colour = next(free, default_colours(k)[-1])
        return replace(
            self, classes=(*self.classes, ClassDef(id=k, name=name, colour=colour))
        )

    def changed(self, label: int, **values: Any) -> Self:  # noqa: ANN401  fields of ClassDef
        """Return a scheme in which one class has other values."""
        changed = tuple(replace(c, **values) if c.id == label else c for c in self)
        return replace(self, classes=changed)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"context": self.context, "classes": [asdict(c) for c in self]}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Rebuild a scheme from `to_dict`."""
        return cls(
            tuple(ClassDef(**c) for c in values["classes"]),
            values.get("context", "generic"),
        )


def default_colours(n: int) -> list[str]:
    """Return `n` colours: dark for the background, then Okabe and Ito's, repeated."""
    return [DARK, *(OKABE_ITO[i % len(OKABE_ITO)] for i in range(n - 1))][:n]


CANOPY = ClassScheme.from_names(
    ["canopy", "sky"], context="canopy", colours=["#2e7d4f", "#56b4e9"]
)
"""Canopy photographs: class 1 canopy, class 2 sky."""
