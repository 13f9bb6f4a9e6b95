"""``imageseg train PROJECT``: go on with what was painted in a project."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from imageseg.cli.candidates import Candidate
from imageseg.cli.console import say, show_progress
from imageseg.cli.data import group_of
from imageseg.cli.fitting import Files
from imageseg.cli.flags import channels_from
from imageseg.cli.in_project import over
from imageseg.cli.learning import Given, tell, train
from imageseg.errors import NotEnoughAnnotationsError, SettingsError
from imageseg.tasks import Progress, Task

if TYPE_CHECKING:
    from imageseg.images import ChannelChoice
    from imageseg.model import SegmentationModel
    from imageseg.project import Project
    from imageseg.training import FileSample, Group

NO_START = "none"


def train_project(options: argparse.Namespace, card: str, group: Group) -> None:
    """Train on a project's annotations, and take the model into its lineage.

    With ``--out`` the project is only read. Of several processes that train together
    the first one writes.

    Raises
    ------
    SettingsError
        Flags name images or classes beside those of the project.
    """
    from imageseg.project import Project  # noqa: PLC0415  heavy

    _check_flags(options)
    read_only = options.out is not None or not group.first
    with Project.open(options.project, read_only=read_only) as project:
        given = project.train_settings.to_dict()
        options = over(options, network=None, **given)
        options.own_channels = project.channels
        parent, start = _beginning(project, options)
        options.network = options.network or "unet"
        picked = channels_from(options, *([] if start is None else [start.spec]))
        samples = _samples(project, options, picked)
        out = options.out or _place(project)
        names = project.scheme.names
        files = Files(out, card, options.history, names, group.first)
        taken = Given(samples, project.scheme, start)
        if options.out is not None or not group.first:
            result, path = train(options, taken, files, group)
            if group.first:
                tell(result, options)
                say(f"Model in {path}")
            return
        candidate = Candidate(project, out, parent, picked)
        try:
            result, _ = train(options, taken, files, group)
            tell(result, options)
        finally:  # what was reached by an interrupted training is a candidate as well
            if out.is_file():
                candidate.take_in()
        candidate.propose(samples, result.split)


def _check_flags(options: argparse.Namespace) -> None:
    for name in ("images", "masks", "classes"):
        if getattr(options, name):
            raise SettingsError(
                f"--{name}", getattr(options, name), "left out with a project"
            )


def _place(project: Project) -> Path:
    """Return where a model grows; its name is that of the next one of the lineage."""
    model_id = project.free_model_id(project.name)
    return project.folder / "training" / f"{model_id}.safetensors"


def _beginning(
    project: Project, options: argparse.Namespace
) -> tuple[str, SegmentationModel | None]:
    """Return the model to go on from and its id; the flags come first.

    An instant model is no beginning for a network. A model whose classes have been
    edited since must not teach what it takes other classes for.
    """
    from imageseg.exchange import load_model  # noqa: PLC0415  heavy

    known = {entry.id: entry for entry in project.models}
    if options.start == NO_START:
        return "", None
    if options.start is not None and options.start not in known:
        return "", load_model(options.start)
    entry = known.get(options.start or project.model)
    if entry is None:
        return "", None
    if options.start is None and (entry.kind == "instant" or options.network):
        return "", None
    start = project.load_model(entry.id)
    picked = options.channels or project.channels
    if options.start is None and _sees_others(start, picked):
        say(f"{entry.id} takes other channels than {picked}; a new model is trained.")
        return "", None
    if not entry.fits:
        options.memory = 0.0
        say(f"The classes have changed since {entry.id} was trained; they begin anew.")
    return entry.id, start


def _sees_others(start: SegmentationModel, picked: ChannelChoice | None) -> bool:
    """Say whether a model takes another number of channels than are picked."""
    wanted = start.spec.channels
    return picked is not None and picked.count(wanted) != wanted


def _samples(
    project: Project, options: argparse.Namespace, picked: ChannelChoice | None
) -> list[FileSample]:
    """Return what is annotated, looked at once so that a bad file is known early.

    Raises
    ------
    NotEnoughAnnotationsError
        Nothing is annotated.
    ImageReadError
        A file is missing or damaged.
    """
    found = [
        replace(sample, group=group_of(sample.name, options.groups)).with_choice(picked)
        for sample in project.samples()
    ]
    if not found:
        raise NotEnoughAnnotationsError(
            f"Nothing is annotated in {project.folder} yet, or all of it is kept for "
            "validation. Paint a few strokes of each class."
        )
    show_progress(_look_task(found), quiet=options.json)
    return found


def _look_task(samples: Sequence[FileSample]) -> Task[None]:
    for i, sample in enumerate(samples):
        yield Progress(done=i, total=len(samples), message=sample.name)
        sample.look()
