"""``imageseg train PROJECT``: go on with what was painted in a project."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imageseg.cli.console import count, say, show_progress
from imageseg.cli.data import group_of
from imageseg.cli.fitting import Files
from imageseg.cli.flags import channels_from
from imageseg.cli.in_project import over
from imageseg.cli.learning import Given, tell, train
from imageseg.errors import NotEnoughAnnotationsError, SettingsError
from imageseg.tasks import Progress, Task

if TYPE_CHECKING:
    from imageseg.evaluation import Evaluation
    from imageseg.images import ChannelChoice
    from imageseg.model import SegmentationModel
    from imageseg.project import ModelEntry, Project
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
        try:
            result, _ = train(options, taken, files, group)
            tell(result, options)
        finally:  # what was reached by an interrupted training is a candidate as well
            if out.is_file():
                _take_in(project, out, parent, picked)


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


def _take_in(
    project: Project, path: Path, parent: str, picked: ChannelChoice | None
) -> None:
    """Make a model file a candidate of the project, with its scores."""
    from imageseg.project import VALIDATION, Story  # noqa: PLC0415  heavy

    story = Story(parent=parent)
    validation = [s.with_choice(picked) for s in project.samples(VALIDATION)]
    if validation:
        story = _scored(project, path, parent, validation)
    entry = project.add_model(path, story)
    path.unlink()
    _say_taken(project, entry)


def _scored(
    project: Project, path: Path, parent: str, samples: Sequence[FileSample]
) -> Any:  # noqa: ANN401  a Story, which is heavy to import
    """Score a model, and the one before it, on the images kept for validation."""
    from imageseg.model import load_model  # noqa: PLC0415  heavy
    from imageseg.project import Story  # noqa: PLC0415

    evaluation = _evaluated(project, load_model(path), samples)
    dice = zip(project.scheme.names, evaluation.pooled.dice.tolist(), strict=True)
    known = {name: round(d, 4) for name, d in dice if not math.isnan(d)}
    mean = round(evaluation.pooled.mean_dice, 4)
    note = f"mean Dice {mean:.3f}"
    if parent and project.entry(parent).fits:
        before = project.load_model(parent)
        if len(before.spec.scheme) == len(project.scheme):
            earlier = _evaluated(project, before, samples).pooled.mean_dice
            note += f"; {parent}: {earlier:.3f}"
    return Story(
        parent=parent,
        scores={"dice": known, "mean_dice": mean},
        held_out=count(len(samples), "validation image"),
        note=note,
    )


def _evaluated(
    project: Project, model: SegmentationModel, samples: Sequence[FileSample]
) -> Evaluation:
    from imageseg.evaluation import evaluate_task  # noqa: PLC0415  heavy

    return show_progress(evaluate_task(model, samples, project.predict_settings))


def _say_taken(project: Project, entry: ModelEntry) -> None:
    held_out = f" on {entry.held_out}: {entry.note}" if entry.note else ""
    say(
        f"{entry.id} is a candidate in {project.folder}{held_out}. Accept it in the "
        f"plugin, or with: imageseg project use {project.folder} {entry.id}"
    )
