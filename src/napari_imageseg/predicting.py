"""Predict images with the model in use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from psygnal import Signal

from imageseg.settings import PredictSettings
from imageseg.tasks import Progress
from napari_imageseg import jobs
from napari_imageseg.edits import Box
from napari_imageseg.items import ImageItem, PredictionState
from napari_imageseg.journal import Action, Journal
from napari_imageseg.models import ModelChoice
from napari_imageseg.workbench import Workbench

if TYPE_CHECKING:
    from imageseg.model import SegmentationModel


class Predictor:
    """One click to labels and density, one undo back.

    Parameters
    ----------
    bench
        What it shares with the other parts of a session.
    models
        What predicts.

    Attributes
    ----------
    span
        What of stacks is predicted where nothing else is said: slices of their first
        axis. None: all of them.
    level
        Of multiscale images: which smaller copy is predicted, and enlarged; 0 is the
        full size. Of those with fewer copies, the smallest.
    """

    predicted = Signal(object)
    """An image has another prediction, or none."""

    def __init__(self, bench: Workbench, models: ModelChoice) -> None:
        self._bench = bench
        self._models = models
        self.settings = PredictSettings()
        self.span: slice | None = None
        self.level = 0
        self._shown: ImageItem | None = None
        bench.images.current_changed.connect(self._on_image)

    def predict(
        self,
        *,
        everything: bool = False,
        items: Sequence[ImageItem] | None = None,
        slices: Box = (),
    ) -> None:
        """Predict the image shown, all of them, or these.

        Parameters
        ----------
        everything, items
            Which, instead of the image shown.
        slices
            Of stacks: one slice for each of the first axes; the rest of their
            predictions stays as it is. Empty: the `span` of the image shown, all of
            others.
        """
        current = [self._bench.images.current] if self._bench.images.current else []
        wanted = list(self._bench.images.items) if everything else current
        wanted = wanted if items is None else list(items)
        model = self._models.current
        if not wanted:
            reason = "There is no image. Open photographs first."
            self._bench.messages.refuse("Predict", reason)
        elif model is None:
            opening = self._models.expected
            reason = (
                f"The model {opening} is still being opened. Try again in a moment."
                if opening
                else "There is no model. Open one, or train one."
            )
            self._bench.messages.refuse("Predict", reason)
        else:
            if self.span is not None and not (slices or everything or items):
                slices = (self.span,)  # of the image shown, see `_on_image`
            self.predict_with(model, wanted, slices=slices)

    def predict_with(
        self,
        model: SegmentationModel,
        wanted: Sequence[ImageItem],
        *,
        slices: Box = (),
    ) -> None:
        """Predict these images; see `predict`."""
        if self._bench.refuses("Predict"):
            return
        labels = self._bench.labels.of(model)
        by_name = {item.name: item for item in wanted}
        title = "Predicting" if len(wanted) > 1 else f"Predicting {wanted[0].name}"
        step = _Predictions(self)

        def on_progress(progress: Progress) -> None:
            if isinstance(progress, jobs.PredictedProgress):
                item = by_name[progress.predicted.source.name]
                self._take(item, progress.predicted, model, step)

        def on_result(failed: int) -> None:
            if failed and len(wanted) > 1:
                text = f"{failed} of {len(wanted)} images failed; the table says why."
                self._bench.messages.refuse("Predict", text)

        self._bench.runners.work.submit(
            title,
            jobs.predict_task(
                model,
                [
                    self._bench.channels.source_of(
                        item, level=self.level, labels=labels
                    )
                    for item in wanted
                ],
                self._bench.measurer.region,
                self._bench.classes.scheme,
                self.settings,
                slices,
            ),
            on_result,
            on_progress,
        )

    def _on_image(self, item: ImageItem | None) -> None:
        """Forget the span: it is that of the image before."""
        if item is not self._shown:
            self._shown, self.span = item, None

    def show(self, item: ImageItem, state: PredictionState) -> None:
        """Go back to another prediction of an image, or to none."""
        item.set_prediction_state(state)
        if item in self._bench.images.in_hand and item.is_away:
            self._bench.images.bring(item, lambda error: self._brought(item, error))
        else:
            self.predicted.emit(item)
        self._bench.measurer.measure([item])
        self._bench.images.item_changed.emit(item)

    def _take(
        self,
        item: ImageItem,
        predicted: jobs.Predicted,
        model: SegmentationModel,
        step: _Predictions,
    ) -> None:
        if predicted.labels is None:
            item.fail(predicted.error, of_model=not predicted.unreadable)
            self._bench.messages.refuse(f"Predict {item.name}", predicted.error)
        elif item in self._bench.images.items:
            before = item.prediction_state
            if item.prediction_away and item.packed is None:
                before = replace(before, packed=predicted.before)
            self._set(item, predicted, model.spec.name)
            item.density = predicted.density
            in_use = model is self._models.current or self._bench.labels.of(model)
            item.scheme = self._bench.classes.scheme if in_use else model.spec.scheme
            self.predicted.emit(item)
            self._bench.measurer.measure([item])  # strokes and region may have moved on
            step.add(item, before, self._bench.journal)
        self._bench.images.item_changed.emit(item)

    def _set(self, item: ImageItem, predicted: jobs.Predicted, model: str) -> None:
        """Give an image its prediction; into memory only if it is in hand."""
        away = item.saved is not None and item not in self._bench.images.in_hand
        if away and predicted.packed is not None:
            item.set_packed(predicted.packed, model)
        elif predicted.labels is not None:
            item.set_prediction(predicted.labels, model)

    def _brought(self, item: ImageItem, error: Exception | None) -> None:
        if error is not None:
            self._bench.messages.failed.emit(f"Prediction of {item.name}", error)
        self.predicted.emit(item)


class _Predictions:
    """The predictions of one command, taken back together."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self._changes: list[tuple[ImageItem, PredictionState, PredictionState]] = []

    def add(self, item: ImageItem, before: PredictionState, journal: Journal) -> None:
        """Take in an image; the first makes the action known."""
        self._changes.append((item, before, item.prediction_state))
        if len(self._changes) == 1:
            title = f"prediction of {item.name}"
            kept = before.nbytes + item.prediction_state.nbytes
            journal.record(Action(title, self._undo, self._redo, kept))

    def _undo(self) -> None:
        for item, before, _ in self._changes:
            self._predictor.show(item, before)

    def _redo(self) -> None:
        for item, _, after in self._changes:
            self._predictor.show(item, after)
