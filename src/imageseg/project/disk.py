"""Where things lie in a project's folder, and how they are written."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from imageseg.files import atomic_path

DESCRIPTION = "project.json"
_LABELS = ".tif"
_MODEL = ".safetensors"
_TEMPORARY = re.compile(r"\..*-[0-9a-f]{8}(\.[^.]*)?|\.trash-.*")


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of a project.

    Attributes
    ----------
    root
        Its folder.
    """

    root: Path

    @property
    def description(self) -> Path:
        """What the project is: classes, images, models, settings."""
        return self.root / DESCRIPTION

    @property
    def previous(self) -> Path:
        """The description before the last save."""
        return self.root / f"{DESCRIPTION}.bak"

    @property
    def lock(self) -> Path:
        """Says who has the project open for writing."""
        return self.root / "project.lock"

    @property
    def images(self) -> Path:
        """Images that came without a file."""
        return self.root / "images"

    @property
    def annotations(self) -> Path:
        """What people painted."""
        return self.root / "annotations"

    @property
    def predictions(self) -> Path:
        """What models said."""
        return self.root / "predictions"

    @property
    def confidences(self) -> Path:
        """How sure they were."""
        return self.root / "confidence"

    @property
    def models(self) -> Path:
        """The models of the lineage."""
        return self.root / "models"

    @property
    def removed(self) -> Path:
        """What was taken out of the project, or was damaged."""
        return self.root / "removed"

    @property
    def journal(self) -> Path:
        """An edit of classes under way."""
        return self.root / "journal"

    @property
    def history(self) -> Path:
        """Edits of classes that can be undone."""
        return self.root / "history"

    @property
    def densities(self) -> Path:
        """The density table."""
        return self.root / "density.csv"

    @property
    def effort(self) -> Path:
        """The ledger of what was done, by whom it was done and how long it took."""
        return self.root / "effort.csv"

    def annotation(self, image: str) -> Path:
        """Return the annotation file of an image."""
        return self.annotations / f"{image}{_LABELS}"

    def prediction(self, image: str) -> Path:
        """Return the prediction file of an image."""
        return self.predictions / f"{image}{_LABELS}"

    def confidence(self, image: str) -> Path:
        """Return the confidence file of an image."""
        return self.confidences / f"{image}{_LABELS}"

    def model(self, model: str) -> Path:
        """Return the file of a model."""
        return self.models / f"{model}{_MODEL}"


def stems(folder: Path, suffix: str = _LABELS) -> set[str]:
    """Return the names, without suffix, of the files in a folder, if it is there."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries]
    except FileNotFoundError:
        return set()
    return {
        name.removesuffix(suffix)
        for name in names
        if name.endswith(suffix) and not name.startswith(".")
    }


@contextmanager
def durable_path(path: Path) -> Iterator[Path]:
    """Write as `atomic_path`; the bytes are on the disk before the name is.

    Without that a power cut may leave the new name on an empty file.
    """
    with atomic_path(path) as temporary:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())


def write_text(path: Path, text: str) -> None:
    """Write a text in UTF-8, atomically."""
    with durable_path(path) as temporary:
        temporary.write_text(text, "utf-8", newline="\n")


def keep_copy(path: Path, copy: Path) -> None:
    """Give a file a second name; where file systems have no links, copy it.

    What is written to `path` later leaves the copy as it is, for it is written to
    another file first.
    """
    with atomic_path(copy) as temporary:
        try:
            temporary.hardlink_to(path)
        except OSError:
            shutil.copyfile(path, temporary)


def set_aside(path: Path, folder: Path) -> Path | None:
    """Move a file into a folder, under a number if its name is taken there.

    Returns
    -------
    kept
        Where it is now; None if there was none.
    """
    if not path.exists():
        return None
    folder.mkdir(parents=True, exist_ok=True)
    target, number = folder / path.name, 2
    while target.exists():
        target = folder / f"{path.stem}-{number}{path.suffix}"
        number += 1
    return path.rename(target)


def remove_folder(folder: Path) -> None:
    """Remove a folder so that it is there as a whole or not at all."""
    if not folder.exists():
        return
    trash = folder.with_name(f".trash-{folder.name}-{os.getpid()}")
    shutil.rmtree(trash, ignore_errors=True)
    folder.rename(trash)
    shutil.rmtree(trash)


def sweep(layout: Layout) -> None:
    """Remove what writers that were killed left half-written."""
    folders = (
        *(layout.root, layout.images, layout.annotations, layout.predictions),
        *(layout.confidences, layout.models, layout.history),
    )
    for folder in folders:
        for path in folder.iterdir() if folder.is_dir() else ():
            if _TEMPORARY.fullmatch(path.name) is None:
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
