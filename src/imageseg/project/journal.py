"""Edits of many files that happen as a whole, and can be taken back.

Files are written beside the old ones first. Then one small file says that the edit
is decided; whoever finds it, and be it after a crash, moves the rest into place.
Before that file is there, nothing has happened.

::

    journal/new/…         files as they will be, project.json among them
    journal/old/…         as they were
    journal/step.json     what the edit is, and what it undoes
    journal/decided       there: to be completed; not there: to be thrown away
    history/0001/…        the journal, once all is in place
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imageseg.errors import ProjectError
from imageseg.project.disk import (
    DESCRIPTION,
    Layout,
    keep_copy,
    remove_folder,
    write_text,
)

_DECIDED, _STEP, _NEW, _OLD = "decided", "step.json", "new", "old"


@dataclass(frozen=True, slots=True)
class Journal:
    """An edit of a project under way.

    Attributes
    ----------
    layout
        Of the project.
    """

    layout: Layout

    def begin(self) -> None:
        """Start anew; an edit that was never decided is forgotten."""
        remove_folder(self.layout.journal)
        for name in (_NEW, _OLD):
            (self.layout.journal / name).mkdir(parents=True)

    def staged(self, path: Path) -> Path:
        """Return where the new version of a file is to be written."""
        return self.layout.journal / _NEW / path.relative_to(self.layout.root)

    def keep(self, path: Path) -> None:
        """Keep the old version of a file."""
        keep_copy(path, self.layout.journal / _OLD / path.relative_to(self.layout.root))

    def decide(self, description: str, step: Mapping[str, Any]) -> None:
        """Make the edit happen, come what may.

        Parameters
        ----------
        description
            The project's new description.
        step
            What the edit is, for `last_step`; ``"undoes"`` names a step of the
            history that is to be forgotten.
        """
        write_text(self.layout.journal / _STEP, json.dumps(dict(step)))
        write_text(self.staged(self.layout.description), description)
        write_text(self.layout.journal / _DECIDED, "")

    def complete(self) -> None:
        """Finish what is decided, and throw away what is not."""
        journal = self.layout.journal
        if not self.is_decided:
            remove_folder(journal)
            return
        for staged in sorted(self._staged(), key=lambda path: path.name == DESCRIPTION):
            target = self.layout.root / staged.relative_to(journal / _NEW)
            if target == self.layout.description and target.exists():
                keep_copy(target, self.layout.previous)
            target.parent.mkdir(parents=True, exist_ok=True)
            staged.replace(target)
        undone = json.loads((journal / _STEP).read_text("utf-8")).get("undoes")
        if undone:
            remove_folder(self.layout.history / undone)
            remove_folder(journal)
            return
        self.layout.history.mkdir(exist_ok=True)
        journal.rename(self.layout.history / f"{_last(self.layout) + 1:04}")

    @property
    def is_decided(self) -> bool:
        """Whether an edit is to be completed."""
        return (self.layout.journal / _DECIDED).exists()

    def seen(self, path: Path) -> Path:
        """Return where a reader finds a file while an edit may be half done."""
        staged = self.staged(path)
        return staged if self.is_decided and staged.exists() else path

    def _staged(self) -> Iterator[Path]:
        found = (self.layout.journal / _NEW).rglob("*")
        return (path for path in found if path.is_file())


@dataclass(frozen=True, slots=True)
class Step:
    """A finished edit that can be taken back.

    Attributes
    ----------
    folder
        In the history.
    values
        As they were given to `Journal.decide`.
    """

    folder: Path
    values: Mapping[str, Any]

    def old(self, path: Path, layout: Layout) -> Path:
        """Return where the version of a file before the edit is, if it was changed."""
        return self.folder / _OLD / path.relative_to(layout.root)


def last_step(layout: Layout) -> Step:
    """Return the last edit that is not taken back.

    Raises
    ------
    ProjectError
        There is none.
    """
    number = _last(layout)
    if not number:
        raise ProjectError("There is no change of classes to undo.")
    folder = layout.history / f"{number:04}"
    return Step(folder, json.loads((folder / _STEP).read_text("utf-8")))


def models_told(layout: Layout) -> set[str]:
    """Return the ids of models that edits tell of, whose labels they bring back."""
    steps = layout.history.glob(f"*/{_STEP}")
    told = (json.loads(step.read_text("utf-8")) for step in steps)
    return {model_id for values in told for model_id in values.get("models", ())}


def _last(layout: Layout) -> int:
    if not layout.history.is_dir():
        return 0
    names = (path.name for path in layout.history.iterdir())
    return max((int(name) for name in names if name.isdecimal()), default=0)
