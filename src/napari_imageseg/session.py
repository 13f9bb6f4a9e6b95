"""The state behind the docks, put together from its parts.

One session a viewer. It is touched on the main thread only; long work goes to
a runner as a task over frozen copies. It knows neither Qt nor napari.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_imageseg import jobs
from napari_imageseg.advising import Advisor
from napari_imageseg.annotating import Annotator
from napari_imageseg.appearance import Appearance
from napari_imageseg.class_edits import ClassEditor
from napari_imageseg.comparing import Comparer
from napari_imageseg.drafting import Drafter, Parts
from napari_imageseg.keeper import Keeper
from napari_imageseg.learning import Trainer
from napari_imageseg.looking import Looker
from napari_imageseg.models import ModelChoice
from napari_imageseg.predicting import Predictor
from napari_imageseg.project_choice import ProjectChoice
from napari_imageseg.removing import Remover
from napari_imageseg.workbench import Runners, Workbench

if TYPE_CHECKING:
    import pandas as pd

    from napari_imageseg.items import ImageItem


class Session:
    """Images, classes, models and what is being done with them.

    Parameters
    ----------
    runners
        Where tasks run.
    home
        Where projects lie that nobody has named yet; None keeps nothing before.

    Attributes
    ----------
    images, channels, classes, models, labels
        What there is, and what the labels of models mean.
    annotator, remover, predictor, looker, comparer, measurer, trainer
        What is done with it.
    class_editor
        Merges, removes and reorders classes.
    advisor
        Where to look next, and whether to go on.
    keeper, projects
        Where it is kept.
    journal
        What was done, for undo.
    messages
        What is told to the user.
    appearance
        How labels are drawn.
    """

    def __init__(self, runners: Runners, home: Path | None = None) -> None:
        self.runners = runners
        bench = Workbench.over(runners)
        self.images, self.channels = bench.images, bench.channels
        self.classes = bench.classes
        self.measurer, self.journal = bench.measurer, bench.journal
        self.messages, self.appearance = bench.messages, Appearance()
        self.labels = bench.labels
        self.annotator, self.remover = Annotator(bench), Remover(bench)
        self.models = ModelChoice(bench)
        self.predictor = Predictor(bench, self.models)
        self.advisor = Advisor(bench, self.models, self.predictor)
        self.looker = Looker(bench)
        self.comparer = Comparer(bench, self.models, self.looker)
        self.trainer = Trainer(bench, self.models, self.looker)
        self.predictor.predicted.connect(self.looker.forget)
        self.annotator.painted.connect(self.trainer.on_painted)
        self.annotator.painted.connect(self.advisor.on_painted)
        self.images.current_changed.connect(self.trainer.on_image)
        self._keep(bench, home)
        self.images.nothing_found.connect(self._say_nothing_found)
        self.images.unreadable.connect(self._say_unreadable)

    def _keep(self, bench: Workbench, home: Path | None) -> None:
        """Put a project behind the parts."""
        parts = Parts(
            annotator=self.annotator,
            appearance=self.appearance,
            models=self.models,
            predictor=self.predictor,
            looker=self.looker,
            trainer=self.trainer,
            rounds=self.advisor.sights.rounds,
        )
        self.drafter = Drafter(bench, parts)
        self.keeper = Keeper(bench, self.drafter, home)
        self.class_editor = ClassEditor(bench, parts, self.keeper)
        self.projects = ProjectChoice(bench, self.keeper, self.drafter, self.models)

    def ready_layers(self) -> None:
        """Load in the background what showing the first image will need."""
        task = jobs.ready_layers_task()
        self.runners.models.submit("Getting ready", task, _nothing)

    def warm_up(self) -> None:
        """Load in the background what training will need."""
        self.runners.models.submit("Getting ready", jobs.warm_up_task(), _nothing)

    def save_table(self, path: Path, table: pd.DataFrame) -> None:
        """Write the density table as CSV."""
        self.runners.errands.submit(
            "Save table",
            jobs.save_table_task(table, path),
            lambda saved: self.messages.notified.emit(f"Table saved as {saved}"),
        )

    def save_annotations(self, folder: Path) -> None:
        """Write what is annotated, one file an image: 0 = not annotated."""
        labels = {
            folder / f"{item.name}_labels.tif": item.held(copy=True)
            for item in self.images.annotated
        }
        if not labels:
            reason = "Nothing is annotated yet. Paint first."
            self.messages.refuse("Save masks", reason)
            return
        self.runners.errands.submit(
            "Saving masks",
            jobs.save_labels_task(labels),
            lambda count: self.messages.notified.emit(
                f"Masks of {count} images in {folder}"
            ),
        )

    def accept_view(self) -> None:
        """Annotate as predicted the part of the image that is on show."""
        item, box = self.images.current, self.looker.visible_box()
        if item is None or item.prediction is None:
            self._refuse_accepting()
        elif box is None:
            reason = "Nothing of the image is in view. Show it flat, not in 3-D."
            self.messages.refuse("Accept view", reason)
        else:
            self.annotator.accept(item, box)

    def accept_image(self) -> None:
        """Annotate all of the image as predicted: it is reviewed."""
        item = self.images.current
        if item is None or item.prediction is None:
            self._refuse_accepting()
        else:
            self.annotator.accept(item)

    def erase_annotation(self) -> None:
        """Take all annotation off the image shown."""
        if self.images.current is not None:
            self.annotator.erase(self.images.current)

    def cancel(self) -> None:
        """Stop the long tasks that are running."""
        self.runners.work.cancel()
        self.runners.training.cancel()
        self.advisor.stop()

    def close(self) -> None:
        """Stop everything; images, annotations and model stay as they are."""
        self.advisor.stop()
        for runner in self.runners:
            runner.cancel()
        self.journal.stop_waiting()

    def _refuse_accepting(self) -> None:
        reason = "Nothing is predicted here. Press Predict first."
        self.messages.refuse("Accept", reason)

    def _say_unreadable(self, item: ImageItem, error: Exception) -> None:
        self.messages.failed.emit(f"Reading {item.name}", error)

    def _say_nothing_found(self) -> None:
        self.messages.notified.emit(
            "There are no PNG, JPEG, TIFF, BMP or GIF images there."
        )


def _nothing(_: object) -> None:
    """Take a result that nobody waits for."""
