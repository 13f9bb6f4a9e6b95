"""The classes in use and the one that the brush paints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from psygnal import Signal

from imageseg.classes import CANOPY, ClassEdit, ClassScheme
from napari_imageseg.journal import Action, Journal


@dataclass(frozen=True, slots=True)
class Chosen:
    """The classes with all that is said of them, to come back to.

    Attributes
    ----------
    scheme, label, hidden, locked
        As of `ClassChoice`.
    before
        The class that was painted before this one.
    """

    scheme: ClassScheme
    label: int
    hidden: frozenset[int]
    locked: frozenset[int]
    before: int

    def carried(self, edit: ClassEdit) -> Chosen:
        """Return it on the other side of an edit of classes.

        A merged class is hidden or locked as the one that it became; instead of a
        class that is gone its neighbour is painted.
        """
        last, there, back = len(edit.after), edit.mapping, edit.inverse

        def kept(labels: frozenset[int]) -> frozenset[int]:
            return frozenset(k for k in range(1, last + 1) if back[k] in labels)

        return Chosen(
            scheme=edit.after,
            label=there[self.label] or min(self.label, last),
            hidden=kept(self.hidden),
            locked=kept(self.locked),
            before=there[self.before] if self.before < len(there) else 0,
        )


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
    busy
        Whether labels are being taken along with an edit of classes: whatever reads
        or writes them has to wait.
    moves
        How often labels have got another meaning: by merging, removing and moving
        classes, and by taking that back.
    """

    changed = Signal(ClassScheme)
    """Classes were added, renamed, recoloured, merged, removed or put in order."""
    busy_changed = Signal()
    """Classes are being edited, or no longer."""
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
        self.busy = False
        self.moves = 0
        self._before = 2
        self._when_free: list[Callable[[], object]] = []

    @property
    def chosen(self) -> Chosen:
        """All of it, to come back to."""
        return Chosen(self.scheme, self.label, self.hidden, self.locked, self._before)

    def restore(
        self, chosen: Chosen, use_scheme: Callable[[ClassScheme], object]
    ) -> None:
        """Go to other classes, and to what was said of them.

        Parameters
        ----------
        chosen
            What to go to.
        use_scheme
            Makes the classes known, in the end by `set_scheme`.
        """
        self.moves += 1
        self.label, self._before = chosen.label, chosen.before
        self.hidden, self.locked = chosen.hidden, chosen.locked
        use_scheme(chosen.scheme)

    def set_busy(self, *, busy: bool) -> None:
        """Say that classes are being edited, or no longer."""
        self.busy = busy
        self.busy_changed.emit()
        if not busy:
            waiting, self._when_free = self._when_free, []
            for go_on in waiting:
                go_on()

    def when_free(self, then: Callable[[], object]) -> None:
        """Do something as soon as no edit of classes is under way.

        What labels mean until then nobody knows: those on the disk may be new already.
        """
        if self.busy:
            self._when_free.append(then)
        else:
            then()

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
        if scheme == before or self.busy:  # nobody can ask for it while it is busy
            return
        self.set_scheme(scheme)

        def undo() -> None:
            self.set_scheme(before)

        def redo() -> None:
            self.set_scheme(scheme)

        self._journal.record(Action(title, undo, redo))
