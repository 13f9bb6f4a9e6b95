"""What a session and its project hand to each other, in the saving lane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imageseg.classes import ClassScheme
from imageseg.effort import EffortRow
from imageseg.errors import ImageReadError
from imageseg.project import Changes, NewPrediction, Project, Space, Status, Story
from imageseg.project.pixels import axes_of
from imageseg.settings import PredictSettings, TrainSettings
from imageseg.tasks import Progress, Task
from napari_imageseg.edits import Labels
from napari_imageseg.held import Packed

if TYPE_CHECKING:
    from imageseg.model import SegmentationModel


@dataclass(frozen=True, slots=True, eq=False)
class SavedImage:
    """An image in a project, to be read when it is needed."""

    project: Project
    id: str

    def annotation(self) -> Labels | None:
        """Return what is painted."""
        return self.project.annotation(self.id)

    def prediction(self) -> Labels | None:
        """Return what is predicted."""
        return self.project.prediction(self.id)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ImageDraft:
    """What is to be written of an image.

    Attributes
    ----------
    id
        In the project; empty for a new one.
    name, path, pixels, others, space
        Where a new one comes from; others are further channels.
    status
        How far work on it has come.
    told
        What the description says of it beside that, as JSON.
    annotation
        To be written; None leaves what is there.
    predicted, prediction
        Whether it has changed, and to what; None takes it away.
    predicted_by
        Name of the model of the prediction.
    """

    id: str
    name: str
    path: Path | None
    pixels: NDArray[Any] | None
    space: Space
    status: Status
    told: Mapping[str, Any]
    annotation: Labels | None = None
    predicted: bool = False
    prediction: Labels | Packed | None = None
    predicted_by: str = ""
    others: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ModelDraft:
    """A model that is to be in the lineage, accepted or proposed."""

    model: SegmentationModel
    parent: SegmentationModel | None
    accepted: bool
    labels: tuple[int, ...]
    scores: Mapping[str, Any] = field(default_factory=dict)
    held_out: str = ""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LineageDraft:
    """The models of a session.

    Attributes
    ----------
    models
        Those that are to be there.
    known
        The ids that models have, or had before they were taken out.
    in_use
        The model in use.
    proposed, said
        The model that is proposed, and what speaks for it.
    """

    models: tuple[ModelDraft, ...]
    known: Sequence[tuple[SegmentationModel, str]]
    in_use: SegmentationModel | None
    proposed: SegmentationModel | None
    said: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Draft:
    """The state of a session, to be written; nobody changes it any more.

    Attributes
    ----------
    images
        All of them, in order; last those taken off the list, which say so.
    current
        The place of the one shown; -1 for none.
    lineage
        Its models.
    scheme, region, predict, train, view
        As of `Changes`.
    effort
        What was done since the last draft, for the ledger.
    rows
        The density table; None if it is as it was.
    """

    images: tuple[ImageDraft, ...]
    current: int
    lineage: LineageDraft
    scheme: ClassScheme
    region: str
    predict: PredictSettings
    train: TrainSettings
    view: Mapping[str, Any]
    effort: tuple[EffortRow, ...]
    rows: Sequence[Mapping[str, object]] | None


@dataclass(slots=True, eq=False)
class Receipt:
    """What has been written of a draft.

    Attributes
    ----------
    project
        Where; None if it could not be made.
    ids
        Of the draft's images, in order; empty for one that is not in the project.
    models
        Ids of models, old and new.
    error
        Why not all of it was written.
    """

    project: Project | None
    ids: list[str]
    models: list[tuple[SegmentationModel, str]] = field(default_factory=list)
    error: Exception | None = None


def write_task(project: Project | Path, draft: Draft) -> Task[Receipt]:
    """Write a draft into a project, which is made if only its folder is given.

    What goes wrong is told in the receipt, with what was written before.
    """
    receipt = Receipt(
        None, [image.id for image in draft.images], list(draft.lineage.known)
    )
    try:
        yield Progress(done=0, total=0, message="saving")
        if isinstance(project, Path):
            project = Project.create(project, draft.scheme)
        receipt.project = project
        _add_images(project, draft, receipt)
        _add_models(project, draft.lineage, receipt)
        yield from project.save_task(_changes(project, draft, receipt))
        if draft.rows is not None:
            from imageseg.tables import density_frame  # noqa: PLC0415  heavy

            project.save_densities(density_frame(list(map(dict, draft.rows))))
    except Exception as error:  # noqa: BLE001  the lane must go on, and says so
        receipt.error = error
    return receipt


def _add_images(project: Project, draft: Draft, receipt: Receipt) -> None:
    """Take the new images in; one whose file is gone is written from memory."""
    new = [i for i, image in enumerate(draft.images) if not image.id]
    paths = [p for i in new if (p := draft.images[i].path) is not None]
    there = [path for path in paths if path.exists()]
    project.add_images(there)
    by_path = {image.path: image.id for image in project.images}
    for i in new:
        image = draft.images[i]
        if image.path in by_path:
            receipt.ids[i] = by_path[image.path]
        elif image.pixels is not None:
            added = project.add_pixels(image.name, *_joined(image))
            receipt.ids[i] = added.id
        elif image.annotation is not None or image.predicted:
            raise ImageReadError(
                image.path or Path(image.name), "it is gone. Put it back to save."
            )


def _joined(image: ImageDraft) -> tuple[Any, Space]:
    """Return the pixels of an image with all its channels, and where they lie."""
    if not image.others:
        return image.pixels, image.space
    channels = [np.asarray(own) for own in (image.pixels, *image.others)]
    axes = axes_of(channels[0], image.space.axes) + "C"
    return np.stack(channels, axis=-1), replace(image.space, axes=axes)


def _add_models(project: Project, lineage: LineageDraft, receipt: Receipt) -> None:
    """Write models that are not there: new ones, and those that undo brings back."""
    for draft in lineage.models:
        ids = {entry.id for entry in project.models}
        before, parent = _id_of(draft.model, receipt), _id_of(draft.parent, receipt)
        if before in ids:
            continue
        story = Story(
            id=before,
            parent=parent if parent in ids else "",
            accepted=draft.accepted,
            proposed=not draft.accepted,
            labels=draft.labels,
            scores=dict(draft.scores),
            held_out=draft.held_out,
            note="" if draft.accepted else lineage.said,
        )
        _note(draft.model, project.add_model(draft.model, story).id, receipt)
    in_use = _id_of(lineage.in_use, receipt)
    if in_use and in_use != project.model:
        project.use_model(in_use)
    _propose(project, lineage, receipt)


def _note(model: SegmentationModel, model_id: str, receipt: Receipt) -> None:
    """Take note of an id, which may have been that of a model that is gone."""
    others = [p for p in receipt.models if p[0] is not model and p[1] != model_id]
    receipt.models = [*others, (model, model_id)]


def _propose(project: Project, lineage: LineageDraft, receipt: Receipt) -> None:
    """Propose what the session does; what it could not open is left alone."""
    wanted, there = _id_of(lineage.proposed, receipt), project.proposed
    if wanted and (wanted != there or project.entry(wanted).note != lineage.said):
        project.propose_model(wanted, lineage.said)
    elif there and not wanted and _is_known(there, receipt):
        project.propose_model()


def _is_known(model_id: str, receipt: Receipt) -> bool:
    return any(known == model_id for _, known in receipt.models)


def _id_of(model: SegmentationModel | None, receipt: Receipt) -> str:
    return next((id_ for known, id_ in receipt.models if known is model), "")


def _changes(project: Project, draft: Draft, receipt: Receipt) -> Changes:
    drafts = [
        (image_id, image)
        for image_id, image in zip(receipt.ids, draft.images, strict=True)
        if image_id
    ]
    rest = [image.id for image in project.images if image.id not in set(receipt.ids)]
    current = receipt.ids[draft.current] if draft.current >= 0 else ""
    told = {image_id: dict(image.told) for image_id, image in drafts}
    in_use = _id_of(draft.lineage.in_use, receipt)
    known = in_use or _is_known(project.model, receipt)  # else it is being opened
    return Changes(
        scheme=padded(draft.scheme, project.scheme),
        annotations={
            i: image.annotation for i, image in drafts if image.annotation is not None
        },
        predictions={
            i: _prediction(image, project) for i, image in drafts if image.predicted
        },
        statuses={i: image.status for i, image in drafts},
        order=(*(i for i, _ in drafts), *rest),
        current=current,
        region=draft.region,
        predict=draft.predict,
        train=draft.train,
        model=in_use if known else None,
        view={**project.view, **draft.view, "images": told},
        effort=draft.effort,
    )


def _prediction(image: ImageDraft, project: Project) -> NewPrediction | None:
    labels = image.prediction
    if isinstance(labels, Packed):
        labels = labels.unpack()
    if labels is None:
        return None
    return NewPrediction(labels=labels, model=_named(image.predicted_by, project))


def _named(name: str, project: Project) -> str:
    """Return the model in use or proposed, or the newest of a name; empty for none."""
    named = [m.id for m in reversed(project.models) if m.name == name]
    first = (m for m in (project.model, project.proposed) if m in named)
    return next(first, named[0] if named else "")


def padded(scheme: ClassScheme, old: ClassScheme) -> ClassScheme:
    """Return a scheme that has at least the classes of an old one.

    Another model may know fewer classes; rows of the old one keep theirs.
    """
    classes = list(scheme)
    for extra in old.classes[len(scheme) :]:
        taken = {c.name.casefold() for c in classes}
        name, number = extra.name, 2
        while name.casefold() in taken:
            name, number = f"{extra.name} {number}", number + 1
        classes.append(replace(extra, name=name))
    return replace(scheme, classes=tuple(classes))
