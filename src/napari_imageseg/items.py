"""The images of a session and what is known of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from imageseg.classes import ClassScheme
from imageseg.density import Density
from imageseg.units import PixelSize
from napari_imageseg.edits import Box, Edit, Labels, label_counts
from napari_imageseg.held import Held, Loaded, Packed, Saved, nothing_annotated
from napari_imageseg.room import empty_labels

Status = Literal["new", "predicted", "annotated", "reviewed"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PredictionState:
    """What is known of an image by prediction alone.

    Attributes
    ----------
    labels
        As predicted.
    corrected
        With what was painted on them.
    model
        Name of the model.
    scheme
        Its classes, by the names in use.
    density
        As in the table.
    error
        Why there is none.
    packed
        The labels of an image that is not in memory.
    """

    labels: Labels | None = None
    corrected: Labels | None = None
    model: str = ""
    scheme: ClassScheme | None = None
    density: Density | None = None
    error: str = ""
    packed: Packed | None = None

    @property
    def nbytes(self) -> int:
        """Memory that it keeps."""
        arrays = (self.labels, self.corrected, self.packed)
        return sum(array.nbytes for array in arrays if array is not None)


@dataclass(frozen=True, slots=True, eq=False)
class Correction:
    """What painting on a prediction changed: there, and in the annotation."""

    shown: Edit
    annotated: Edit


@dataclass(eq=False, kw_only=True)
class ImageItem:
    """One image in the list: where it comes from and what was made of it.

    Attributes
    ----------
    name
        As in the list and in layer names.
    path
        Its file; None for images that came as napari layers.
    pixels
        The image, kept for layers and while it is shown.
    annotation
        What people painted, 0 = not annotated.
    prediction
        Labels as predicted.
    corrected
        The prediction with what was painted on it.
    predicted_by
        Name of the model.
    scheme
        The classes of its prediction, by the names in use.
    density
        As in the table.
    error, model_error
        Why it has no prediction, and that again if another model may be able to.
    pixel_size
        As its file tells; what is known of its `scale` goes first.
    scale, units, translate
        Of the spatial axes; None is what the file tells, else napari's default.
    rotate, shear, affine, axis_labels
        Likewise.
    axes
        A letter for each axis of the pixels, as ``"ZYXC"``; empty: not known, and a
        last axis of three is taken for colours.
    others
        Equally large images that are further channels of it.
    channel_names
        Of all its channels; empty if they have none.
    levels
        Smaller copies of the pixels, the largest first.
    counts
        (256,), annotated pixels of each label.
    reviewed
        Whether a person has said that all of it is right.
    worth
        How much looking at it is expected to change the mean cover of all images, 0 to
        1; None while that is not known.
    held_out
        Whether the last training was judged on it, and did not learn from it.
    id
        Of the image in the project; empty until it is there.
    saved
        What the project keeps of it; None until it is there.
    annotation_away, prediction_away
        Whether there is one that is in the project and not in memory.
    away_times
        How often its labels left memory: what was read before is old.
    packed
        A prediction that is away and not in the project yet.
    size
        Pixels of its labels; 0 while nobody knows.
    shows_annotation
        Whether the corrected prediction shows all that is annotated, as after
        reading: the project does not keep which strokes were on the prediction.
    """

    name: str
    path: Path | None = None
    pixels: NDArray[Any] | None = None
    annotation: Labels | None = None
    prediction: Labels | None = None
    corrected: Labels | None = None
    predicted_by: str = ""
    scheme: ClassScheme | None = None
    density: Density | None = None
    error: str = ""
    model_error: str = ""
    pixel_size: PixelSize | None = None
    scale: tuple[float, ...] | None = None
    units: tuple[str, ...] | None = None
    translate: tuple[float, ...] | None = None
    rotate: NDArray[Any] | None = None
    shear: NDArray[Any] | None = None
    affine: NDArray[Any] | None = None
    axis_labels: tuple[str, ...] | None = None
    axes: str = ""
    others: tuple[Any, ...] = ()
    channel_names: tuple[str, ...] = ()
    levels: tuple[Any, ...] = ()
    counts: NDArray[np.int64] = field(default_factory=nothing_annotated)
    reviewed: bool = False
    held_out: bool = False
    worth: float | None = None
    id: str = ""
    saved: Saved | None = None
    annotation_away: bool = False
    prediction_away: bool = False
    away_times: int = 0
    packed: Packed | None = None
    size: int = 0
    shows_annotation: bool = False

    @property
    def status(self) -> Status:
        """How far work on it has come."""
        if self.reviewed:
            return "reviewed"
        if self.annotated_pixels:
            return "annotated"
        return "predicted" if self.is_predicted else "new"

    @property
    def is_predicted(self) -> bool:
        """Whether there is a prediction, in memory or in the project."""
        return self.prediction is not None or self.prediction_away

    @property
    def is_away(self) -> bool:
        """Whether some of its labels are in the project and not in memory."""
        return self.annotation_away or self.prediction_away

    def held(self, *, copy: bool = False) -> Held:
        """Return its labels as a worker may have them; painting goes on meanwhile."""
        annotation = self.annotation if self.annotated_pixels else None
        if annotation is not None and copy:
            annotation = annotation.copy()
        away = self.saved if self.is_away else None
        prediction = self.prediction if self.packed is None else self.packed
        return Held(annotation, prediction, away)

    def go_away(self) -> None:
        """Let the arrays go that the project keeps."""
        if self.annotation is not None:
            self.size = self.annotation.size
        self.annotation_away |= self.annotated_pixels > 0
        self.prediction_away |= self.prediction is not None
        self.annotation = self.prediction = self.corrected = None
        self.away_times += 1

    def come_back(self, found: Loaded) -> None:
        """Take the labels in that were away; what is in memory is newer."""
        if self.annotation_away:
            self.annotation, self.annotation_away = found.annotation, False
            self.counts = found.counts
        if self.prediction_away:
            self.prediction, self.prediction_away = found.prediction, False
            self.packed = None
            self.corrected, self.shows_annotation = found.corrected, True

    @property
    def channel_axis(self) -> int | None:
        """Which axis of the pixels holds channels; None for none."""
        return channel_axis_of(self.axes, self.pixels)

    @property
    def channels(self) -> int:
        """How many channels it has; 0 while its pixels are not known."""
        if self.pixels is None:
            return 0
        axis = self.channel_axis
        return len(self.others) + 1 if axis is None else int(self.pixels.shape[axis])

    @property
    def label_shape(self) -> tuple[int, ...]:
        """The shape of its labels, without reading pixels, which may lie on disk.

        Raises
        ------
        ValueError
            Its pixels are not known.
        """
        if self.pixels is None:
            raise ValueError(f"the size of {self.name} is not known yet")
        sides = list(self.pixels.shape)
        if self.channel_axis is not None:
            sides.pop(self.channel_axis)
        return tuple(sides)

    @property
    def is_stack(self) -> bool:
        """Whether it is known to have more than one plane."""
        return self.pixels is not None and len(self.label_shape) > 2

    @property
    def annotated_share(self) -> float:
        """Share of its pixels that are annotated, 0 to 1."""
        size = self.size if self.annotation is None else self.annotation.size
        return self.annotated_pixels / size if size else 0.0

    def ensure_annotation(self, shape: tuple[int, ...]) -> Labels:
        """Return the annotation, empty at first."""
        if self.annotation_away:
            raise ValueError(f"the annotation of {self.name} is not in memory")
        if self.annotation is None:
            self.annotation = empty_labels(shape)
        return self.annotation

    @property
    def annotated_pixels(self) -> int:
        """How many pixels are annotated."""
        return int(self.counts[1:].sum())

    @property
    def prediction_state(self) -> PredictionState:
        """What is known by prediction, to come back to."""
        return PredictionState(
            labels=self.prediction,
            corrected=self.corrected,
            model=self.predicted_by,
            scheme=self.scheme,
            density=self.density,
            error=self.error,
            packed=self.packed,
        )

    def set_prediction_state(self, state: PredictionState) -> None:
        """Go to another prediction, or to none."""
        self.shows_annotation = False
        self.packed, self.prediction_away = state.packed, state.packed is not None
        self.prediction, self.corrected = state.labels, state.corrected
        self.predicted_by, self.scheme = state.model, state.scheme
        self.density, self.error = state.density, state.error

    def set_prediction(self, labels: Labels, model: str) -> None:
        """Take a new prediction; what was painted on the old one is annotation."""
        self.prediction_away = self.shows_annotation = False
        self.packed = None
        self.prediction = labels
        self.corrected = labels.copy()
        self.predicted_by = model
        self.error = ""

    def fail(self, error: str, *, of_model: bool) -> None:
        """Take note that it could not be predicted.

        Parameters
        ----------
        error
            Why.
        of_model
            Whether another model may be able to.
        """
        self.error, self.model_error = error, error if of_model else ""

    def forgive(self) -> bool:
        """Forget what a model could not predict; return whether there was anything."""
        forgiven = bool(self.error) and self.error == self.model_error
        self.model_error = ""
        if forgiven:
            self.error = ""
        return forgiven

    def set_packed(self, labels: Packed, model: str) -> None:
        """Take a new prediction without having it in memory."""
        self.set_prediction_state(PredictionState(packed=labels, model=model))

    def set_part(self, box: Box, labels: Labels, shape: tuple[int, ...]) -> bool:
        """Take a prediction of a part; what was never predicted stays 0.

        Returns
        -------
        new
            Whether there was no prediction of this shape before.
        """
        new = self.prediction is None or self.prediction.shape != shape
        if new or self.prediction is None or self.corrected is None:
            self.prediction = empty_labels(shape)
            self.corrected = empty_labels(shape)
        self.prediction[box] = labels
        self.corrected[box] = labels
        return new

    def record_annotation(self, edit: Edit) -> None:
        """Take note of what was painted on the annotation."""
        self.counts = self.counts + edit.counts

    def record_correction(self, edit: Edit) -> Correction:
        """Turn what was painted on the prediction into annotation.

        What was erased there is no annotation any more, and shows the prediction.
        """
        if self.prediction is None or self.corrected is None:
            raise ValueError(f"{self.name} has no prediction to correct")
        annotation = self.ensure_annotation(self.prediction.shape)
        before, painted = annotation[edit.box].copy(), edit.changed
        annotated = Edit(edit.box, before, np.where(painted, edit.after, before))
        erased = painted & (edit.after == 0)
        shown = np.where(erased, self.prediction[edit.box], edit.after)
        correction = Correction(Edit(edit.box, edit.before, shown), annotated)
        np.copyto(self.corrected[edit.box], shown, where=erased)
        annotated.redo(annotation)
        self.record_annotation(annotated)
        return correction

    def accept(self, box: Box) -> Edit:
        """Annotate as predicted what is not annotated in a box."""
        if self.prediction is None:
            raise ValueError(f"{self.name} has no prediction to accept")
        annotation = self.ensure_annotation(self.prediction.shape)
        before = annotation[box].copy()
        after = np.where(before == 0, self.prediction[box], before)
        edit = Edit(box, before, after)
        edit.redo(annotation)
        self.record_annotation(edit)
        return edit

    def show_annotation(self, box: Box) -> None:
        """Show in a box of the corrected prediction what is annotated now."""
        if self.prediction is None or self.corrected is None:
            return
        if self.annotation is None:
            self.corrected[box] = self.prediction[box]
            return
        painted = self.annotation[box]
        self.corrected[box] = np.where(painted > 0, painted, self.prediction[box])

    def count_annotated(self) -> None:
        """Count anew, after the annotation was replaced."""
        self.counts = nothing_annotated()
        if self.annotation is not None:
            self.counts = label_counts(self.annotation)


def channel_axis_of(axes: str, pixels: Any) -> int | None:  # noqa: ANN401  NumPy, Dask, Zarr
    """Return which axis of an image holds channels, None for none.

    Parameters
    ----------
    axes
        A letter an axis; empty: not known, then a last axis of three is colours.
    pixels
        The image, of which only the shape is looked at.
    """
    if pixels is None:
        return None
    if axes:
        return axes.index("C") if "C" in axes else None
    coloured = pixels.ndim >= 3 and pixels.shape[-1] == 3
    return pixels.ndim - 1 if coloured else None


def unique_name(wanted: str, taken: set[str]) -> str:
    """Return the name, with a number if it is taken."""
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted} ({number})", number + 1
    return name
