"""Merge, remove and reorder classes of a project, all of its labels with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from imageseg.classes import ClassEdit, ClassScheme
from imageseg.errors import ProjectError
from imageseg.masks import Labels, remap_labels
from imageseg.project.contents import Contents, ModelEntry, ProjectImage
from imageseg.project.disk import Layout, stems
from imageseg.project.document import text_of
from imageseg.project.journal import Journal, Step, last_step
from imageseg.project.labels import read_map, read_told, write_map
from imageseg.tasks import Progress, Task


def edit_task(layout: Layout, contents: Contents, edit: ClassEdit) -> Task[Contents]:
    """Take all labels of a project along with an edit of its classes.

    Closing the task leaves everything as it was.

    Raises
    ------
    ProjectError
        The edit is of other classes than those of the project.
    ImageReadError
        An annotation is damaged; nothing is changed.
    """
    if edit.before != contents.scheme:
        raise ProjectError(
            "The classes have changed since this edit was made. Make it again."
        )
    after = replace(
        contents,
        scheme=edit.after,
        models=tuple(_relabelled(model, edit.mapping) for model in contents.models),
    )
    step: dict[str, object] = {
        "before": edit.before.to_dict(),
        "after": edit.after.to_dict(),
        "mapping": edit.mapping,
        "models": {model.id: model.labels for model in contents.models},
    }

    def change(_path: Path, labels: Labels) -> Labels:
        return remap_labels(labels, edit.mapping)

    return (yield from _rewrite(layout, change, after, step, edit.inverse))


def undo_task(layout: Layout, contents: Contents) -> Task[Contents]:
    """Take the last edit of classes back; what was painted since stays.

    Raises
    ------
    ProjectError
        There is none.
    """
    step = last_step(layout)
    undo = _Undo.of(step, contents.scheme)
    known = step.values["models"]
    models = tuple(
        replace(model, labels=tuple(known[model.id]))
        if model.id in known
        else _relabelled(model, undo.inverse)
        for model in contents.models
    )
    after = replace(contents, scheme=undo.scheme, models=models)

    def change(path: Path, labels: Labels) -> Labels:
        old = step.old(path, layout)
        return undo.labels(labels, read_map(old) if old.exists() else None)

    return (yield from _rewrite(layout, change, after, {"undoes": step.folder.name}))


@dataclass(frozen=True, slots=True)
class _Undo:
    """How labels are brought back behind an edit."""

    edit: ClassEdit
    scheme: ClassScheme
    inverse: tuple[int, ...]

    @classmethod
    def of(cls, step: Step, now: ClassScheme) -> _Undo:
        """Keep what happened since: classes added, and names and colours."""
        values = step.values
        edit = ClassEdit(
            ClassScheme.from_dict(values["before"]),
            ClassScheme.from_dict(values["after"]),
            tuple(values["mapping"]),
        )
        n_before, n_after = len(edit.before), len(edit.after)
        classes = list(edit.before)
        for new, old in enumerate(edit.inverse[1:], start=1):
            if now[new] != edit.after[new]:
                classes[old - 1] = replace(now[new], id=old)
        for added in now.classes[n_after:]:
            classes.append(replace(added, id=len(classes) + 1))
        inverse = (*edit.inverse, *range(n_before + 1, len(classes) + 1))
        return cls(edit, replace(now, classes=tuple(classes)), inverse)

    def labels(self, now: Labels, old: Labels | None) -> Labels:
        """Return the old labels where nothing was painted since, else today's."""
        back = remap_labels(now, self.inverse)
        if old is None or old.shape != now.shape:
            return back
        untouched = remap_labels(old, self.edit.mapping) == now
        return np.where(untouched, old, back)


def _rewrite(
    layout: Layout,
    change: Callable[[Path, Labels], Labels],
    after: Contents,
    step: dict[str, object],
    inverse: tuple[int, ...] = (),
) -> Task[Contents]:
    """Write all label files anew where they change, and the description, as one.

    Parameters
    ----------
    layout
        Of the project.
    change
        Returns the new labels of a file.
    after
        The new contents, but for what is counted in the labels.
    step
        Of the journal.
    inverse
        What leads back; files that it does not bring back are kept.
    """
    journal = Journal(layout)
    journal.begin()
    paths = _label_files(layout)
    counted: dict[str, tuple[int, ...]] = {}
    for i, path in enumerate(paths):
        yield Progress(done=i, total=len(paths), message=path.stem)
        labels = read_map(path)
        changed = change(path, labels)
        if inverse and not np.array_equal(labels, remap_labels(changed, inverse)):
            journal.keep(path)
        if not np.array_equal(labels, changed):
            told = {k: str(v) for k, v in read_told(path).items() if k in _TOLD}
            write_map(journal.staged(path), changed, **told)
        if path.parent == layout.annotations:
            counted[path.stem] = label_counts(changed, len(after.scheme))
    after = replace(after, images=tuple(_with_counts(i, counted) for i in after.images))
    journal.decide(text_of(after), step)
    journal.complete()
    return after


_TOLD = ("image", "model")


def label_counts(labels: Labels, classes: int) -> tuple[int, ...]:
    """Return how many pixels have each label, from 0 to the number of classes."""
    counts = np.bincount(labels.ravel(), minlength=classes + 1)
    return tuple(counts.tolist())


def _label_files(layout: Layout) -> list[Path]:
    kinds = (
        (layout.annotations, layout.annotation),
        (layout.predictions, layout.prediction),
    )
    return [name(stem) for folder, name in kinds for stem in sorted(stems(folder))]


def _with_counts(
    image: ProjectImage, counted: dict[str, tuple[int, ...]]
) -> ProjectImage:
    return replace(image, counts=counted.get(image.id, image.counts))


def _relabelled(model: ModelEntry, mapping: tuple[int, ...]) -> ModelEntry:
    labels = tuple(mapping[k] if k < len(mapping) else k for k in model.labels)
    return replace(model, labels=labels)
