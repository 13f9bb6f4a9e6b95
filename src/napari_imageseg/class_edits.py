"""Merge, remove and reorder classes, and take all that has labels along."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from imageseg.classes import ClassEdit, ClassScheme
from imageseg.errors import ImageSegError, SettingsError
from imageseg.project import Project
from imageseg.tasks import Task
from napari_imageseg import class_jobs
from napari_imageseg.class_choice import Chosen
from napari_imageseg.class_jobs import Before, Carried, Frozen
from napari_imageseg.class_steps import ClassStep, carry_scheme, with_extras
from napari_imageseg.drafting import Parts
from napari_imageseg.items import ImageItem
from napari_imageseg.journal import Action, Then
from napari_imageseg.keeper import Keeper
from napari_imageseg.keeping import padded
from napari_imageseg.workbench import Workbench

if TYPE_CHECKING:
    from imageseg.model import SegmentationModel

TITLE = "Changing classes"


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
        step = ClassStep(title, make, edit, classes.chosen)

        def then(error: Exception | None) -> None:
            if error is not None:
                self._bench.messages.fail(TITLE, error)
                return
            self._go_there(step)
            undo, redo = partial(self._go_back, step), partial(self._go_there, step)
            prepare = partial(self._prepare, step)
            step.action = Action(title, undo, redo, step.nbytes, prepare=prepare)
            self._bench.journal.record(step.action)

        self._prepare(step, False, then)  # noqa: FBT003  as the journal calls it

    # -- in the background ----------------------------------------------------

    def _prepare(self, step: ClassStep, back: bool, then: Then) -> None:  # noqa: FBT001
        """Rewrite labels in the background, when all that was painted is saved."""
        hindrance = self._hindrance()
        if hindrance:
            then(ImageSegError(hindrance))
            return
        asked = self._keeper.project, self._bench.classes.scheme

        def begin() -> None:
            hindrance = self._hindrance() or self._overtaken(step, back, *asked)
            if hindrance:  # it came up while the project was saved
                then(ImageSegError(hindrance))
            else:
                self._begin(step, back, then)

        self._keeper.when_saved(begin, then)

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

    def _overtaken(
        self,
        step: ClassStep,
        back: bool,  # noqa: FBT001
        project: Project | None,
        scheme: ClassScheme,
    ) -> str:
        """Return what came before an edit that waited; empty if nothing did.

        Parameters
        ----------
        step, back
            The edit, and whether it is to be taken back.
        project, scheme
            Those for which it was asked; there may be a first project since.
        """
        bench, action = self._bench, step.action
        if project is not None and project is not self._keeper.project:
            return "The project is another one now. Look whether you still want it."
        next_ = action is None or bench.journal.is_next(action, back=back)
        if not next_ or bench.classes.scheme is not scheme:
            return "Something else was done before it could begin. Try again."
        return ""

    def _begin(self, step: ClassStep, back: bool, then: Then) -> None:  # noqa: FBT001
        project = self._keeper.project
        scheme = self._bench.classes.scheme
        known = scheme if project is None else padded(scheme, project.scheme)
        if not back:
            step.edit = with_extras(step.make(scheme), known)
            step.in_project = project is not None
        self._hold(step.title)
        found = [item for item in self._bench.images.known if _in_memory(item)]
        frozen = [_frozen(item, step.kept.get(item), back=back) for item in found]
        task: Task[list[Carried] | Exception]
        if back:
            way = None if step.in_project else with_extras(step.edit.back, known)
            undo = class_jobs.undo_task
            task = undo(frozen, step.mapping, project, step.edit, way)
        else:
            task = class_jobs.edit_task(frozen, step.mapping, project, step.edit)
        done = partial(self._done, step, found, back, then)
        self._bench.runners.saving.submit(TITLE, task, done)

    def _done(
        self,
        step: ClassStep,
        items: Sequence[ImageItem],
        back: bool,  # noqa: FBT001
        then: Then,
        found: list[Carried] | Exception,
    ) -> None:
        """Show what was rewritten, and go on with what waited for it."""
        table: Sequence[int] | None = None
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

    def _hold(self, title: str) -> None:
        """Keep everybody from reading and writing labels, and from undoing."""
        self._bench.journal.hold(title)
        self._keeper.hold()
        self._bench.images.hold()
        self._parts.annotator.hold()
        self._bench.classes.set_busy(busy=True)

    def _go_on(self, table: Sequence[int] | None) -> None:
        """Let everybody go on, with the labels as they are mapped; None: as before."""
        self._bench.journal.go_on(failed=table is None)
        self._bench.classes.set_busy(busy=False)
        self._parts.annotator.go_on(table or ())
        self._bench.images.go_on()
        self._bench.journal.catch_up()
        self._keeper.go_on()

    # -- on the main thread ---------------------------------------------------

    def _go_there(self, step: ClassStep) -> None:
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
        models = self._parts.models
        step.models = tuple(models.at_hand)
        bench.labels.carry(step.models, there)
        self._show(step, step.chosen.carried(edit))
        text = bench.labels.text(models.base or models.current, edit.after)
        if text:
            bench.messages.notified.emit(text)

    def _go_back(self, step: ClassStep) -> None:
        """Show classes and labels as they were before an edit."""
        bench, back = self._bench, step.mapping.back
        way = step.make(step.chosen.scheme).back
        for item in bench.images.known:
            if item in step.schemes:
                item.scheme = step.schemes[item]
            elif item.scheme is not None:  # predicted since, and not by the user
                same = item.scheme == bench.classes.scheme
                item.scheme = way.after if same else carry_scheme(item.scheme, way)
            item.counts = step.counts.get(
                item, class_jobs.carry_counts(item.counts, back)
            )
        models = self._parts.models.at_hand
        bench.labels.take_back(models, back, step.models, step.labels)
        if step.in_project:
            self._believe_project(models)
        self._show(step, step.chosen)

    def _believe_project(self, models: Sequence[SegmentationModel]) -> None:
        """Take the labels of models from the project, whose history has them.

        The edit did not see a model that was being opened then: what was merged cannot
        be told apart by going back from its labels of today.
        """
        for model in models:
            labels = self._keeper.labels_of(model)
            if labels:
                self._bench.labels.note(model, labels)

    def _show(self, step: ClassStep, chosen: Chosen) -> None:
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
