"""A project open for writing."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from imageseg.classes import ClassScheme
from imageseg.errors import ProjectError
from imageseg.masks import Labels
from imageseg.project.additions import add_files, add_pixels
from imageseg.project.changes import Changes, NewPrediction
from imageseg.project.contents import Contents, ProjectImage, Space, Status
from imageseg.project.disk import Layout, set_aside
from imageseg.project.document import is_project, layout_of, restore_previous
from imageseg.project.fields import problems_text
from imageseg.project.journal import Journal
from imageseg.project.lock import Lock
from imageseg.project.models import ProjectModels
from imageseg.project.opening import read_contents
from imageseg.project.saving import write_changes
from imageseg.project.whereabouts import Relocated, relocate_task
from imageseg.tasks import Task, drain

if TYPE_CHECKING:
    import pandas as pd

_LOG = logging.getLogger(__name__)


class Project(ProjectModels):
    """A folder in which the plugin and the command line keep what people do.

    Make one with `create`, open one with `open`, and close it. Properties are values
    in memory and may be asked for from any thread; everything else reads or writes
    files and belongs into a worker thread, all writing into the same one: what two
    threads write at once waits for each other, file by file. When a call that writes
    returns, what it wrote is on the disk.
    """

    # -- open and close -------------------------------------------------------

    @classmethod
    def create(cls, folder: Path | str, scheme: ClassScheme) -> Self:
        """Make a project in a folder, which may hold images already, and open it.

        Raises
        ------
        ProjectError
            It is a project already.
        OSError
            The folder cannot be written.
        """
        layout = layout_of(Path(folder).absolute())
        if is_project(layout.root):
            raise ProjectError(f"{layout.root} is a project already. Open it.")
        layout.root.mkdir(parents=True, exist_ok=True)
        project = cls(layout, Contents(scheme=scheme), Lock.take(layout.lock))
        try:
            project.save()
        except BaseException:
            project.close()
            raise
        return project

    @classmethod
    def open(
        cls,
        folder: Path | str,
        *,
        read_only: bool = False,
        previous: bool = False,
        force: bool = False,
    ) -> Self:
        """Open a project, by its folder or its ``project.json``.

        No image is opened, and nothing is changed but for a lock and for an edit of
        classes that was interrupted, which is completed or thrown away. Malformed
        fields of the description are told by `problems`, and have defaults; but for
        classes and images, which are needed.

        Parameters
        ----------
        folder
            Of the project.
        read_only
            Open it beside another window; nothing can be written.
        previous
            Go back to the description before the last save, if this one is damaged;
            that one is kept in ``removed``.
        force
            Take the right to write from another window, as of a computer that is no
            more.

        Raises
        ------
        ProjectFormatError
            It is no project, damaged, or from a newer version.
        ProjectInUseError
            Another window writes in it.
        OSError
            The folder cannot be written.
        """
        layout = layout_of(Path(folder).absolute())
        if read_only:
            return cls(layout, _read(layout, previous=previous), None)
        if not is_project(layout.root):
            read_contents(layout)  # says what is wrong
        lock = Lock.take(layout.lock, force=force)
        try:
            if previous:
                restore_previous(layout)
            Journal(layout).complete()
            return cls(layout, _read(layout), lock)
        except BaseException:
            lock.release()
            raise

    # -- save -----------------------------------------------------------------

    def save_task(self, changes: Changes) -> Task[None]:
        """Write changes: label files one by one, then the description.

        Closing the task keeps what is written by then.

        Raises
        ------
        ProjectError, SettingsError, ShapeMismatchError
            The changes do not fit the project; nothing is written.
        OSError
            The disk is full or cannot be written; what was written stands.
        """
        yield from write_changes(self, changes)

    def save(self, changes: Changes | None = None) -> None:
        """Write changes, or the description alone, at once; see `save_task`."""
        drain(self.save_task(changes or Changes()))

    def save_annotation(self, image_id: str, labels: Labels) -> None:
        """Write what is painted in an image; nothing painted removes the file."""
        self.save(Changes(annotations={image_id: labels}))

    def save_prediction(
        self,
        image_id: str,
        labels: Labels,
        model: str = "",
        confidence: NDArray[np.floating[Any]] | None = None,
    ) -> None:
        """Write a prediction, in the project's labels; see `NewPrediction`."""
        new = NewPrediction(labels=labels, model=model, confidence=confidence)
        self.save(Changes(predictions={image_id: new}))

    def set_status(self, image_id: str, status: Status) -> None:
        """Say how far work on an image has come."""
        self.save(Changes(statuses={image_id: status}))

    def save_densities(self, table: pd.DataFrame) -> Path:
        """Write the density table."""
        from imageseg.tables import write_table  # noqa: PLC0415  heavy

        with self.writing():
            return write_table(self.layout.densities, table)

    # -- images ---------------------------------------------------------------

    def add_images(self, paths: Iterable[Path | str]) -> tuple[ProjectImage, ...]:
        """Take image files into the project; they stay where they are.

        Returns
        -------
        added
            The new ones; files that the project has already are left out.

        Raises
        ------
        ImageReadError
            There is no such file; none is added.
        """
        with self.writing():
            added = add_files(self._contents, list(map(Path, paths)), self.layout)
            if added:
                self.commit(replace(self._contents, images=(*self.images, *added)))
        return added

    def add_pixels(
        self,
        name: str,
        array: Any,  # noqa: ANN401  of NumPy, Dask or Zarr
        space: Space | None = None,
    ) -> ProjectImage:
        """Write an image that has no file into the project, without loss.

        Parameters
        ----------
        name
            As people call it.
        array
            Of NumPy, Dask or Zarr.
        space
            Where its pixels lie.

        Raises
        ------
        SettingsError
            No image file keeps its values.
        OSError
            It cannot be written.
        """
        with self.writing():
            added = add_pixels(self._contents, name, array, space, self.layout)
            self.commit(replace(self._contents, images=(*self.images, added)))
        return added

    def remove_image(self, image_id: str) -> None:
        """Take an image out of the project; see `remove_images`."""
        self.remove_images([image_id])

    def remove_images(self, ids: Collection[str]) -> None:
        """Take images out of the project; what was made of them is in ``removed``.

        Their own files are never touched; those that lie in the project are kept as
        well.
        """
        with self.writing():
            gone = [self.image(image_id) for image_id in ids]
            images = tuple(image for image in self.images if image.id not in ids)
            current = "" if self.current in ids else self.current
            self.commit(replace(self._contents, images=images, current=current))
            for image in gone:
                self._set_aside(image)

    def _set_aside(self, image: ProjectImage) -> None:
        layout = self.layout
        inside = [image.path] if image.path.parent == layout.images else []
        for path in (
            *inside,
            layout.annotation(image.id),
            layout.prediction(image.id),
            layout.confidence(image.id),
        ):
            set_aside(path, layout.removed / path.parent.name)

    def relocate_task(self, folder: Path | str) -> Task[Relocated]:
        """Find image files that have moved, by name and size, in a folder."""
        found = yield from relocate_task(
            self.images, Path(folder).absolute(), self.folder
        )
        with self.writing():
            self.commit(self._contents.with_images(*found.found))
        return found

    def relocate(self, folder: Path | str) -> Relocated:
        """Find image files that have moved; see `relocate_task`."""
        return drain(self.relocate_task(folder))


def _read(layout: Layout, *, previous: bool = False) -> Contents:
    """Read a description, and log what of it is malformed."""
    contents = read_contents(layout, previous=previous)
    if contents.problems:
        path = layout.previous if previous else layout.description
        _LOG.warning(problems_text(path, contents.problems))
    return contents


def open_project(folder: Path | str, *, read_only: bool = False) -> Project:
    """Open a project; see `Project.open`."""
    return Project.open(folder, read_only=read_only)
