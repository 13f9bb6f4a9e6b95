"""The classes in use and the one that the brush paints."""

from __future__ import annotations

from psygnal import Signal

from imageseg.classes import CANOPY, ClassScheme


class ClassChoice:
    """Names, colours and the chosen class."""

    changed = Signal(ClassScheme)
    """Classes were added, renamed or recoloured."""
    selected = Signal(int)
    """Another class, or the same again, was chosen for painting."""

    def __init__(self) -> None:
        self.scheme = CANOPY
        self.label = 1
        self._before = 2

    def set_scheme(self, scheme: ClassScheme) -> None:
        """Use other names, colours or classes."""
        self.scheme = scheme
        self.label = min(self.label, len(scheme))
        self.changed.emit(scheme)

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
        self.set_scheme(self.scheme.with_class(f"class {number}"))
