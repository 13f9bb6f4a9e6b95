"""A project carried to another folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from imageseg.errors import ProjectError
from imageseg.project.contents import ProjectImage
from imageseg.project.disk import Layout, durable_path
from imageseg.project.document import (
    is_project,
    keep_replaced,
    layout_of,
    write_document,
)
from imageseg.project.project import Project
from imageseg.project.reader import ProjectReader
from imageseg.project.whereabouts import moved
from imageseg.tasks import Progress, Task


def copy_task(project: ProjectReader, folder: Path | str) -> Task[Project]:
    """Copy a project to another folder and open the copy for writing.

    Images stay where they are, but for those that are kept in the project. The
    description is written last: until then the copy is no project.

    Raises
    ------
    ProjectError
        There is a project already.
    OSError
        The folder cannot be written.
    """
    old, new = project.layout, layout_of(Path(folder).absolute())
    if is_project(new.root):
        raise ProjectError(f"{new.root} is a project already. Choose another folder.")
    contents = project.contents
    files = list(_files(old))
    for i, path in enumerate(files):
        yield Progress(done=i, total=len(files), message=path.name)
        with durable_path(new.root / path.relative_to(old.root)) as temporary:
            shutil.copyfile(path, temporary)
    if project.problems:
        keep_replaced(old, new)
    images = tuple(_carried(image, old, new) for image in contents.images)
    write_document(new, replace(contents, images=images))
    return Project.open(new.root)


def _files(layout: Layout) -> Iterator[Path]:
    """Find all that belongs to a project beside its description."""
    for folder in (
        *(layout.images, layout.annotations, layout.predictions),
        *(layout.confidences, layout.models, layout.removed, layout.history),
    ):
        yield from (path for path in sorted(folder.rglob("*")) if path.is_file())
    for path in (layout.densities, layout.effort):
        if path.is_file():
            yield path


def _carried(image: ProjectImage, old: Layout, new: Layout) -> ProjectImage:
    """Return an image as the copy knows it."""
    inside = image.path.parent == old.images
    return moved(
        image, new.images / image.path.name if inside else image.path, new.root
    )
