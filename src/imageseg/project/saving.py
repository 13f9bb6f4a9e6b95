"""Changes brought onto the disk, file by file, and told in the description last."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from imageseg.errors import ImageReadError, ProjectError
from imageseg.masks import Labels
from imageseg.project.changes import Changes, NewPrediction
from imageseg.project.contents import Contents
from imageseg.project.disk import Layout, set_aside
from imageseg.project.effort import append_effort
from imageseg.project.labels import read_map, write_map
from imageseg.project.opening import with_status
from imageseg.project.reclass import label_counts
from imageseg.tasks import Progress, Task

if TYPE_CHECKING:
    from imageseg.project.writer import ProjectWriter


def write_changes(project: ProjectWriter, changes: Changes) -> Task[None]:
    """Write label files one by one, then the description.

    Raises
    ------
    ProjectError, SettingsError, ShapeMismatchError
        The changes do not fit the project; nothing is written.
    OSError
        The disk is full or cannot be written; what was written stands.
    """
    changes.check(project.contents)
    _check_labels(changes, project.contents)
    written = _Written(project.layout)
    try:
        yield from _write_files(project, changes, written)
    except BaseException:
        if written.values:
            with (
                contextlib.suppress(OSError),
                project.writing(),
            ):  # the first error tells
                project.commit(written.told(project.contents))
        raise
    with project.writing():
        contents = changes.described(project.contents)
        project.commit(written.told(contents, decided=changes.statuses))
        if changes.effort:
            append_effort(project.layout.effort, changes.effort)


def _write_files(
    project: ProjectWriter, changes: Changes, written: _Written
) -> Task[None]:
    total = len(changes.annotations) + len(changes.predictions)
    done = 0
    for image, labels in changes.annotations.items():
        yield Progress(done=done, total=total, message=image)
        with project.writing():
            written.annotation(
                image,
                labels,
                classes=len(changes.scheme or project.scheme),
                suspect=bool(project.image(image).error),
            )
        done += 1
    for image, new in changes.predictions.items():
        yield Progress(done=done, total=total, message=image)
        with project.writing():
            written.prediction(image, new)
        done += 1


@dataclass(slots=True)
class _Written:
    """What is on the disk and not yet in the description.

    Attributes
    ----------
    layout
        Of the project.
    values
        The fields of `ProjectImage` to be changed, by image.
    """

    layout: Layout
    values: dict[str, dict[str, Any]] = field(default_factory=dict)

    def annotation(
        self, image: str, labels: Labels, *, classes: int, suspect: bool
    ) -> None:
        """Write an annotation, or remove the file of an empty one.

        Parameters
        ----------
        image, labels
            Whose, and what is painted.
        classes
            How many there are, to be counted.
        suspect
            Whether the file that is there may be damaged; then it is kept aside.
        """
        path = self.layout.annotation(image)
        painted = bool(labels.any())
        if suspect and _is_damaged(path):
            set_aside(path, self.layout.removed / path.parent.name)
        if painted:
            write_map(path, labels, image=image)
        else:
            path.unlink(missing_ok=True)
        counts = label_counts(labels, classes) if painted else ()
        self._tell(image, annotated=painted, counts=counts)

    def prediction(self, image: str, new: NewPrediction | None) -> None:
        """Write a prediction, or none; the confidence of an older one goes first."""
        path = self.layout.confidence(image)
        path.unlink(missing_ok=True)
        if new is None:
            self.layout.prediction(image).unlink(missing_ok=True)
            self._tell(image, predicted=False, predicted_by="")
            return
        write_map(
            self.layout.prediction(image), new.labels, image=image, model=new.model
        )
        if new.confidence is not None:
            steps = np.rint(np.clip(new.confidence, 0, 1) * 255).astype(np.uint8)
            write_map(path, steps, image=image, model=new.model)
        self._tell(image, predicted=True, predicted_by=new.model)

    def told(self, contents: Contents, decided: Collection[str] = ()) -> Contents:
        """Return contents that tell of what is written.

        Parameters
        ----------
        contents
            Those before.
        decided
            Images whose status somebody has decided.
        """
        changed = []
        for image in contents.images:
            if image.id in self.values:
                new = replace(image, **self.values[image.id])
                changed.append(new if image.id in decided else with_status(new))
        return contents.with_images(*changed)

    def _tell(self, image: str, **values: object) -> None:
        self.values.setdefault(image, {}).update(values)


def _is_damaged(path: Path) -> bool:
    try:
        read_map(path)
    except ImageReadError:
        return path.exists()
    return False


def _check_labels(changes: Changes, contents: Contents) -> None:
    scheme = changes.scheme or contents.scheme
    for image, labels in changes.annotations.items():
        highest = int(labels.max(initial=0))
        if highest > len(scheme):
            raise ProjectError(
                f"The annotation of {image} holds the label {highest}, but there are "
                f"only {len(scheme)} classes. Add the class or repaint those pixels."
            )
