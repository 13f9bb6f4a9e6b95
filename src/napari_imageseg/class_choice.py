"""The classes in use and the one that the brush paints."""

from __future__ import annotations

from typing import Any

from psygnal import Signal

from imageseg.classes import CANOPY, ClassScheme
from napari_imageseg.journal import Action, Journal


class ClassChoice:
    """Names, colours and the chosen class.

    Parameters
    ----------
    journal
        Where edits can be taken back.

    Attributes
    ----------
    scheme
        The classes.
    label
        The one that the brush paints.
    hidden
        Labels that are not drawn.
    locked
        Labels that are not painted over.
    """

    changed = Signal(ClassScheme)
    """Classes were added, renamed or recoloured."""
    selected = Signal(int)
    """Another class, or the same again, was chosen for painting."""
    hidden_changed = Signal()
    """Other classes are hidden."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.scheme = CANOPY
        self.label = 1
        self.hidden: frozenset[int] = frozenset()
        self.locked: frozenset[int] = frozenset()
        self._before = 2

    def set_scheme(self, scheme: ClassScheme) -> None:
        """Use other names, colours or classes."""
        self.scheme = scheme
        self.hidden = frozenset(k for k in self.hidden if k <= len(scheme))
        self.locked = frozenset(k for k in self.locked if k <= len(scheme))
        self.label = min(self.label, len(scheme))
        self.changed.emit(scheme)

    def edit(self, label: int, **values: Any) -> None:  # noqa: ANN401  fields of ClassDef
        """Name or colour a class otherwise, or leave it out of densities.

        Raises
        ------
        SettingsError
            The name is empty or taken, or the colour is none.
        """
        name = self.scheme[label].name
        titles = {
            "name": f"renaming of {name}",
            "colour": f"colour of {name}",
            "excluded": f"what densities make of {name}",
        }
        title = titles.get(next(iter(values), ""), f"change of {name}")
        self._go(title, self.scheme.changed(label, **values))

    def hide(self, label: int, *, hidden: bool = True) -> None:
        """Draw a class no longer, or again."""
        self.hidden = self.hidden | {label} if hidden else self.hidden - {label}
        self.hidden_changed.emit()

    def lock(self, label: int, *, locked: bool = True) -> None:
        """Keep what is of a class from being painted over, or no longer."""
        self.locked = self.locked | {label} if locked else self.locked - {label}

    def select(self, label: int) -> None:
        """Choose the class that the brush paints."""
        if not 1 <= label <= len(self.scheme):
            return
        if label != self.label:
            self.label, self._before = label, self.label
        self.selected.emit(label)

    def swap(self) -> None:
        """Go back to the class used before."""
        self.select(self._before)

    def add(self) -> None:
        """Add a class under the next free name."""
        number = len(self.scheme) + 1
        taken = {name.casefold() for name in self.scheme.names}
        while f"class {number}" in taken:
            number += 1
        name = f"class {number}"
        self._go(f"adding {name}", self.scheme.with_class(name))

    def _go(self, title: str, scheme: ClassScheme) -> None:
        """Change the classes in a way that can be taken back."""
        before = self.scheme
        if scheme == before:
            return
        self.set_scheme(scheme)

        def undo() -> None:
            self.set_scheme(before)

        def redo() -> None:
            self.set_scheme(scheme)

        self._journal.record(Action(title, undo, redo))
