"""Models taken into a project."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imageseg.classes import ClassScheme
from imageseg.project.contents import Kind, ModelEntry, plain_json
from imageseg.project.disk import durable_path
from imageseg.spec import ModelSpec, find_model, read_spec

if TYPE_CHECKING:
    from imageseg.model import SegmentationModel

INSTANT = "forest"
"""The architecture that answers at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What the lineage tells of a model besides its own description.

    Attributes
    ----------
    id
        What it had before it was taken out of the lineage, if it comes back.
    parent
        The model it was trained from, by its id; empty for none.
    accepted
        Whether it is taken into use, or a candidate.
    proposed
        Whether people are asked to take it into use, instead of the one proposed
        before.
    scores, held_out
        What it reached, as JSON, and on what, for people. Empty takes what its
        training wrote into the model.
    note
        Why it was, or was not, proposed.
    labels
        The project's label of each of its classes, 0 for none. Empty: that of the
        class of the same name.
    """

    id: str = ""
    parent: str = ""
    accepted: bool = False
    proposed: bool = False
    scores: dict[str, Any] = field(default_factory=dict)
    held_out: str = ""
    note: str = ""
    labels: tuple[int, ...] = ()


def write_model(path: Path, model: SegmentationModel | Path | str) -> ModelSpec:
    """Write a model, or copy a model file or a bundled model, atomically.

    Raises
    ------
    ModelFormatError
        There is no such model, or it is none of ours.
    OSError
        It cannot be written.
    """
    if isinstance(model, Path | str):
        source = find_model(model)
        spec = read_spec(source)
        with durable_path(path) as temporary:
            shutil.copyfile(source, temporary)
        return spec
    with durable_path(path) as temporary:
        model.save(temporary)
    return model.spec


def entry_of(
    model_id: str, spec: ModelSpec, story: Story, scheme: ClassScheme
) -> ModelEntry:
    """Return the entry of a model.

    Raises
    ------
    SettingsError
        The scores are no JSON.
    """
    kind: Kind = "instant" if spec.architecture == INSTANT else "network"
    told = spec.provenance
    return ModelEntry(
        id=model_id,
        name=spec.name,
        kind=kind,
        parent=story.parent,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        accepted=story.accepted,
        scores=plain_json(story.scores or told.get("scores") or {}, "scores"),
        held_out=story.held_out or str(told.get("held_out") or ""),
        labels=story.labels or labels_of(spec.scheme, scheme),
        note=story.note,
    )


def labels_of(model: ClassScheme, project: ClassScheme) -> tuple[int, ...]:
    """Return the project's label of each class of a model: that of the same name.

    If no name is the same, as many classes are taken in their order. 0 stands for a
    class that the project does not have.
    """
    known = {c.name.strip().casefold(): c.id for c in project}
    labels = tuple(known.get(c.name.strip().casefold(), 0) for c in model)
    if not any(labels) and len(model) == len(project):
        return tuple(c.id for c in project)
    return labels
