"""Merge, remove and reorder classes, and take all that has labels along."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from imageseg.classes import ClassEdit, ClassScheme
from imageseg.errors import ImageSegError, SettingsError
from imageseg.tasks import Task
from napari_imageseg import class_jobs
from napari_imageseg.class_choice import Chosen
from napari_imageseg.class_jobs import Before, Carried, Frozen, Mapping
from napari_imageseg.drafting import Parts
from napari_imageseg.items import ImageItem
from napari_imageseg.journal import Action, Then
from napari_imageseg.keeper import Keeper
from napari_imageseg.keeping import padded
from napari_imageseg.model_labels import LabelsOfModels
from napari_imageseg.workbench import Workbench

TITLE = "Changing classes"


@dataclass(slots=True, eq=False)
class _Step:
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
    schemes, counts
        Of images, before.
    kept
        Labels that were in memory, before.
    carried
        What is to be put into memory now.
    """

    title: str
    make: Callable[[ClassScheme], ClassEdit]
    edit: ClassEdit
    chosen: Chosen
    labels: LabelsOfModels = ()
    schemes: dict[ImageItem, ClassScheme] = field(default_factory=dict)
    counts: dict[ImageItem, NDArray[np.int64]] = field(default_factory=dict)
    kept: dict[ImageItem, Before] = field(default_factory=dict)
    carried: list[tuple[ImageItem, Carried]] = field(default_factory=list)

    @property
    def mapping(self) -> Mapping:
        """What becomes of labels."""
        return Mapping.of(self.edit)

    @property
    def nbytes(self) -> int:
        """Memory that it keeps."""
        return sum(before.nbytes for before in self.kept.values())


class ClassEditor:
    """Changes which classes there are, in one step that undo takes back.

    Labels are rewritten in the background, those that are away in the project too.
    What is painted meanwhile is taken in afterwards, under its new label.

    Parameters
    ----------
    bench
        What it shares with the other parts of a session.
    parts
        Those who have labels.
    keeper
        Where the project is.
    """

    def __init__(self, bench: Workbench, parts: Parts, keeper: Keeper) -> None:
        self._bench = bench
        self._parts = parts
        self._keeper = keeper

    def merge(self, source: int, into: int) -> None:
        """Give the pixels of one class to another."""
        scheme = self._bench.classes.scheme
        title = f"merging {_name(scheme, source)} into {_name(scheme, into)}"
        self._do(title, lambda scheme: scheme.merge(source, into=into))

    def remove(self, label: int) -> None:
        """Take a class away; its pixels are annotated no more."""
        title = f"removal of {_name(self._bench.classes.scheme, label)}"
        self._do(title, lambda scheme: scheme.without(label))

    def move(self, label: int, position: int) -> None:
        """Give a class another place; the first is 1."""

        def make(scheme: ClassScheme) -> ClassEdit:
            order = [c.id for c in scheme if c.id != label]
            order.insert(position - 1, label)
            return scheme.reordered(order)

        if position in range(1, len(self._bench.classes.scheme) + 1):
            self._do(f"moving {_name(self._bench.classes.scheme, label)}", make)

    def annotated_pixels(self, label: int) -> int:
        """Return how many pixels of all images are annotated with a class."""
        return sum(int(item.counts[label]) for item in self._bench.images.known)

    def _do(self, title: str, make: Callable[[ClassScheme], ClassEdit]) -> None:
        """Make an edit that people asked for."""
        classes = self._bench.classes
        try:
            edit = make(classes.scheme)
        except SettingsError as error:
            self._bench.messages.fail(TITLE, error)
            return
        if edit.mapping == tuple(range(len(classes.scheme) + 1)):
            return
        step = _Step(title, make, edit, classes.chosen)

        def then(error: Exception | None) -> None:
            if error is not None:
                self._bench.messages.fail(TITLE, error)
                return
            self._go_there(step)
            undo, redo = partial(self._go_back, step), partial(self._go_there, step)
            self._bench.journal.record(
                Action(title, undo, redo, step.nbytes, prepare=self._preparing(step))
            )

        self._prepare(step, False, then)  # noqa: FBT003  as the journal calls it

    # -- in the background ----------------------------------------------------

    def _preparing(self, step: _Step) -> Callable[[bool, Then], None]:
        return partial(self._prepare, step)

    def _prepare(self, step: _Step, back: bool, then: Then) -> None:  # noqa: FBT001
        """Rewrite labels in the background, when all that was painted is saved."""
        hindrance = self._hindrance()
        if hindrance:
            then(ImageSegError(hindrance))
            return
        self._keeper.when_saved(partial(self._begin, step, back, then), then)

    def _hindrance(self) -> str:
        """Return why classes cannot be changed now; empty if they can."""
        runners = self._bench.runners
        if self._bench.classes.busy:
            return "The classes are being changed already. Wait a moment."
        if self._keeper.read_only:
            return (
                f"{self._keeper.name} is open for reading only. Save it as another "
                "project first."
            )
        if runners.work.busy or runners.training.busy:
            return (
                "Images are being predicted, or a model is being trained, for the "
                "classes of today. Wait for the end, or stop it."
            )
        return ""

    def _begin(self, step: _Step, back: bool, then: Then) -> None:  # noqa: FBT001
        hindrance = self._hindrance()
        if hindrance:  # it came up while the project was saved
            then(ImageSegError(hindrance))
            return
        project = self._keeper.project
        scheme = self._bench.classes.scheme
        if not back:
            known = scheme if project is None else padded(scheme, project.scheme)
            step.edit = _with_extras(step.make(scheme), known)
        self._hold()
        found = [item for item in self._bench.images.known if _in_memory(item)]
        frozen = [_frozen(item, step.kept.get(item), back=back) for item in found]
        make = class_jobs.undo_task if back else class_jobs.edit_task
        task: Task[list[Carried] | Exception]
        task = make(frozen, step.mapping, project, step.edit)
        done = partial(self._done, step, found, back, then)
        self._bench.runners.saving.submit(TITLE, task, done)

    def _done(
        self,
        step: _Step,
        items: Sequence[ImageItem],
        back: bool,  # noqa: FBT001
        then: Then,
        found: list[Carried] | Exception,
    ) -> None:
        """Show what was rewritten, and go on with what waited for it."""
        table: Sequence[int] = ()
        try:
            if isinstance(found, Exception):
                then(found)
            else:
                step.carried = list(zip(items, found, strict=True))
                table = step.mapping.back if back else step.mapping.there
                then(None)
        finally:
            step.carried = []
            self._go_on(table)

    def _hold(self) -> None:
        """Keep everybody from reading and writing labels."""
        self._keeper.hold()
        self._bench.images.hold()
        self._parts.annotator.hold()
        self._bench.classes.set_busy(busy=True)

    def _go_on(self, table: Sequence[int]) -> None:
        self._bench.classes.set_busy(busy=False)
        self._parts.annotator.go_on(table)
        self._bench.images.go_on()
        self._keeper.go_on()

    # -- on the main thread ---------------------------------------------------

    def _go_there(self, step: _Step) -> None:
        """Show the classes of an edit, and all labels under them."""
        bench, items = self._bench, self._bench.images.known
        there = step.mapping.there
        step.chosen, step.labels = bench.classes.chosen, bench.labels.known
        step.schemes = {item: item.scheme for item in items if item.scheme is not None}
        step.counts = {item: item.counts for item in items if item.annotated_pixels}
        step.kept = {item: one.before for item, one in step.carried if one.before}
        edit = step.make(step.chosen.scheme)
        for item, scheme in step.schemes.items():
            same = scheme == edit.before
            item.scheme = edit.after if same else carry_scheme(scheme, edit)
        for item, counts in step.counts.items():
            item.counts = class_jobs.carry_counts(counts, there)
        bench.labels.carry(self._parts.models.at_hand, there)
        self._show(step, step.chosen.carried(edit))
        models = self._parts.models
        text = bench.labels.text(models.base or models.current, edit.after)
        if text:
            bench.messages.notified.emit(text)

    def _go_back(self, step: _Step) -> None:
        """Show classes and labels as they were before an edit."""
        back = step.mapping.back
        for item in self._bench.images.known:
            item.scheme = step.schemes.get(item, item.scheme)
            item.counts = step.counts.get(
                item, class_jobs.carry_counts(item.counts, back)
            )
        self._bench.labels.known = step.labels
        self._show(step, step.chosen)

    def _show(self, step: _Step, chosen: Chosen) -> None:
        """Show labels, and then classes, and tell everybody."""
        bench, parts = self._bench, self._parts
        for item, carried in step.carried:
            _put(item, carried)
        bench.classes.restore(chosen, bench.measurer.use_scheme)
        for item, _ in step.carried:
            if item.prediction is not None:
                parts.predictor.predicted.emit(item)
            parts.annotator.rewritten.emit(item)
        others = [
            item
            for item in bench.images.known
            if item.density is not None and item.scheme != chosen.scheme
        ]
        bench.measurer.measure(others)
        parts.trainer.forget()
        bench.images.changed.emit()
        parts.models.changed.emit()


