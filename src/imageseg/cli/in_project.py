"""Verbs that work on a project: with its images, its model and its settings."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from imageseg.cli import DONE
from imageseg.cli.console import count, say, show_progress
from imageseg.cli.flags import channels_from, settings_from
from imageseg.cli.measures import extras_from, regions_from
from imageseg.cli.report import report
from imageseg.errors import ProjectError, SettingsError
from imageseg.settings import PredictSettings

if TYPE_CHECKING:
    import pandas as pd

    from imageseg.project import Project, ProjectImage
    from imageseg.project.densities import Measures, Speaker


def folder_among(paths: Sequence[Path]) -> Path | None:
    """Return the project that is named in place of images.

    Raises
    ------
    SettingsError
        It is one of several paths.
    """
    from imageseg.project import is_project  # noqa: PLC0415  only where asked for

    found = [path for path in paths if is_project(path)]
    if found and len(paths) > 1:
        raise SettingsError("paths", list(map(str, paths)), "one project, or images")
    return found[0] if found else None


def over(options: argparse.Namespace, **values: object) -> argparse.Namespace:
    """Read the command line again with a project's values where no flag is given."""
    options.parser.set_defaults(**values)
    again: argparse.Namespace = options.parser.parse_args(options.arguments)
    return again


def predict(options: argparse.Namespace, folder: Path) -> int:
    """Predict the images of a project, and keep the predictions in it."""
    from imageseg.project import Project  # noqa: PLC0415  heavy
    from imageseg.project.densities import predict_images_task  # noqa: PLC0415

    with Project.open(folder) as project:
        options = _with_project(options, project)
        speaker = _speaker(project, options.model)
        choice = channels_from(options, speaker.model.spec)
        images = _wanted(project, options)
        if not options.again and speaker.id:
            images = [i for i in images if not _is_said(i, speaker.id)]
        if not images:
            say("All images are predicted by this model; --again does it anew.")
            return DONE
        task = predict_images_task(
            project,
            images,
            speaker,
            settings_from(options, PredictSettings),
            _measures(options, images),
            confidence=options.probabilities,
            choice=choice,
        )
        table = show_progress(task, quiet=options.json)
        return _tell(table, project, images, options)


def as_files(options: argparse.Namespace, folder: Path) -> argparse.Namespace:
    """Return options that name the image files of a project, and its model.

    Channels are those that it has picked, under the names that it has for them.
    """
    from imageseg.project import Project  # noqa: PLC0415  heavy

    project = Project.open(folder, read_only=True)
    options = _with_project(options, project)
    options.paths = [image.path for image in project.listed]
    options.own_channels = project.channels
    ids = {image.path: image.id for image in project.listed}
    options.names_of = lambda path: project.channel_names(ids[path])
    own = options.model or project.model
    if own in {entry.id for entry in project.models}:
        options.model = project.model_file(own)
    elif options.model is None:
        use = shlex.join(["imageseg", "project", "use", str(folder)])
        raise ProjectError(
            f"{folder} uses no model yet. Choose one: --model for now, `{use} MODEL` "
            "for good."
        )
    return options


def density(options: argparse.Namespace, folder: Path) -> int:
    """Measure the predictions and annotations of a project."""
    from imageseg.project import Project  # noqa: PLC0415  heavy
    from imageseg.project.densities import measure_images_task  # noqa: PLC0415
    from imageseg.tables import write_table  # noqa: PLC0415

    with Project.open(folder) as project:
        options = _with_project(options, project)
        _refuse_predicting(options, folder)
        images = _wanted(project, options)
        _refuse_nothing(images, folder)
        task = measure_images_task(project, images, _measures(options, images))
        table = show_progress(task, quiet=options.json)
        status = _tell(table, project, images, options)
    if options.table is not None:
        say(f"Table in {write_table(options.table, table)}")
    if status != DONE and not all(image.predicted for image in images):
        say(f"`{_predicting(folder)}` predicts what is not predicted yet.")
    return status


def _refuse_nothing(images: Sequence[ProjectImage], folder: Path) -> None:
    """Say what to do where there is nothing to measure.

    Raises
    ------
    ProjectError
        No image is predicted or annotated.
    """
    if not any(image.predicted or image.annotated for image in images):
        what = f"None of {count(len(images), 'image')}"
        what = "The image is not" if len(images) == 1 else f"{what} is"
        raise ProjectError(f"{what} predicted yet. `{_predicting(folder)}` does it.")


def _predicting(folder: Path) -> str:
    return shlex.join(["imageseg", "predict", str(folder)])


def _refuse_predicting(options: argparse.Namespace, folder: Path) -> None:
    """Say what predicts, if flags ask for it where all is predicted.

    Raises
    ------
    SettingsError
        They do.
    """
    for flag in ("--model", "--channels"):
        value = getattr(options, flag[2:])
        if value is not None:
            anew = ["imageseg", "predict", str(folder), flag, str(value), "--again"]
            raise SettingsError(
                flag,
                str(value),
                "left out: of a project is measured what is predicted already. "
                f"`{shlex.join(anew)}` predicts anew, and measures that",
            )


def _with_project(options: argparse.Namespace, project: Project) -> argparse.Namespace:
    settings = project.predict_settings.to_dict()
    return over(options, region=project.region, model=None, table=None, **settings)


def _speaker(project: Project, wanted: str | None) -> Speaker:
    """Load the model that was asked for: of the lineage, a file, or a bundled one."""
    from imageseg.exchange import load_model  # noqa: PLC0415  heavy
    from imageseg.project.densities import Speaker  # noqa: PLC0415

    if wanted is None or wanted in {entry.id for entry in project.models}:
        return Speaker.of_project(project, wanted or "")
    return Speaker.of_model(project, load_model(wanted))


def _wanted(project: Project, options: argparse.Namespace) -> list[ProjectImage]:
    """Return the images whose names fit ``--include`` and ``--exclude``.

    Raises
    ------
    ProjectError
        There are none.
    SettingsError
        A regular expression is none.
    """
    from imageseg.images.find import is_wanted  # noqa: PLC0415  heavy

    wanted = is_wanted(options.include, options.exclude)
    found = [image for image in project.listed if wanted(image.name)]
    if not found:
        raise ProjectError(
            f"{project.folder} has no images, or --include and --exclude leave none."
        )
    return found


def _measures(options: argparse.Namespace, images: Sequence[ProjectImage]) -> Measures:
    from imageseg.project.densities import Measures  # noqa: PLC0415  heavy

    regions = regions_from(options, [image.path for image in images])
    return Measures(regions=regions, extras=extras_from(options))


def _is_said(image: ProjectImage, model: str) -> bool:
    return image.predicted and image.predicted_by == model


def _tell(
    table: pd.DataFrame,
    project: Project,
    images: Sequence[ProjectImage],
    options: argparse.Namespace,
) -> int:
    """Print the rows of these images, and name those that failed."""
    done = table[table["image"].isin([image.id for image in images])]
    return report(done, project.layout.densities, options, whole=table)
