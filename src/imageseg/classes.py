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
TOL = ("#aa3377", "#332288", "#882255", "#dddddd")
"""Those of Paul Tol's "bright" and "muted" schemes (technical note SRON/EPS/TN/09-002)
that are furthest from the ones above and from each other, for people with any kind of
colour vision; a test measures that."""

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
        for k, name in enumerate(self.names):
            if names[k] in names[:k]:
                expected = "different from all others, and is given twice"
                raise SettingsError("class name", name, expected)
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
        known = default_colours(MAX_CLASSES + 1)[1:]
        colour = next((colour for colour in known if colour not in used), DARK)
        return replace(
            self, classes=(*self.classes, ClassDef(id=k, name=name, colour=colour))
        )

    def changed(self, label: int, **values: Any) -> Self:  # noqa: ANN401  fields of ClassDef
        """Return a scheme in which one class has other values."""
        changed = tuple(replace(c, **values) if c.id == label else c for c in self)
        return replace(self, classes=changed)

    def merge(self, label: int, *, into: int) -> ClassEdit:
        """Return the edit that gives the pixels of one class to another.

        Raises
        ------
        SettingsError
            Both are the same, one is not there, or only one class would be left.
        """
        if label == into:
            raise SettingsError("into", into, "another class")
        kept = [c.id for c in self if c.id != label]
        edit = self._edit(kept, label)
        mapping = list(edit.mapping)
        mapping[label] = mapping[self._known(into)]
        return replace(edit, mapping=tuple(mapping))

    def without(self, label: int) -> ClassEdit:
        """Return the edit that takes a class away; its pixels are annotated no more.

        Raises
        ------
        SettingsError
            It is not there, or only one class would be left.
        """
        return self._edit([c.id for c in self if c.id != label], label)

    def reordered(self, order: Sequence[int]) -> ClassEdit:
        """Return the edit that puts the classes into another order.

        Parameters
        ----------
        order
            All labels, the one that becomes 1 first.

        Raises
        ------
        SettingsError
            A label is missing, or there twice.
        """
        if sorted(order) != [c.id for c in self]:
            raise SettingsError("order of classes", tuple(order), "each label once")
        return self._edit(order)

    def _edit(self, kept: Sequence[int], *labels: int) -> ClassEdit:
        """Return the edit that keeps some classes, in the order given."""
        for label in labels:
            self._known(label)
        classes = tuple(replace(self[k], id=i) for i, k in enumerate(kept, start=1))
        mapping = [0] * (len(self) + 1)
        for i, k in enumerate(kept, start=1):
            mapping[k] = i
        return ClassEdit(self, replace(self, classes=classes), tuple(mapping))

    def _known(self, label: int) -> int:
        if not 1 <= label <= len(self):
            raise SettingsError("class", label, f"1 to {len(self)}")
        return label

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


@dataclass(frozen=True, slots=True)
class ClassEdit:
    """A change of classes after which labels mean something else.

    `imageseg.masks.remap_labels` takes label arrays along.

    Attributes
    ----------
    before, after
        The classes.
    mapping
        The new label of each old one, from 0 (which stays 0).
    """

    before: ClassScheme
    after: ClassScheme
    mapping: tuple[int, ...]

    @property
    def inverse(self) -> tuple[int, ...]:
        """The old label of each new one; of merged classes that of the one kept.

        0 for a class that was not there.
        """
        found = [0] * (len(self.after) + 1)
        names = self.before.names
        for new in self.after:
            old = [k for k, label in enumerate(self.mapping) if label == new.id]
            named = [k for k in old if names[k - 1] == new.name]
            found[new.id] = (named or old or [0])[0]
        return tuple(found)

    @property
    def back(self) -> ClassEdit:
        """The edit that leads back; what was merged stays so."""
        return ClassEdit(self.after, self.before, self.inverse)


def default_colours(n: int) -> list[str]:
    """Return `n` colours: dark for the background, then such as everyone tells apart.

    From the thirteenth on they are lighter and darker ones of these.
    """
    own = (*OKABE_ITO, *TOL)
    return [DARK, *(_shade(own[i % len(own)], i // len(own)) for i in range(n - 1))][:n]


def _shade(colour: str, turn: int) -> str:
    """Return a colour as it is (0), lighter (1, 3, …) or darker (2, 4, …).

    Shares of white or black are 1/2, 1/4, 3/4, 1/8, …: all differ.
    """
    digits = f"{(turn + 1) // 2:b}"[::-1]
    share = int(digits, 2) / 2 ** len(digits)
    end = 255 if turn % 2 else 0
    values = bytes.fromhex(colour[1:])
    return "#" + bytes(round(v + share * (end - v)) for v in values).hex()


CANOPY = ClassScheme.from_names(
    ["canopy", "sky"], context="canopy", colours=["#2e7d4f", "#56b4e9"]
)
"""Canopy photographs: class 1 canopy, class 2 sky."""