def carry_scheme(scheme: ClassScheme, edit: ClassEdit) -> ClassScheme:
    """Take the classes of another model's rows along with an edit of today's classes.

    Their labels change with all others; a class that they do not have gets the name of
    today.
    """
    back, known = edit.inverse, len(edit.before)
    classes = [
        scheme[back[c.id]] if back[c.id] <= len(scheme) else c for c in edit.after
    ]
    classes += scheme.classes[known:]
    taken: set[str] = set()
    found = []
    for label, definition in enumerate(classes, start=1):
        name, number = definition.name, 2
        while name.casefold() in taken:
            name, number = f"{definition.name} {number}", number + 1
        taken.add(name.casefold())
        found.append(replace(definition, id=label, name=name))
    return replace(scheme, classes=tuple(found))


def _with_extras(edit: ClassEdit, whole: ClassScheme) -> ClassEdit:
    """Return an edit that leaves the further classes of a project where they are."""
    extras = whole.classes[len(edit.before) :]
    first = len(edit.after) + 1
    after = (*edit.after, *(replace(c, id=i) for i, c in enumerate(extras, first)))
    labels = range(first, first + len(extras))
    return ClassEdit(whole, replace(whole, classes=after), (*edit.mapping, *labels))


def _in_memory(item: ImageItem) -> bool:
    return item.annotation is not None or item.prediction is not None


def _frozen(item: ImageItem, before: Before | None, *, back: bool) -> Frozen:
    """Copy what people paint on meanwhile."""
    annotation, corrected = item.annotation, item.corrected
    return Frozen(
        annotation=None if annotation is None else annotation.copy(),
        prediction=item.prediction,
        corrected=None if corrected is None else corrected.copy(),
        before=before if back else None,
        saved=item.saved if back else None,
    )


def _put(item: ImageItem, carried: Carried) -> None:
    """Put labels into memory: annotation in place, for layers share it.

    Predictions are other arrays: the history has the old ones, to go back to.
    """
    if item.annotation is not None and carried.annotation is not None:
        item.annotation[...] = carried.annotation
        item.counts = carried.counts
    if item.prediction is not None and carried.prediction is not None:
        item.prediction, item.corrected = carried.prediction, carried.corrected


def _name(scheme: ClassScheme, label: int) -> str:
    return scheme[label].name if 1 <= label <= len(scheme) else f"class {label}"
