"""Projects opened, listed and moved, in the saving lane."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from imageseg.density import Region
from imageseg.errors import ImageSegError
from imageseg.project import Project, copy_task
from imageseg.project.fields import Fields
from imageseg.project.lock import read_owner
from imageseg.tasks import Progress, Task
from napari_imageseg.edits import label_counts
from napari_imageseg.items import ImageItem
from napari_imageseg.keeping import SavedImage
from napari_imageseg.memories import item_of
from napari_imageseg.recalling import Recalled, recall

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Opened:
    """A project as a session takes it in.

    Attributes
    ----------
    project
        Open, for writing or for reading only.
    items, off, current
        Its images, those taken off the list before, and the one to be shown.
    recalled, view
        The choices of the window, and all that it wrote.
    """

    project: Project
    items: tuple[ImageItem, ...]
    off: tuple[ImageItem, ...]
    current: ImageItem | None
    recalled: Recalled
    view: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsaved:
    """Work that nobody has given a name yet.

    Attributes
    ----------
    folder
        Where it is.
    images, annotated
        How many.
    when
        When it was written last.
    """

    folder: Path
    images: int
    annotated: int
    when: datetime

    def __str__(self) -> str:
        when = self.when.astimezone().strftime("%d %b %Y, %H:%M")
        return f"{when}: {self.images} images, {self.annotated} annotated"


def open_task(folder: Path, *, read_only: bool = False) -> Task[Opened | Exception]:
    """Open a project; no image is opened. What goes wrong is the result."""
    yield Progress(done=0, total=0, message=f"opening {folder.name}")
    try:
        project = Project.open(folder, read_only=read_only)
    except (ImageSegError, OSError) as error:
        return error
    try:
        return _opened(project)
    except BaseException:
        project.close()
        raise


def copy_to_task(
    project: Project, folder: Path, *, move: bool
) -> Task[Project | Exception]:
    """Copy a project to another folder, or move it there."""
    try:
        copy = yield from copy_task(project, folder)
    except Exception as error:  # noqa: BLE001  saving waits, and has to go on
        return error
    project.close()
    if move:
        shutil.rmtree(project.folder, ignore_errors=True)
    return copy


def close_task(
    project: Project, *, discard: bool, off: Sequence[str] = ()
) -> Task[None]:
    """Close a project; one in which nothing was made is thrown away, if it may be.

    Parameters
    ----------
    project, discard
        Which, and whether it may.
    off
        Ids of images taken off the list, which cannot come back any more.
    """
    yield Progress(done=0, total=0, message=f"closing {project.name}")
    worthless = discard and is_worthless(project)
    take_off(project, off)
    project.close()
    if worthless:
        shutil.rmtree(project.folder, ignore_errors=True)


def take_off(project: Project, off: Sequence[str]) -> None:
    """Take images out of a project that nobody can bring back to the list.

    What was made of them is kept in its folder ``removed``. Where nothing can be
    written they stay: they say that they are off, and the next session tries again.
    """
    if project.read_only or not off:
        return
    try:
        project.remove_images(off)
    except (ImageSegError, OSError) as error:
        _LOG.warning("%s: images off the list stay in it. %s", project.name, error)


def unsaved_task(home: Path) -> Task[tuple[Unsaved, ...]]:
    """List projects without a name that no window has open, the newest first.

    Those in which nothing was made go, if their window was killed before it could throw
    them away: they would be read at every start.
    """
    found = []
    for folder in sorted(home.iterdir()) if home.is_dir() else ():
        yield Progress(done=0, total=0, message=folder.name)
        try:
            project = Project.open(folder, read_only=True)
        except (ImageSegError, OSError):
            continue  # not ours, or damaged: it stays where it is
        owner = read_owner(project.layout.lock)
        if owner is not None and not owner.is_gone:
            continue
        if not is_worthless(project):
            found.append(_unsaved(project))
        elif owner is not None:
            shutil.rmtree(folder, ignore_errors=True)
    return tuple(sorted(found, key=lambda one: one.when, reverse=True))


def is_worthless(project: Project) -> bool:
    """Say whether a project holds only a list of images: nothing was made of them.

    Labels count that are not in its description yet, as when a window is killed between
    writing the one and the other.
    """
    made = any(image.status != "new" for image in project.images)
    trained = any(entry.parent for entry in project.models)
    if made or trained or project.proposed:
        return False
    kept = project.layout.annotations, project.layout.removed
    return not any(any(folder.iterdir()) for folder in kept if folder.is_dir())


def _unsaved(project: Project) -> Unsaved:
    written = project.layout.description.stat().st_mtime
    return Unsaved(
        folder=project.folder,
        images=len(project.images),
        annotated=sum(image.annotated for image in project.images),
        when=datetime.fromtimestamp(written, UTC),
    )


def _opened(project: Project) -> Opened:
    view = Fields(project.view, "view", [])
    told = view.inner("images")
    regions: dict[str, Region] = {}
    items = tuple(
        item_of(image, told.inner(image.id), SavedImage(project, image.id), regions)
        for image in project.images
    )
    for item in items:
        _count(item)
    recalled, gone = recall(project, view), project.off
    project.note_problems(view.problems)
    return Opened(
        project=project,
        items=tuple(item for item in items if item.id not in gone),
        off=tuple(item for item in items if item.id in gone),
        current=next((i for i in items if i.id == project.current), None),
        recalled=recalled,
        view=project.view,
    )


def _count(item: ImageItem) -> None:
    """Count an annotation whose writer was stopped before it could tell."""
    if not item.annotation_away or item.annotated_pixels or item.saved is None:
        return
    try:
        labels = item.saved.annotation()
    except (ImageSegError, OSError) as error:
        item.error = str(error)
        return
    if labels is not None:
        item.counts, item.size = label_counts(labels), labels.size
