"""What a window finds again in a project beside its files, read field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args

from imageseg.classes import ClassScheme
from imageseg.density import WHOLE, Region
from imageseg.project import Project
from imageseg.project.fields import Fields, integer, many, one_of
from imageseg.project.reading import LABELS, channels_text, classes
from napari_imageseg.appearance import looks_from
from napari_imageseg.memories import region
from napari_imageseg.stopping import Covers, covers
from napari_imageseg.teach_jobs import Depth


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Recalled:
    """The choices of a window; what is missing or malformed is as in a new one.

    Attributes
    ----------
    scheme
        The classes shown.
    region
        Where densities are measured.
    label, hidden, locked
        The class painted, and those hidden and locked.
    channels, depth
        What models see, and what a new one learns.
    rounds
        The covers by earlier models.
    appearance
        Attributes of `Appearance`.
    """

    scheme: ClassScheme
    region: Region
    label: int
    hidden: tuple[int, ...]
    locked: tuple[int, ...]
    channels: str
    depth: Depth
    rounds: tuple[Covers, ...]
    appearance: Mapping[str, Any]


def recall(project: Project, view: Fields) -> Recalled:
    """Read the choices of a window.

    Parameters
    ----------
    project
        Whose.
    view
        What a window wrote into its `view`; it notes what is malformed.
    """
    depths: tuple[Depth, ...] = get_args(Depth)
    depth: Depth = "model"
    scheme = _shown(view, project.scheme)
    labels = many(integer(1, LABELS - 1))
    top = Fields({"region": project.region}, "", view.problems)
    none: tuple[int, ...] = ()
    everywhere: Region = WHOLE

    def known(name: str) -> tuple[int, ...]:
        return tuple(k for k in view.get(name, labels, none) if k <= len(scheme))

    return Recalled(
        scheme=scheme,
        region=top.get("region", region, everywhere),
        label=min(view.get("label", integer(1, LABELS - 1), 1), len(scheme)),
        hidden=known("hidden"),
        locked=known("locked"),
        channels=view.get("channels", channels_text, ""),
        depth=view.get("depth", one_of(*depths), depth),
        rounds=view.get("rounds", many(covers), ()),
        appearance=looks_from(view.inner("appearance")),
    )


def _shown(view: Fields, whole: ClassScheme) -> ClassScheme:
    """Return the classes shown: all of the project, or its first ones.

    A window writes both at once. If they differ, the project's were changed since, by
    hand or by another program.
    """
    told = view.get("classes", classes, whole)
    same = told.classes == whole.classes[: len(told)]
    return replace(whole, classes=told.classes) if same else whole
