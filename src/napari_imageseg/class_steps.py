"""One edit of classes, with what it takes to go back, and what becomes of schemes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imageseg.classes import ClassDef, ClassEdit, ClassScheme
from napari_imageseg.class_choice import Chosen
from napari_imageseg.class_jobs import Before, Carried, LabelMapping
from napari_imageseg.items import ImageItem
from napari_imageseg.journal import Action
from napari_imageseg.model_labels import LabelsOfModels

if TYPE_CHECKING:
    from imageseg.model import SegmentationModel


@dataclass(slots=True, eq=False)
class ClassStep:
    """An edit of classes, with what it takes to go back.

    Attributes
    ----------
    title
        For people.
    make
        Makes the edit of a scheme.
    edit
        That of all labels there are: of the project's classes too.
    chosen, labels
        Classes and labels of models before.
    models
        Those that were taken along.
    schemes, counts
        Of images, before.
    kept
        Labels that were in memory, before.
    carried
        What is to be put into memory now.
    in_project
        Whether there was a project, whose own history can take it back.
    action
        It in the history; None before it is done.
    """

    title: str
    make: Callable[[ClassScheme], ClassEdit]
    edit: ClassEdit
    chosen: Chosen
    labels: LabelsOfModels = ()
    models: tuple[SegmentationModel, ...] = ()
    schemes: dict[ImageItem, ClassScheme] = field(default_factory=dict)
    counts: dict[ImageItem, NDArray[np.int64]] = field(default_factory=dict)
    kept: dict[ImageItem, Before] = field(default_factory=dict)
    carried: list[tuple[ImageItem, Carried]] = field(default_factory=list)
    in_project: bool = False
    action: Action | None = None

    @property
    def mapping(self) -> LabelMapping:
        """What becomes of labels."""
        return LabelMapping.of(self.edit)

    @property
    def nbytes(self) -> int:
        """Memory that it keeps."""
        return sum(before.nbytes for before in self.kept.values())


def carry_scheme(scheme: ClassScheme, edit: ClassEdit) -> ClassScheme:
    """Take the classes of another model's rows along with an edit of today's classes.

    Their labels change with all others; a class that they do not have gets the name of
    today.
    """
    back, known = edit.inverse, len(edit.before)
    classes = [
        scheme[back[c.id]] if 1 <= back[c.id] <= len(scheme) else c for c in edit.after
    ]
    return replace(scheme, classes=_numbered([*classes, *scheme.classes[known:]]))


def with_extras(edit: ClassEdit, whole: ClassScheme) -> ClassEdit:
    """Return an edit that leaves the further classes of a project where they are."""
    extras = whole.classes[len(edit.before) :]
    after = _numbered([*edit.after, *extras])
    labels = range(len(edit.after) + 1, len(after) + 1)
    return ClassEdit(whole, replace(whole, classes=after), (*edit.mapping, *labels))


def _numbered(classes: Sequence[ClassDef]) -> tuple[ClassDef, ...]:
    """Give classes the labels 1, 2, 3 …, and those of one name a number."""
    taken: set[str] = set()
    found = []
    for label, definition in enumerate(classes, start=1):
        name, number = definition.name, 2
        while name.casefold() in taken:
            name, number = f"{definition.name} {number}", number + 1
        taken.add(name.casefold())
        found.append(replace(definition, id=label, name=name))
    return tuple(found)
