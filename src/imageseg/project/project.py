"""A project open for writing."""

from __future__ import annotations

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
from imageseg.project.contents import Contents, ModelEntry, ProjectImage, Space, Status
from imageseg.project.disk import set_aside
from imageseg.project.document import is_project, layout_of, restore_previous
from imageseg.project.journal import Journal
from imageseg.project.lineage import Story, entry_of, write_model
from imageseg.project.lock import Lock
from imageseg.project.names import unique_name
from imageseg.project.opening import read_contents
from imageseg.project.saving import write_changes
from imageseg.project.whereabouts import Relocated, relocate_task
from imageseg.project.writer import ProjectWriter
from imageseg.tasks import Task, drain

if TYPE_CHECKING:
    import pandas as pd

    from imageseg.model import SegmentationModel


class Project(ProjectWriter):
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
        classes that was interrupted, which is completed or thrown away.

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
            return cls(layout, read_contents(layout, previous=previous), None)
        if not is_project(layout.root):
            read_contents(layout)  # says what is wrong
        lock = Lock.take(layout.lock, force=force)
        try:
            if previous:
                restore_previous(layout)
            Journal(layout).complete()
            return cls(layout, read_contents(layout), lock)
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

    # -- models ---------------------------------------------------------------

    def add_model(
        self, model: SegmentationModel | Path | str, story: Story | None = None
    ) -> ModelEntry:
        """Write a model into the lineage.

        Parameters
        ----------
        model
            A model, a model file or the name of a bundled model; files are copied.
        story
            Where it comes from; by default it is a candidate without a parent.

        Raises
        ------
        ModelFormatError
            There is no such model, or it is none of ours.
        ProjectError
            The parent is not in the lineage.
        """
        story = story or Story()
        with self.writing():
            if story.parent:
                self.entry(story.parent)
            named = model.stem if isinstance(model, Path) else model
            name = named if isinstance(named, str) else named.spec.name
            model_id = self.free_model_id(Path(name).stem)
            spec = write_model(self.layout.model(model_id), model)
            entry = entry_of(model_id, spec, story, self.scheme)
            in_use = entry.id if story.accepted else self.model
            models = (*self.models, entry)
            self.commit(replace(self._contents, models=models, model=in_use))
        return entry

    def free_model_id(self, name: str) -> str:
        """Return the id that a new model of this name gets."""
        return unique_name(name, {entry.id.casefold() for entry in self.models})

    def use_model(self, model_id: str) -> None:
        """Take a model of the lineage into use; a candidate is accepted by it."""
        with self.writing():
            accepted = replace(self.entry(model_id), accepted=True)
            contents = self._contents.with_model(accepted)
            self.commit(replace(contents, model=model_id))

    def remove_model(self, model_id: str) -> None:
        """Take a model out of the lineage; its file is kept in ``removed``.

        Raises
        ------
        ProjectError
            It is in use.
        """
        with self.writing():
            if self.entry(model_id).id == self.model:
                raise ProjectError(f"{model_id} is in use. Use another model first.")
            models = tuple(entry for entry in self.models if entry.id != model_id)
            self.commit(replace(self._contents, models=models))
            set_aside(self.layout.model(model_id), self.layout.removed / "models")


def open_project(folder: Path | str, *, read_only: bool = False) -> Project:
    """Open a project; see `Project.open`."""
    return Project.open(folder, read_only=read_only)
