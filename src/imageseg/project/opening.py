"""What opening a project finds in its folders, without opening a single image."""

from __future__ import annotations

from dataclasses import replace

from imageseg.project.contents import Contents, ProjectImage, Status
from imageseg.project.disk import DESCRIPTION, Layout, stems
from imageseg.project.document import contents_of, read_document
from imageseg.project.journal import Journal
from imageseg.project.whereabouts import Finder


def read_contents(layout: Layout, *, previous: bool = False) -> Contents:
    """Read a project's description and look which files are there.

    An edit of classes that is decided, but not completed, is seen as completed.

    Raises
    ------
    ProjectFormatError
        There is no project, it is damaged, or from a newer version.
    """
    staged = Journal(layout).seen(layout.description)
    if staged != layout.description and not previous:
        contents = contents_of(staged.read_text("utf-8"), layout.root / DESCRIPTION)
    else:
        contents = read_document(layout, previous=previous)
    return as_found(contents, layout)


def as_found(contents: Contents, layout: Layout) -> Contents:
    """Return contents in which images know their files.

    A writer that was killed may have written an annotation and not yet that it is
    there: files are believed.
    """
    annotated, predicted = stems(layout.annotations), stems(layout.predictions)
    finder = Finder(layout.root)
    images = tuple(
        replace(
            image,
            file=finder.find(image.whereabouts),
            annotated=image.id in annotated,
            predicted=image.id in predicted,
            status=_status(image.status, image.id in annotated, image.id in predicted),
        )
        for image in contents.images
    )
    ids = {image.id for image in images}
    models = {entry.id for entry in contents.models}
    return replace(
        contents,
        images=images,
        current=contents.current if contents.current in ids else "",
        model=contents.model if contents.model in models else "",
        proposed=contents.proposed if _is_there(contents, layout) else "",
    )


def _is_there(contents: Contents, layout: Layout) -> bool:
    """Say whether the proposed model is there: it may have been deleted since."""
    known = contents.proposed in {entry.id for entry in contents.models}
    return known and layout.model(contents.proposed).is_file()


def with_status(image: ProjectImage) -> ProjectImage:
    """Return an image whose status agrees with its files.

    What people decided, *reviewed* and *validation*, stays.
    """
    status = _status(image.status, image.annotated, image.predicted)
    return replace(image, status=status)


def _status(status: Status, annotated: bool, predicted: bool) -> Status:  # noqa: FBT001
    if status in ("reviewed", "validation"):
        return status
    if annotated:
        return "annotated"
    return "predicted" if predicted else "new"
