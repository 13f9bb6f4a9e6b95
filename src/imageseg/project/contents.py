"""What a project is made of: images, models, settings; values that never change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self, get_args

from imageseg.classes import ClassScheme
from imageseg.errors import ProjectError, SettingsError
from imageseg.settings import PredictSettings, TrainSettings

Status = Literal["new", "predicted", "annotated", "reviewed", "validation"]
"""How far work on an image has come; *annotated* is work in progress, *validation*
is kept for scores and never learned from."""
STATUSES: tuple[Status, ...] = get_args(Status)
LEARNED: tuple[Status, ...] = ("annotated", "reviewed")
VALIDATION: tuple[Status, ...] = ("validation",)

Kind = Literal["instant", "network"]
"""A pixel classifier that answers at once, or a network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """Where the pixels of an image lie, axis by axis; empty where nothing is known.

    Attributes
    ----------
    axes
        A letter for each axis, as in `ImageInfo`.
    scale, translate, units, axis_labels
        Of the spatial axes: size of a pixel, position of the first, their unit, name.
    rotate, affine
        Matrices (N, N) and (N + 1, N + 1) over the spatial axes, row by row.
    shear
        Upper triangle of a matrix (N, N), row by row.
    """

    axes: str = ""
    scale: tuple[float, ...] = ()
    translate: tuple[float, ...] = ()
    units: tuple[str, ...] = ()
    axis_labels: tuple[str, ...] = ()
    rotate: tuple[tuple[float, ...], ...] = ()
    shear: tuple[float, ...] = ()
    affine: tuple[tuple[float, ...], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return what is known, as JSON."""
        return {name: value for name, value in asdict(self).items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """How to find an image file again.

    Attributes
    ----------
    relative
        Path from the project's folder, with forward slashes; empty if there is none
        (another drive).
    absolute
        Where it was.
    size, mtime_ns
        Its bytes and the time it was written, to know it again under another path;
        0 for folders (OME-Zarr).
    """

    relative: str
    absolute: str
    size: int = 0
    mtime_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectImage:
    """An image of a project.

    Attributes
    ----------
    id
        Never changes, and is no other image's: the stem of its files in the project.
    name
        As people know it: the file's name, or the layer's.
    file
        Where it is, as far as known; nobody has looked whether it is there.
    whereabouts
        How to find it again.
    status
        How far work on it has come.
    annotated, predicted
        Whether there is an annotation, a prediction.
    predicted_by
        The model of its prediction; empty if that is not known.
    counts
        Pixels of each label in its annotation when it was last saved, from 0 (not
        annotated); empty without one.
    space
        Where its pixels lie.
    error
        What is wrong with it, as far as somebody has looked; not kept in files.
    """

    id: str
    name: str
    file: str
    whereabouts: Whereabouts
    status: Status = "new"
    annotated: bool = False
    predicted: bool = False
    predicted_by: str = ""
    counts: tuple[int, ...] = ()
    space: Space = field(default_factory=Space)
    error: str = ""

    @property
    def path(self) -> Path:
        """Its file."""
        return Path(self.file)

    def to_dict(self) -> dict[str, Any]:
        """Return what is kept in the project's description."""
        where = self.whereabouts
        values: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "path": where.relative,
            "absolute": where.absolute,
            "size": where.size,
            "mtime_ns": where.mtime_ns,
            "status": self.status,
        }
        optional = {"predicted_by": self.predicted_by, "counts": list(self.counts)}
        values |= {key: value for key, value in optional.items() if value}
        if self.space != _NOWHERE:
            values["space"] = self.space.to_dict()
        return values


_NOWHERE = Space()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """A model of the lineage.

    Attributes
    ----------
    id
        Never changes; the stem of its file.
    name
        As people see it.
    kind
        A network, or the instant classifier.
    parent
        The model it was trained from; empty for the first.
    created
        ISO 8601.
    accepted
        Whether somebody has taken it into use; a candidate is not.
    scores, held_out
        What it reached, as JSON, and on what, for people.
    labels
        The project's label of each class of the model, which may have been merged or
        reordered since; 0 for one that is no more.
    note
        Why it was, or was not, proposed.
    kept
        Whether it was a candidate before it was proposed, and is one again when it is
        no more.
    """

    id: str
    name: str
    kind: Kind
    parent: str = ""
    created: str = ""
    accepted: bool = False
    scores: Mapping[str, Any] = field(default_factory=dict)
    held_out: str = ""
    labels: tuple[int, ...] = ()
    note: str = ""
    kept: bool = False

    @property
    def fits(self) -> bool:
        """Whether its classes are the first ones of the project, in their order."""
        return self.labels == tuple(range(1, len(self.labels) + 1))

    @property
    def mapping(self) -> tuple[int, ...]:
        """What `remap_labels` needs to bring its labels to the project's."""
        return (0, *self.labels)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """All that stands in a project's description.

    Attributes
    ----------
    scheme
        The classes.
    images
        In the order they are shown.
    current
        The image that is shown; empty for none.
    region
        Where densities are measured, in the words of `parse_region`.
    predict, train
        Settings.
    model
        The model in use, by its id; empty for none.
    proposed
        The model that people are asked to take into use; empty for none.
    models
        The lineage, the oldest first.
    view
        What a front end wants to find again, as JSON: camera, slice, selected class.
    unknown
        What other programs wrote there; it is kept.
    problems
        What was not as it has to be when it was read, and is a default now.
    """

    scheme: ClassScheme
    images: tuple[ProjectImage, ...] = ()
    current: str = ""
    region: str = "whole"
    predict: PredictSettings = field(default_factory=PredictSettings)
    train: TrainSettings = field(default_factory=TrainSettings)
    model: str = ""
    proposed: str = ""
    models: tuple[ModelEntry, ...] = ()
    view: Mapping[str, Any] = field(default_factory=dict)
    unknown: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    def image(self, image_id: str) -> ProjectImage:
        """Return the image of this id.

        Raises
        ------
        ProjectError
            There is none.
        """
        found = next((image for image in self.images if image.id == image_id), None)
        if found is None:
            raise ProjectError(f"The project has no image {image_id!r}.")
        return found

    def entry(self, model_id: str) -> ModelEntry:
        """Return the model of this id.

        Raises
        ------
        ProjectError
            There is none.
        """
        found = next((entry for entry in self.models if entry.id == model_id), None)
        if found is None:
            known = ", ".join(entry.id for entry in self.models) or "none"
            raise ProjectError(
                f"The project has no model {model_id!r}; its models: {known}."
            )
        return found

    def with_images(self, *changed: ProjectImage) -> Self:
        """Return the contents with other values of some images."""
        by_id = {image.id: image for image in changed}
        images = tuple(by_id.get(image.id, image) for image in self.images)
        return replace(self, images=images)

    def with_model(self, entry: ModelEntry) -> Self:
        """Return the contents with other values of one model."""
        models = tuple(entry if m.id == entry.id else m for m in self.models)
        return replace(self, models=models)


def plain_json(values: Mapping[str, Any], what: str) -> dict[str, Any]:
    """Return a copy of values that JSON can hold.

    Raises
    ------
    SettingsError
        It cannot.
    """
    try:
        copy: dict[str, Any] = json.loads(json.dumps(dict(values)))
    except (TypeError, ValueError) as error:
        raise SettingsError(what, values, f"of what JSON knows ({error})") from error
    return copy
