"""The state behind the docks: images, classes, model, candidate, region.

One session a viewer. It is touched on the main thread only; long work goes to
a runner as a task over frozen copies. It knows neither Qt nor napari.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from psygnal import Signal

from imageseg.annotations import check_annotations
from imageseg.classes import ClassScheme
from imageseg.density import WHOLE, Density, Region
from imageseg.errors import ImageSegError, NotEnoughAnnotationsError
from imageseg.settings import PredictSettings, TrainSettings
from imageseg.tasks import Progress
from napari_imageseg import jobs
from napari_imageseg.class_choice import ClassChoice
from napari_imageseg.image_list import ImageList, Runner
from napari_imageseg.items import ImageItem

if TYPE_CHECKING:
    import pandas as pd

    from imageseg.model import SegmentationModel
    from imageseg.training import TrainingResult

NEW_CLASSES = ClassScheme.from_names(["background", "object"])
FINE_TUNING = TrainSettings(epochs=12, patience=6, rate=5e-4)
FROM_SCRATCH_FACTOR = 4  # times as many epochs without a model to start from


@dataclass(frozen=True, slots=True, eq=False)
class Runners:
    """Two lanes: long work, of which there is one at a time, and short errands."""

    work: Runner
    errands: Runner


class Session:
    """Images, classes, model and what is being done with them.

    Parameters
    ----------
    runners
        Where tasks run.
    """

    prediction_changed = Signal(object)
    """An image has a new prediction."""
    model_changed = Signal()
    """Another model, or none, is in use."""
    candidate_changed = Signal()
    """A trained model is proposed, or no longer."""
    training_started = Signal()
    epoch_finished = Signal(object)
    """Carries the `EpochProgress`."""
    region_changed = Signal(Region)
    notified = Signal(str)
    """Something worth saying happened."""
    failed = Signal(str, Exception)
    """What was tried, and the error that says why it did not work."""

    def __init__(self, runners: Runners) -> None:
        self.runners = runners
        self.images = ImageList(runners.errands)
        self.classes = ClassChoice()
        self.model: SegmentationModel | None = None
        self.model_origin = ""
        self.candidate: TrainingResult | None = None
        self._trained_from: SegmentationModel | None = None
        self.region: Region = WHOLE
        self.predict_settings = PredictSettings()
        self.train_settings = FINE_TUNING
        self.images.nothing_found.connect(self._say_nothing_found)
        self._scheme = self.classes.scheme  # as rows of the table know it
        self.classes.changed.connect(self._on_classes)

    # -- model ----------------------------------------------------------------

    def open_model(self, name_or_path: Path | str) -> None:
        """Open a bundled model or a model file."""
        self.runners.errands.submit(
            "Opening the model",
            jobs.load_model_task(name_or_path),
            lambda model: self._opened(model, str(name_or_path)),
        )

    def warm_up(self) -> None:
        """Load in the background what training will need."""
        self.runners.errands.submit("Getting ready", jobs.warm_up_task(), _nothing)

    def new_model(self) -> None:
        """Start without a model: training will make one for the classes shown."""
        self.model, self.model_origin = None, ""
        if not self.images.annotated:
            self._show_classes(NEW_CLASSES)
        self.model_changed.emit()

    def save_model(self, path: Path) -> None:
        """Write the model in use to a file."""
        if self.model is None:
            self._refuse("Save model", "There is no model yet. Train one first.")
            return
        model = self.model
        if len(model.spec.scheme) == len(self.classes.scheme):  # by today's names
            spec = replace(model.spec, scheme=self.classes.scheme)
            model = replace(model, spec=spec)
        task = jobs.save_model_task(model, path)
        self.runners.errands.submit("Saving the model", task, self._saved)

    def accept_candidate(self) -> None:
        """Use the trained model from now on."""
        if self.candidate is None:
            return
        switched = self.model is not self._trained_from
        self.model, self.model_origin = self.candidate.model, ""
        if switched or len(self.model.spec.scheme) > len(self.classes.scheme):
            self._show_classes(self.model.spec.scheme)
        self.candidate = None
        self.candidate_changed.emit()
        self.model_changed.emit()

    def discard_candidate(self) -> None:
        """Keep the old model."""
        self.candidate = None
        self.candidate_changed.emit()

    def _opened(self, model: SegmentationModel, origin: str) -> None:
        highest, known = self._highest_label(), len(model.spec.scheme)
        if highest > known:
            self._refuse(
                "Open model",
                f"{model.spec.name} knows {known} classes, but class {highest} is "
                "annotated. Open a model with as many classes, or train a new one.",
            )
            return
        self.model, self.model_origin = model, origin
        self._show_classes(model.spec.scheme)
        self.model_changed.emit()

    def _show_classes(self, scheme: ClassScheme) -> None:
        """Use a model's classes; rows that other models filled keep theirs."""
        self._scheme = scheme
        self.classes.set_scheme(scheme)

    def _saved(self, path: Path) -> None:
        self.model_origin = str(path)
        self.notified.emit(f"Model saved as {path}")
        self.model_changed.emit()

    def _highest_label(self) -> int:
        painted = [i.annotation for i in self.images.annotated]
        return max((int(np.max(a)) for a in painted if a is not None), default=0)

    # -- predict and measure --------------------------------------------------

    def predict(self, *, everything: bool = False) -> None:
        """Predict the image shown, or all of them."""
        current = [self.images.current] if self.images.current else []
        wanted = list(self.images.items) if everything else current
        if not wanted:
            self._refuse("Predict", "There is no image. Open photographs first.")
        elif self.model is None:
            self._refuse("Predict", "There is no model. Open one, or train one.")
        else:
            self._predict(self.model, wanted)

    def annotation_edited(self, item: ImageItem) -> None:
        """Take note that an annotation was painted on; its density follows."""
        item.count_annotated()
        self.images.item_changed.emit(item)
        if item.density is not None:
            self._measure([item])

    def save_table(self, path: Path, table: pd.DataFrame) -> None:
        """Write the density table as CSV."""
        self.runners.errands.submit(
            "Save table",
            jobs.save_table_task(table, path),
            lambda saved: self.notified.emit(f"Table saved as {saved}"),
        )

    def set_region(self, region: Region) -> None:
        """Measure in another region from now on, and again what is in the table."""
        self.region = region
        self.region_changed.emit(region)
        self._measure([item for item in self.images.items if item.density is not None])

    def _predict(self, model: SegmentationModel, wanted: Sequence[ImageItem]) -> None:
        by_name = {item.name: item for item in wanted}
        sources = [_source(item) for item in wanted]
        title = "Predicting" if len(wanted) > 1 else f"Predicting {wanted[0].name}"

        def on_progress(progress: Progress) -> None:
            if isinstance(progress, jobs.PredictedProgress):
                item = by_name[progress.predicted.source.name]
                self._predicted(item, progress.predicted, model)

        def on_result(failed: int) -> None:
            if failed and len(wanted) > 1:
                text = f"{failed} of {len(wanted)} images failed; the table says why."
                self._refuse("Predict", text)

        self.runners.work.submit(
            title,
            jobs.predict_task(
                model,
                sources,
                self.region,
                self.classes.scheme,
                self.predict_settings,
            ),
            on_result,
            on_progress,
        )

    def _predicted(
        self, item: ImageItem, predicted: jobs.Predicted, model: SegmentationModel
    ) -> None:
        item.error = predicted.error
        if predicted.labels is None:
            self._refuse(f"Predict {item.name}", predicted.error)
        elif item in self.images.items:
            item.set_prediction(predicted.labels, model.spec.name)
            item.density = predicted.density
            in_use = model is self.model
            item.scheme = self.classes.scheme if in_use else model.spec.scheme
            self.prediction_changed.emit(item)
            self._measure([item])  # strokes and region may have moved on meanwhile
        self.images.item_changed.emit(item)

    def _on_classes(self, scheme: ClassScheme) -> None:
        """Measure rows under the classes just edited again, by their new names."""
        before, self._scheme = self._scheme, scheme
        rows = [item for item in self.images.items if item.scheme == before]
        for item in rows:
            item.scheme = scheme
        self._measure(rows)

    def _measure(self, items: Sequence[ImageItem]) -> None:
        shown = self.classes.scheme
        ready = [item for item in items if item.prediction is not None]
        rows = [
            jobs.Row(item.prediction, item.annotation, item.scheme or shown)
            for item in ready
            if item.prediction is not None
        ]
        if not rows:
            return
        self.runners.errands.submit(
            "Measuring",
            jobs.measure_task(rows, self.region, shown),
            lambda found: self._measured(ready, found),
        )

    def _measured(
        self, items: Sequence[ImageItem], densities: Sequence[Density]
    ) -> None:
        for item, density in zip(items, densities, strict=True):
            item.density = density
            self.images.item_changed.emit(item)

    # -- train ----------------------------------------------------------------

    def train(self) -> None:
        """Train on all annotated images, from the model in use or from scratch."""
        items = self.images.annotated
        painted = [i.annotation for i in items if i.annotation is not None]
        try:
            check_annotations(painted, self.classes.scheme)
        except NotEnoughAnnotationsError as error:
            self.failed.emit("Train", error)
            return
        settings = self.train_settings
        if self.model is None:
            epochs = FROM_SCRATCH_FACTOR * settings.epochs
            settings = replace(settings, epochs=epochs, patience=0, rate=2e-3)
        task = jobs.train_task(
            [_source(item, copy=True) for item in items],
            settings,
            self.classes.scheme,
            self.model,
        )
        self.training_started.emit()
        trained = partial(self._trained, self.model)
        self.runners.work.submit("Training", task, trained, self._on_training)

    def save_annotations(self, folder: Path) -> None:
        """Write what is annotated, one file an image: 0 = not annotated."""
        labels = {
            folder / f"{item.name}_labels.tif": item.annotation.copy()
            for item in self.images.annotated
            if item.annotation is not None
        }
        if not labels:
            self._refuse("Save masks", "Nothing is annotated yet. Paint first.")
            return
        self.runners.errands.submit(
            "Saving masks",
            jobs.save_labels_task(labels),
            lambda count: self.notified.emit(f"Masks of {count} images in {folder}"),
        )

    def cancel(self) -> None:
        """Stop the long task that is running."""
        self.runners.work.cancel()

    def close(self) -> None:
        """Stop everything; images, annotations and model stay as they are."""
        self.runners.work.cancel()
        self.runners.errands.cancel()

    def _on_training(self, progress: Progress) -> None:
        if hasattr(progress, "row"):
            self.epoch_finished.emit(progress)

    def _trained(self, start: SegmentationModel | None, result: TrainingResult) -> None:
        self.candidate, self._trained_from = result, start
        self.candidate_changed.emit()

    def _refuse(self, title: str, reason: str) -> None:
        self.failed.emit(title, ImageSegError(reason))

    def _say_nothing_found(self) -> None:
        self.notified.emit("There are no PNG, JPEG, TIFF, BMP or GIF images there.")


def _nothing(_: object) -> None:
    """Take a result that nobody waits for."""


def _source(item: ImageItem, *, copy: bool = False) -> jobs.Source:
    """Freeze what a worker needs of an image; painting goes on meanwhile."""
    annotation = item.annotation if item.annotated_pixels else None
    if annotation is not None and copy:
        annotation = annotation.copy()
    return jobs.Source(item.name, item.path, item.pixels, annotation)
