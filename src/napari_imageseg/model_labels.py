"""What the labels of models mean after classes were merged, removed or reordered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from imageseg.classes import ClassScheme

if TYPE_CHECKING:
    from imageseg.model import SegmentationModel

LabelsOfModels = tuple[tuple["SegmentationModel", tuple[int, ...]], ...]
"""Models, each with today's label of each of its classes."""


class ModelLabels:
    """Knows which of today's labels each class of a model has.

    A model goes on telling apart the classes that it was trained on; what it predicts
    is brought to today's.
    """

    def __init__(self) -> None:
        self.known: LabelsOfModels = ()
        """Of models whose classes have changed; to come back to."""

    def of(self, model: SegmentationModel | None) -> tuple[int, ...]:
        """Return the label of each class of a model, the first one's first.

        0 stands for a class that is no more. Empty: they are the first classes, in
        their order.
        """
        return next((labels for known, labels in self.known if known is model), ())

    def note(self, model: SegmentationModel, labels: Sequence[int]) -> None:
        """Take note of the labels of a model."""
        self.known = tuple(pair for pair in self.known if pair[0] is not model)
        if tuple(labels) != _in_order(labels):
            self.known += ((model, tuple(labels)),)

    def carry(
        self, models: Iterable[SegmentationModel], mapping: Sequence[int]
    ) -> None:
        """Take models along with an edit of classes, given the new label of each."""
        for model in models:
            labels = self.of(model) or range(1, len(model.spec.scheme) + 1)
            self.note(model, [mapping[label] for label in labels])

    def take_back(
        self,
        models: Iterable[SegmentationModel],
        mapping: Sequence[int],
        before: Iterable[SegmentationModel],
        known: LabelsOfModels,
    ) -> None:
        """Go back behind an edit of classes.

        Parameters
        ----------
        models
            Those of today; new ones are taken along like labels.
        mapping
            The old label of each new one.
        before, known
            Models that the edit took along, and what was known then.
        """
        old = {id(model) for model in (*before, *(model for model, _ in known))}
        self.carry((model for model in models if id(model) not in old), mapping)
        later = (pair for pair in self.known if id(pair[0]) not in old)
        self.known = (*known, *later)

    def text(self, model: SegmentationModel | None, scheme: ClassScheme) -> str:
        """Say what becomes of a model that other classes were made for.

        Empty if it tells today's classes apart, in their order.
        """
        labels = self.of(model)
        if model is None or not labels:
            return ""
        name, classes = model.spec.name, model.spec.scheme.names
        told = [
            f"what it takes for {named} is shown as {scheme[label].name}"
            if label
            else f"what it takes for {named} gets no class"
            for named, label in zip(classes, labels, strict=True)
            if not label or labels.count(label) > 1
        ]
        said = (
            f"{name} still predicts with its own classes: {', '.join(told)}."
            if told
            else f"The classes of {name} are in another order: what it predicts is "
            "brought into yours."
        )
        return f"{said} {_training(model, labels, scheme)}"


def labels_by_name(model: ClassScheme, today: ClassScheme) -> tuple[int, ...] | None:
    """Return today's label of each class of a model; None if a name is not there."""
    known = {c.name.strip().casefold(): c.id for c in today}
    names = [name.strip().casefold() for name in model.names]
    return tuple(known[n] for n in names) if known.keys() >= set(names) else None


def same_classes(some: ClassScheme, others: ClassScheme) -> bool:
    """Say whether classes have the same names in the same order, in any letters."""
    return labels_by_name(some, others) == _in_order(others.classes)


def _training(
    model: SegmentationModel, labels: Sequence[int], scheme: ClassScheme
) -> str:
    """Say what training makes of a model with other classes."""
    if model.spec.architecture == "forest":
        return "Train makes a new model for today's classes."
    if is_order(labels, scheme):
        return "Train goes on from it."
    if len(labels) == len(scheme):
        return "Train makes a new model for today's classes."
    return "Train keeps its layers, but learns the last one anew for today's classes."


def is_order(labels: Sequence[int], scheme: ClassScheme) -> bool:
    """Say whether labels are those of all classes, each once."""
    return sorted(labels) == [definition.id for definition in scheme]


def _in_order(labels: Sequence[object]) -> tuple[int, ...]:
    return tuple(range(1, len(labels) + 1))
