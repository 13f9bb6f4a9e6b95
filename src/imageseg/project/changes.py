"""What is to be written into a project, as a value that can cross threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from imageseg.classes import ClassScheme
from imageseg.effort import EffortRow
from imageseg.errors import ProjectError, SettingsError
from imageseg.masks import Labels
from imageseg.project.contents import (
    STATUSES,
    Contents,
    Space,
    Status,
    plain_json,
)
from imageseg.settings import PredictSettings, TrainSettings


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class NewPrediction:
    """A prediction to be kept.

    Attributes
    ----------
    labels
        In the project's labels.
    model
        The model of the lineage it is from; empty for another one.
    confidence
        0 to 1, of the labels' shape; it is kept in steps of 1/255.
    """

    labels: Labels
    model: str = ""
    confidence: NDArray[np.floating[Any]] | None = None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Changes:
    """Some changes of a project; None and empty leave things as they are.

    Arrays are handed over, not copied: whoever goes on painting hands over copies.

    Attributes
    ----------
    scheme
        Classes with other names, colours, exclusions, or more of them. Merging, removal
        and another order change labels too: `Project.edit_classes`.
    annotations, predictions
        By image; a prediction that is None takes it away.
    statuses, spaces
        By image.
    order
        All images, as they are to be listed.
    current, region, predict, train, model, view
        As of `Contents`.
    effort
        Rows for the ledger.
    """

    scheme: ClassScheme | None = None
    annotations: Mapping[str, Labels] = field(default_factory=dict)
    predictions: Mapping[str, NewPrediction | None] = field(default_factory=dict)
    statuses: Mapping[str, Status] = field(default_factory=dict)
    spaces: Mapping[str, Space] = field(default_factory=dict)
    order: tuple[str, ...] | None = None
    current: str | None = None
    region: str | None = None
    predict: PredictSettings | None = None
    train: TrainSettings | None = None
    model: str | None = None
    view: Mapping[str, Any] | None = None
    effort: tuple[EffortRow, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        values = ((f.name, getattr(self, f.name)) for f in fields(self))
        return any(
            value if name in _MANY else value is not None for name, value in values
        )

    def then(self, later: Self) -> Self:
        """Return these changes with later ones on top."""
        merged: dict[str, Any] = {}
        for f in fields(self):
            first, second = getattr(self, f.name), getattr(later, f.name)
            if f.name == "effort":
                merged[f.name] = first + second
            elif f.name in _MANY:
                merged[f.name] = {**first, **second}
            else:
                merged[f.name] = first if second is None else second
        return replace(self, **merged)

    def described(self, contents: Contents) -> Contents:
        """Return the contents of a description with these changes.

        Raises
        ------
        ProjectError
            They name an image or a model that the project does not have.
        SettingsError
            Classes are missing, the order lacks an image, the view is no JSON.
        """
        if self.current:
            contents.image(self.current)
        if self.model:
            contents.entry(self.model)
        names = ("current", "region", "predict", "train", "model")
        values = {name: getattr(self, name) for name in names}
        if self.scheme is not None:
            values["scheme"] = _grown(contents.scheme, self.scheme)
        if self.view is not None:
            values["view"] = plain_json(self.view, "view")
        values = {key: value for key, value in values.items() if value is not None}
        return replace(_with_images(contents, self), **values)

    def check(self, contents: Contents) -> None:
        """Refuse, before anything is written, what could not be written as a whole.

        Raises
        ------
        ProjectError, SettingsError
            As of `described`.
        """
        self.described(contents)
        known = {image.id for image in contents.images}
        for image in (*self.annotations, *self.predictions):
            if image not in known:
                raise ProjectError(f"The project has no image {image!r}.")


def _with_images(contents: Contents, changes: Changes) -> Contents:
    by_id = {image.id: image for image in contents.images}
    for image in {**changes.statuses, **changes.spaces}:
        found = by_id.get(image) or contents.image(image)
        by_id[image] = replace(
            found,
            status=_known(changes.statuses.get(image, found.status)),
            space=changes.spaces.get(image, found.space),
        )
    order = tuple(by_id) if changes.order is None else changes.order
    if sorted(order) != sorted(by_id):
        raise SettingsError("order", order, "of all images, each once")
    return replace(contents, images=tuple(by_id[image] for image in order))


def _known(status: Status) -> Status:
    if status not in STATUSES:
        raise SettingsError("status", status, f"one of {', '.join(STATUSES)}")
    return status


def _grown(old: ClassScheme, new: ClassScheme) -> ClassScheme:
    if len(new) < len(old):
        raise SettingsError(
            "classes",
            new.names,
            f"at least {len(old)}; merge or remove classes instead",
        )
    return new


_MANY = frozenset({"annotations", "predictions", "statuses", "spaces", "effort"})
