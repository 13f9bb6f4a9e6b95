"""Predict a project's images, and measure what stands in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pandas as pd
from numpy.typing import NDArray

from imageseg.batch import Extras, Found, Regions, RowProgress, beside
from imageseg.batch.measure import measure_image
from imageseg.classes import ClassScheme
from imageseg.density import parse_region
from imageseg.errors import (
    ModelMismatchError,
    ProjectError,
    ProjectInUseError,
    ShapeMismatchError,
)
from imageseg.files import DISK_FULL
from imageseg.images import (
    ChannelChoice,
    describe_image,
    suggest_channels,
    with_channel_axis,
)
from imageseg.inference import predict_task
from imageseg.masks import Labels, final_labels, remap_labels
from imageseg.parallel import EXPECTED
from imageseg.project.changes import Changes, NewPrediction
from imageseg.project.contents import ProjectImage
from imageseg.project.lineage import labels_of
from imageseg.project.project import Project
from imageseg.settings import PredictSettings
from imageseg.tables import GrowingTable, Row, density_frame
from imageseg.tasks import Task, as_part

if TYPE_CHECKING:
    from imageseg.model import SegmentationModel
    from imageseg.spec import ModelSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What is measured, and where.

    Attributes
    ----------
    regions
        Finds the regions of each image; None takes the project's.
    extras
        What else.
    """

    regions: Regions | None = None
    extras: Extras = field(default_factory=Extras)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Speaker:
    """A model, and what its labels are in the project.

    Attributes
    ----------
    model
        It predicts.
    mapping
        As `remap_labels` needs it.
    id
        In the lineage; empty for a model that is not of it.
    """

    model: SegmentationModel
    mapping: tuple[int, ...]
    id: str = ""

    def check(self, project: Project) -> None:
        """Make sure that model and project have a class in common.

        Raises
        ------
        ModelMismatchError
            They have none.
        """
        if not any(self.mapping):
            told = ", ".join(self.model.spec.scheme.names)
            own = ", ".join(project.scheme.names)
            raise ModelMismatchError(
                f"The model {self.model.spec.name!r} has the classes {told}, but "
                f"the project {own}. Use a model of these, or train one."
            )

    @classmethod
    def of_project(cls, project: Project, model_id: str = "") -> Speaker:
        """Load a model of the lineage, by default the one in use.

        Raises
        ------
        ProjectError
            There is none.
        ModelFormatError
            Its file is missing or damaged.
        """
        model = project.load_model(model_id)
        entry = project.entry(model_id or project.model)
        return cls(model=model, mapping=entry.mapping, id=entry.id)

    @classmethod
    def of_model(cls, project: Project, model: SegmentationModel) -> Speaker:
        """Let a model speak that is not of the lineage; classes go by their names."""
        labels = labels_of(model.spec.scheme, project.scheme)
        return cls(model=model, mapping=(0, *labels))


def predict_images_task(  # noqa: PLR0913  what is predicted, and what is kept
    project: Project,
    images: Sequence[ProjectImage],
    speaker: Speaker,
    settings: PredictSettings | None = None,
    measures: Measures | None = None,
    *,
    confidence: bool = False,
    choice: ChannelChoice | None = None,
) -> Task[pd.DataFrame]:
    """Predict images, keep the predictions in the project, and measure them.

    Closing the task keeps what is finished.

    Parameters
    ----------
    project
        Open for writing.
    images
        Of the project.
    speaker
        The model.
    settings
        How to predict; None takes the project's.
    measures
        What is measured, and where.
    confidence
        Whether it is kept how sure the model is; that needs more room than labels.
    choice
        Which channels the model sees; None takes the project's. As in a window, a
        model that takes another number goes on seeing what `suggest_channels` tells.

    Yields
    ------
    Progress
        Within images; a `RowProgress` after each.

    Returns
    -------
    table
        The project's densities, rows of other images included; an image that failed
        has one row with its ``error``.

    Raises
    ------
    ModelMismatchError
        The model knows none of the project's classes.
    OSError
        The disk is full, or the table cannot be written.
    ProjectError
        The project is open for reading only.
    """
    speaker.check(project)
    settings = settings or project.predict_settings
    picked = choice or project.channels

    def predict(image: ProjectImage) -> Task[_Seen]:
        pixels = project.pixels(image.id)
        seen = _as_seen(project, image, pixels, speaker.model.spec, picked)
        said = yield from predict_task(speaker.model, seen, settings)
        labels = remap_labels(said.labels, speaker.mapping)
        sure = said.confidence if confidence else None
        new = NewPrediction(labels=labels, model=speaker.id, confidence=sure)
        project.save(Changes(predictions={image.id: new}))
        return _Seen(pixels, labels, speaker.model.spec.name)

    return (yield from _all(project, images, predict, measures or Measures()))


