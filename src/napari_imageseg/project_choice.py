"""Which project a session works in: new, opened, named, found again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from psygnal import Signal

from imageseg.errors import ImageSegError, ProjectInUseError
from imageseg.project import ModelEntry, Project
from imageseg.project.fields import problems_text
from napari_imageseg import jobs
from napari_imageseg.drafting import Drafter
from napari_imageseg.keeper import Keeper
from napari_imageseg.keeping import SavedImage
from napari_imageseg.models import ModelChoice
from napari_imageseg.opening import (
    Opened,
    Unsaved,
    close_task,
    copy_to_task,
    open_task,
    unsaved_task,
)
from napari_imageseg.proposals import proposal_of
from napari_imageseg.workbench import Workbench

if TYPE_CHECKING:
    from imageseg.model import SegmentationModel


class ProjectChoice:
    """Goes from one project to another; what was done in the first is saved.

    Parameters
    ----------
    bench
        What it shares with the other parts of a session.
    keeper
        Writes into the project.
    drafter
        Knows what is written.
    models
        The model in use.
    """

    opened = Signal(object)
    """A project was opened; carries what the front end wrote into it."""
    in_use = Signal(object, Exception)
    """A folder could not be opened: another window writes in it."""
    unsaved_changed = Signal()
    """Work without a name was found, or is no longer there."""

    def __init__(
        self, bench: Workbench, keeper: Keeper, drafter: Drafter, models: ModelChoice
    ) -> None:
        self._bench = bench
        self._keeper = keeper
        self._drafter = drafter
        self._models = models
        self._lane = bench.runners.saving
        self.unsaved: tuple[Unsaved, ...] = ()

    @property
    def lineage(self) -> tuple[ModelEntry, ...]:
        """The models of the project, the oldest first."""
        project = self._keeper.project
        return () if project is None else project.models

    @property
    def model_id(self) -> str:
        """The model in use, by its id in the lineage."""
        return self._drafter.lineage.id_of(self._models.base)

    @property
    def proposed_id(self) -> str:
        """The model that training proposes, by its id in the lineage."""
        candidate = self._models.candidate
        return "" if candidate is None else self._drafter.lineage.id_of(candidate.model)

    def new(self) -> None:
        """Start an empty project; the one before is saved."""
        self._keeper.when_saved(self._start_anew)

    def open(self, folder: Path, *, read_only: bool = False) -> None:
        """Open a project instead of the one there is, which is saved first."""
        if self._keeper.project is not None and _same(
            folder, self._keeper.project.folder
        ):
            self._bench.messages.notified.emit(f"{folder.name} is open already.")
            return
        self._stop_work()
        self._keeper.when_saved(partial(self._submit_open, folder, read_only))

    def save_as(self, folder: Path) -> None:
        """Give the project a folder; one without a name moves there."""
        if self._keeper.project is None:
            self._keeper.put_into(folder)
            return
        if self._keeper.read_only:
            self._submit_copy(folder)
        else:
            self._keeper.when_saved(partial(self._submit_copy, folder))

    def locate(self, folder: Path) -> None:
        """Search a folder for image files that have moved."""
        if self._keeper.project is None:
            return
        task = self._keeper.project.relocate_task(folder)
        self._lane.submit("Looking for images", task, lambda _: self._located())

    def look_for_unsaved(self) -> None:
        """Find projects that were never given a name."""
        if self._keeper.home is not None:
            title, task = "Looking for unsaved work", unsaved_task(self._keeper.home)
            self._lane.submit(title, task, self._found_unsaved)

    def use_model(self, model_id: str) -> None:
        """Go back to a model of the lineage; a candidate is proposed instead."""
        if self._keeper.project is None:
            return
        if model_id == self.proposed_id:
            self._models.accept()
            return
        entry = self._keeper.project.entry(model_id)
        if self._is_for_others(entry):
            return
        self._bench.runners.models.submit(
            f"Opening {entry.name}",
            jobs.load_model_task(self._keeper.project.model_file(model_id)),
            partial(self._use_loaded, self._keeper.project, model_id),
        )

    def _is_for_others(self, entry: ModelEntry) -> bool:
        """Say whether a model was made for other classes than today's, and tell so."""
        if not entry.fits:
            self._bench.messages.refuse(
                "Model",
                f"The classes of {entry.name} have been merged or reordered since. "
                "Train a new model for the classes of today.",
            )
        return not entry.fits

    def _use_loaded(
        self, project: Project, model_id: str, model: SegmentationModel
    ) -> None:
        known = {entry.id: entry for entry in project.models}
        if project is not self._keeper.project or model_id not in known:
            return
        entry = known[model_id]  # its classes may be others since
        if self._is_for_others(entry):
            return
        self._drafter.lineage.know(model, entry.id)
        if entry.accepted:
            self._models.use(model, entry.id, f"model {entry.name}")
            return
        start = self._models.base if entry.parent == self.model_id else None
        self._models.offer(proposal_of(entry, model), start, f"candidate {entry.name}")

    def _submit_open(self, folder: Path, read_only: bool) -> None:  # noqa: FBT001
        self._lane.submit(
            f"Opening {folder.name}",
            open_task(folder, read_only=read_only),
            partial(self._on_opened, folder),
        )

    def _on_opened(self, folder: Path, found: Opened | Exception) -> None:
        if isinstance(found, ProjectInUseError):
            self.in_use.emit(folder, found)
        elif isinstance(found, Exception):
            self._bench.messages.failed.emit("Open project", found)
        else:  # what was painted meanwhile goes into the project before
            self._keeper.when_saved(partial(self._take_in, found))

    def _take_in(self, found: Opened) -> None:
        """Show a project instead of the one before."""
        self._leave()
        self._models.decide()  # before there are images, which want a first model
        self._keeper.use(found.project)
        self._bench.measurer.use_scheme(found.recalled.scheme)
        self._bench.measurer.set_region(found.recalled.region)
        self._drafter.restore(found.project, found.recalled)
        self._bench.images.replace(found.items, found.current, found.off)
        self._drafter.settle_all()
        self.opened.emit(found.view)
        self._tell_problems(found.project)
        self._keeper.changed.emit()
        self._load_models(found.project)
        if any(item.path is not None for item in found.items):
            task = found.project.check_task()
            self._bench.runners.errands.submit(
                "Looking for images", task, self._mark_missing
            )

    def _tell_problems(self, project: Project) -> None:
        """Say once what of a description is malformed, and what becomes of it."""
        if project.problems:
            path = project.layout.description
            self._bench.messages.notify(problems_text(path, project.problems))

    def _load_models(self, project: Project) -> None:
        """Open the models in use and proposed; until then there is none."""
        entries = [project.entry(i) for i in (project.model, project.proposed) if i]
        self._models.restore(None, "")
        if not entries:
            return
        self._models.expect(entries[0].name)
        files = [project.model_file(entry.id) for entry in entries]

        def done(found: Sequence[SegmentationModel | ImageSegError]) -> None:
            restore = partial(self._restore_models, project, entries, found)
            self._bench.classes.when_free(restore)

        self._bench.runners.models.submit(
            f"Opening {entries[0].name}", jobs.open_models_task(files), done
        )

    def _restore_models(
        self,
        project: Project,
        entries: Sequence[ModelEntry],
        found: Sequence[SegmentationModel | ImageSegError],
    ) -> None:
        if project is not self._keeper.project:
            return
        opened, today = {}, {entry.id: entry for entry in project.models}
        for entry, model in zip(entries, found, strict=True):
            if isinstance(model, ImageSegError):
                self._bench.messages.failed.emit(f"Opening {entry.name}", model)
                continue
            labels = today.get(entry.id, entry).labels  # classes may be others since
            if len(labels) == len(model.spec.scheme):
                self._bench.labels.note(model, labels)
            elif labels:
                self._bench.messages.notify(
                    f"The labels of {entry.name} in {project.layout.description} are "
                    "not as many as its classes, which are taken in their order."
                )
            self._drafter.lineage.know(model, entry.id)
            opened[entry.id] = model
        candidate = self._models.candidate  # what was trained meanwhile goes first
        switched = candidate is not None
        if candidate is None and project.proposed in opened:
            proposed = project.entry(project.proposed)
            candidate = proposal_of(proposed, opened[proposed.id])
            switched = proposed.parent != project.model
        self._models.restore(
            opened.get(project.model),
            project.model,
            candidate,
            switched=switched,
        )
        self._drafter.settle_all()

    def _start_anew(self) -> None:
        self._models.withdraw()  # it waits in the project before
        self._leave()
        self._keeper.changed.emit()

    def _leave(self) -> None:
        """Let the project go; all of it is written."""
        self._stop_work()
        project = self._keeper.project
        off = [item.id for item in self._bench.images.off if item.id]
        self._keeper.use(None)
        self._bench.journal.clear()
        self._bench.images.replace((), None)
        self._drafter.forget()
        if project is not None:
            discard = self._keeper.may_go(project)
            task = close_task(project, discard=discard, off=off)
            self._lane.submit("Closing the project", task, _nothing)

    def _stop_work(self) -> None:
        for lane in (self._bench.runners.work, self._bench.runners.training):
            lane.cancel()
        self._bench.runners.looks.cancel()

    def _submit_copy(self, folder: Path) -> None:
        project = self._keeper.project
        if project is None:
            return
        self._keeper.hold()
        mine = not project.read_only  # what another window works in stays there
        task = copy_to_task(project, folder, move=mine and self._keeper.is_unnamed)
        self._lane.submit(f"Saving as {folder.name}", task, self._copied)

    def _copied(self, found: Project | Exception) -> None:
        if isinstance(found, Exception):
            self._bench.messages.failed.emit("Save project as", found)
        else:
            self._keeper.use(found)
            for item in self._bench.images.known:
                if item.id:
                    item.saved = SavedImage(found, item.id)
            self._bench.messages.notified.emit(f"Project saved in {found.folder}")
        self._keeper.go_on()

    def _located(self) -> None:
        if self._keeper.project is None:
            return
        paths = {image.id: image.path for image in self._keeper.project.images}
        for item in self._bench.images.known:
            if item.path is not None:  # layers keep what they show
                item.path = paths.get(item.id, item.path)
        task = self._keeper.project.check_task()
        self._bench.runners.errands.submit(
            "Looking for images", task, self._mark_missing
        )

    def _mark_missing(self, problems: Mapping[str, str]) -> None:
        """Say of images what is wrong with their files, as long as it is."""
        for item in self._bench.images.items:
            problem = problems.get(item.id, "")
            if self._drafter.set_problem(item, problem):
                self._bench.images.item_changed.emit(item)
        missing = len(problems)
        if missing:
            self._bench.messages.notified.emit(
                f"{missing} images are not where they were. Project > Locate images "
                "finds them in another folder."
            )

    def _found_unsaved(self, found: tuple[Unsaved, ...]) -> None:
        mine = None if self._keeper.project is None else self._keeper.project.folder
        self.unsaved = tuple(one for one in found if one.folder != mine)
        self.unsaved_changed.emit()


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def _nothing(_: object) -> None:
    """Take a result that nobody waits for."""
