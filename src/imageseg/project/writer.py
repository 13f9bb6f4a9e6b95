"""The right to write in a project, and edits of its classes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Self

from imageseg.classes import ClassEdit
from imageseg.errors import ProjectError
from imageseg.project.contents import Contents
from imageseg.project.disk import Layout, sweep
from imageseg.project.document import keep_replaced, write_document
from imageseg.project.journal import Journal
from imageseg.project.lock import Lock
from imageseg.project.opening import read_contents
from imageseg.project.reader import ProjectReader
from imageseg.project.reclass import edit_task, undo_task
from imageseg.tasks import Task, drain


class ProjectWriter(ProjectReader):
    """A project with the right to write in it.

    Parameters
    ----------
    layout
        Of the project.
    contents
        As read from it.
    lock
        The right to write; None for a project that is only read.
    """

    def __init__(self, layout: Layout, contents: Contents, lock: Lock | None) -> None:
        super().__init__(layout, contents)
        self._lock = lock
        self._swept = False
        self._busy = False

    @property
    def read_only(self) -> bool:
        """Whether nothing can be written."""
        return self._lock is None

    def close(self) -> None:
        """Give the right to write back. All that was saved is saved already."""
        with self._guard:
            if self._lock is not None:
                self._lock.release()
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold other threads back while files are written.

        Raises
        ------
        ProjectError
            The project is open for reading only, or closed; its classes are being
            edited.
        ProjectInUseError
            Another window has taken the right to write.
        """
        with self._guard:
            if self._lock is None:
                raise ProjectError(
                    f"{self.folder} is open for reading only. Open it for writing."
                )
            if self._busy:
                raise ProjectError("The classes are being changed. Wait for the end.")
            self._lock.check()
            if not self._swept:
                sweep(self.layout)
                self._swept = True
            if self.problems:
                keep_replaced(self.layout)
                self._contents = replace(self._contents, problems=())
            yield

    def commit(self, contents: Contents) -> None:
        """Write another description; call it while `writing`.

        Raises
        ------
        OSError
            It cannot be written; everything is as before.
        """
        write_document(self.layout, contents)
        self._contents = contents

    # -- classes --------------------------------------------------------------

    def edit_classes_task(self, edit: ClassEdit) -> Task[None]:
        """Merge, remove or reorder classes; all labels are taken along as one step.

        Closing the task leaves everything as it was. A kill in its midst does so too,
        or the edit is completed when the project is opened.

        Parameters
        ----------
        edit
            As of `ClassScheme.merge`, `without`, `reordered`.

        Raises
        ------
        ProjectError
            The edit is of other classes.
        ImageReadError
            A label file is damaged; nothing is changed.
        """
        yield from self._reclassed(partial(edit_task, edit=edit))

    def undo_classes_task(self) -> Task[None]:
        """Take the last edit of classes back; what was painted since stays.

        Raises
        ------
        ProjectError
            There is none.
        """
        yield from self._reclassed(undo_task)

    def merge_classes(self, label: int, *, into: int) -> None:
        """Give the pixels of one class to another."""
        drain(self.edit_classes_task(self.scheme.merge(label, into=into)))

    def remove_class(self, label: int) -> None:
        """Take a class away; its pixels are annotated no more."""
        drain(self.edit_classes_task(self.scheme.without(label)))

    def reorder_classes(self, order: Sequence[int]) -> None:
        """Put the classes into another order, the one that becomes 1 first."""
        drain(self.edit_classes_task(self.scheme.reordered(order)))

    def undo_classes(self) -> None:
        """Take the last edit of classes back; see `undo_classes_task`."""
        drain(self.undo_classes_task())

    def _reclassed(
        self, edit: Callable[[Layout, Contents], Task[Contents]]
    ) -> Task[None]:
        """Run an edit of classes; nobody writes anything else meanwhile."""
        with self.writing():
            self._busy = True
        try:
            yield from edit(self.layout, self._contents)
        finally:
            Journal(self.layout).complete()
            with self._guard:
                self._contents = read_contents(self.layout)
                self._busy = False