def measure_images_task(
    project: Project, images: Sequence[ProjectImage], measures: Measures | None = None
) -> Task[pd.DataFrame]:
    """Measure what was predicted and painted; see `predict_images_task`.

    An image that is neither predicted nor annotated as a whole has its error in the
    table.
    """

    def look(image: ProjectImage) -> Task[_Seen]:
        yield from ()
        labels = project.prediction(image.id)
        if labels is None:
            labels = project.annotation(image.id)
            if labels is None or not labels.all():
                raise ProjectError(f"{image.name} is not predicted yet.")
        return _Seen(project.pixels(image.id), labels, _speaker(project, image))

    return (yield from _all(project, images, look, measures or Measures()))


def _as_seen(
    project: Project,
    image: ProjectImage,
    pixels: NDArray[Any],
    spec: ModelSpec,
    choice: ChannelChoice | None,
) -> NDArray[Any]:
    """Return what a model sees of an image, as a window shows it."""
    info = describe_image(image.path)
    known = project.channel_names(image.id) or info.channel_names
    found, wanted, asked = info.channels, spec.channels, spec.channel_names
    planes = with_channel_axis(pixels, info.axes)
    try:
        seen = suggest_channels(found, wanted, known, asked, choice)
        return planes if seen is None else seen.apply(planes)
    except ShapeMismatchError as error:
        raise ShapeMismatchError(f"{image.name}: {error}") from error


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """An image with labels, and the name of the model they are from."""

    pixels: NDArray[Any]
    labels: Labels
    model: str


@dataclass(frozen=True, slots=True, eq=False)
class _Labelled:
    labels: Labels
    scheme: ClassScheme


def _all(
    project: Project,
    images: Sequence[ProjectImage],
    see: Callable[[ProjectImage], Task[_Seen]],
    measures: Measures,
) -> Task[pd.DataFrame]:
    """Work image by image; the table on disk grows with the rows."""
    with project.writing():
        pass  # says at once that nothing can be written
    regions = measures.regions or _regions_of(project)
    others = _Others(project, {image.id for image in images})
    path = project.layout.densities
    with (
        GrowingTable(path, others.joined) as table,
        GrowingTable(beside(path, "slices"), pd.DataFrame) as slices,
        GrowingTable(beside(path, "rings"), pd.DataFrame) as rings,
    ):
        for i, image in enumerate(images):
            one = _one(project, image, see, replace(measures, regions=regions))
            try:
                found = yield from as_part(one, i, len(images), label=image.name)
            except EXPECTED as failure:
                if _is_final(failure):
                    raise
                found = Found(rows=[{"error": str(failure)}]).of(image=image.id)
            table.add(found.rows)
            slices.add(found.slices)
            rings.add(found.rings)
            yield RowProgress(
                done=i + 1, total=len(images), message=image.name, found=found
            )
        return table.frame()


def _is_final(failure: BaseException) -> bool:
    """Tell whether all the others would fail as well, after long work."""
    full = getattr(failure, "errno", None) in DISK_FULL
    return full or isinstance(failure, ProjectInUseError)


def _one(
    project: Project,
    image: ProjectImage,
    see: Callable[[ProjectImage], Task[_Seen]],
    measures: Measures,
) -> Task[Found]:
    """See an image and measure it; what is painted is the truth."""
    seen = yield from see(image)
    painted = project.annotation(image.id)
    labelled = _Labelled(final_labels(seen.labels, painted), project.scheme)
    regions = measures.regions or _regions_of(project)
    try:
        found = measure_image(
            image.path, seen.pixels, labelled, regions, measures.extras
        )
    except ShapeMismatchError as error:
        raise ShapeMismatchError(f"{image.name}: {error}") from error
    return found.of(image=image.id, model=seen.model)


def _regions_of(project: Project) -> Regions:
    same = [parse_region(project.region)]
    return lambda _path, _image: same


def _speaker(project: Project, image: ProjectImage) -> str:
    known = {entry.id: entry.name for entry in project.models}
    return known.get(image.predicted_by, image.predicted_by)


class _Others:
    """The rows of images that are not measured now.

    Parameters
    ----------
    project
        Whose table it is.
    measured
        The images that get new rows.
    """

    def __init__(self, project: Project, measured: set[str]) -> None:
        self._order = {image.id: i for i, image in enumerate(project.images)}
        old = project.densities()
        rows = [] if old is None else old.to_dict("records")
        self._rows: list[Row] = [
            {str(k): v for k, v in row.items() if k == "error" or pd.notna(v)}
            for row in rows
            if row.get("image") in self._order and row["image"] not in measured
        ]

    def joined(self, rows: Sequence[Row]) -> pd.DataFrame:
        """Return a table of old and new rows in the order of the images."""
        known = [*self._rows, *rows]
        known.sort(key=lambda row: self._order.get(str(row["image"]), 0))
        return density_frame([row | {"error": _text(row)} for row in known])


def _text(row: Row) -> str:
    error = row.get("error")
    return error if isinstance(error, str) else ""
