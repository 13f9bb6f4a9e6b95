"""A project behind every session: all that is done is written as it happens."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from psygnal import Signal

from imageseg.project import Project
from napari_imageseg.drafting import Drafter
from napari_imageseg.keeping import Receipt, write_task
from napari_imageseg.opening import is_worthless, take_off
from napari_imageseg.workbench import Workbench

if TYPE_CHECKING:
    from imageseg.model import SegmentationModel

TITLE = "Saving the project"
_Otherwise = Callable[[Exception], object] | None


class Keeper:
    """Writes what a session does into its project.

    Until somebody names a folder, the project lies in a folder of its own at
    `home`, made with the first image. `flush` writes what has changed; whoever
    runs the session calls it every few seconds.

    Parameters
    ----------
    bench
        What it shares with the other parts of a session.
    drafter
        Knows what there is to write.
    home
        Where projects without a name lie; None keeps nothing before there is a name.
    """

    changed = Signal()
    """Another project, or what is known of it changed."""

    def __init__(
        self, bench: Workbench, drafter: Drafter, home: Path | None = None
    ) -> None:
        self._bench = bench
        self._drafter = drafter
        self._lane = bench.runners.saving
        self.home = home
        self.project: Project | None = None
        self.saved_at: datetime | None = None
        self.trouble = ""
        """Why the last attempt to save failed; empty after one that did not."""
        self._folder: Path | None = None  # of a project that is to be made
        self._busy = False
        self._then: list[tuple[Callable[[], None], _Otherwise]] = []
        bench.images.current_changed.connect(self._let_go)

    # -- what there is --------------------------------------------------------

    @property
    def name(self) -> str:
        """The name of the project; empty while it has none."""
        return "" if self.project is None or self.is_unnamed else self.project.name

    @property
    def is_unnamed(self) -> bool:
        """Whether nobody has given the project a folder yet."""
        folder = self._folder if self.project is None else self.project.folder
        return folder is None or folder.parent == self.home

    @property
    def read_only(self) -> bool:
        """Whether the project was opened for reading only."""
        return self.project is not None and self.project.read_only

    @property
    def is_saved(self) -> bool:
        """Whether nothing is left to be written."""
        return not (self._busy or self._has_work)

    @property
    def is_stuck(self) -> bool:
        """Whether saving failed and is not being tried again now."""
        return bool(self.trouble) and not self._busy

    @property
    def _has_work(self) -> bool:
        return self._has_place and self._drafter.is_dirty

    @property
    def _has_place(self) -> bool:
        """Whether there is a project, or something that one is to be made for."""
        if self.project is not None:
            return not self.project.read_only
        there = bool(self._bench.images.items) and self.home is not None
        return there or self._folder is not None

    def labels_of(self, model: SegmentationModel) -> tuple[int, ...]:
        """Return what the project says of the labels of a model; empty: nothing."""
        models = () if self.project is None else self.project.models
        model_id = self._drafter.lineage.id_of(model)
        return next((entry.labels for entry in models if entry.id == model_id), ())

    # -- saving ---------------------------------------------------------------

    def flush(self) -> None:
        """Write what has changed, unless it is being written already."""
        if self._busy or not self._has_work:
            return
        if self.project is None and self._folder is None and self.home is not None:
            self._folder = _new_folder(self.home)
        target = self.project or self._folder
        if target is None:
            return
        self._busy = True
        self._lane.submit(
            TITLE, write_task(target, self._drafter.draft()), self._written
        )
        self.changed.emit()

    def flush_all(self) -> None:
        """Write what has changed, with what a running training has proposed so far."""
        self._drafter.lineage.hurry()
        self.flush()

    def put_into(self, folder: Path) -> None:
        """Begin the project in a folder, with all there is."""
        self._folder = folder
        self._drafter.mark_all()
        self.flush()

    def when_saved(
        self, then: Callable[[], None], otherwise: _Otherwise = None
    ) -> None:
        """Do something as soon as all is written, unless it cannot be.

        Parameters
        ----------
        then
            What to do.
        otherwise
            Called with the reason if it cannot be written; people are told anyway.
        """
        if self.read_only and self._drafter.has_labels:
            self._bench.messages.refuse(
                "Project",
                f"{self.name} is open for reading only, and what you painted is not "
                "saved. Save it as another project first.",
            )
            return
        self._then.append((then, otherwise))
        self._go_on()

    def hold(self) -> None:
        """Write nothing until `go_on`: the project is being copied or exchanged."""
        self._busy = True

    def go_on(self) -> None:
        """Write again."""
        self._busy = False
        self.changed.emit()
        self._go_on()

    def use(self, project: Project | None) -> None:
        """Write into another project from now on, or into none yet."""
        self.project, self._folder = project, None
        self.saved_at, self.trouble = None, ""

    def finish(self) -> None:
        """Close the project at the end of a session; what is not written is lost."""
        project, self.project = self.project, None
        home, self.home, self._folder = self.home, None, None  # nothing is written now
        if project is not None and not self._busy:
            unnamed = project.folder.parent == home and not project.read_only
            worthless = unnamed and is_worthless(project)
            take_off(project, [item.id for item in self._bench.images.off if item.id])
            project.close()
            if worthless:
                shutil.rmtree(project.folder, ignore_errors=True)

    def may_go(self, project: Project) -> bool:
        """Say whether a project may be thrown away if nothing was made in it."""
        return not project.read_only and project.folder.parent == self.home

    def _written(self, receipt: Receipt) -> None:
        self._busy = False
        if self.project is None and receipt.project is not None:
            self.project, self._folder = receipt.project, None
        self._drafter.settle(receipt)
        if receipt.error is not None:
            self._tell(receipt.error)
            waiting, self._then = self._then, []  # it would have left work behind
            for _, otherwise in waiting:
                if otherwise is not None:
                    otherwise(receipt.error)
        else:
            self.trouble, self.saved_at = "", datetime.now().astimezone()
            self._let_go()
        self.changed.emit()
        self._go_on()

    def _tell(self, error: Exception) -> None:
        """Say what is wrong, once: it is tried again every few seconds."""
        if str(error) != self.trouble:
            self.trouble = str(error)
            self._bench.messages.failed.emit(TITLE, error)

    def _go_on(self) -> None:
        while self._then and not self._busy:  # one at a time: each may hold the rest
            self._drafter.lineage.hurry()
            if self._has_work:
                self.flush()
                return
            then, _ = self._then.pop(0)
            then()

    def _let_go(self, _: object = None) -> None:
        """Let the arrays go that the project has, but for the image shown."""
        if self.project is None:
            return
        kept = self._bench.images.in_hand | self._drafter.unwritten
        for item in self._bench.images.known:
            if item.saved is None or item in kept:
                continue
            if item.annotation is not None or item.prediction is not None:
                item.go_away()


def _new_folder(home: Path) -> Path:
    """Return the folder of a project that has no name yet."""
    stem = datetime.now().astimezone().strftime("%Y-%m-%d %H.%M.%S")
    folder, number = home / stem, 2
    while folder.exists():
        folder, number = home / f"{stem} {number}", number + 1
    return folder
