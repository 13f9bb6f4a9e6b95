"""``imageseg predict``: label images, overlays and a density table."""

from __future__ import annotations

import argparse
from pathlib import Path

from imageseg.cli import in_project
from imageseg.cli.console import complain, count, show_progress
from imageseg.cli.flags import (
    add_channels,
    add_output_format,
    add_paths,
    add_settings,
    channels_from,
    images_from,
    settings_from,
)
from imageseg.cli.measures import add_measures, extras_from, regions_from
from imageseg.cli.report import report
from imageseg.errors import SettingsError
from imageseg.settings import PredictSettings


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_input(parser)
    parser.add_argument(
        "--out",
        type=Path,
        help="folder to write to; predictions of a project stay in it",
    )
    parser.add_argument(
        "--again",
        action="store_true",
        help="in a project: predict also what this model has predicted already",
    )
    parser.add_argument(
        "--probabilities",
        action="store_true",
        help="write class probabilities too; in a project, how sure the model is",
    )
    parser.set_defaults(run=run)


def add_input(parser: argparse.ArgumentParser) -> None:
    """Declare what `predict` and `density` share."""
    add_paths(parser, "image files or folders, or a project")
    parser.add_argument(
        "--model",
        default="canopy",
        help="name of a bundled model, or a model file; in a project one of its own, "
        "by default the one in use",
    )
    add_channels(parser)
    add_output_format(parser)
    add_measures(parser)
    add_settings(parser, PredictSettings, "computing")


def run(options: argparse.Namespace) -> int:
    """Predict, write and report."""
    folder = in_project.folder_among(options.paths)
    if folder is not None:
        if options.out is None:
            return in_project.predict(options, folder)
        options = in_project.as_files(options, folder)
    if options.out is None:
        images_from(options)  # a wrong path is the first thing to mend
        raise SettingsError("--out", None, "given: the folder to write to")
    return predict_files(options, options.out / "density.csv", options.out)


def predict_files(
    options: argparse.Namespace, table_path: Path, out: Path | None
) -> int:
    """Predict the files named and write their table; `out` takes the pictures."""
    from imageseg.batch import Outputs, density_table_task  # noqa: PLC0415  heavy
    from imageseg.exchange import load_model  # noqa: PLC0415

    paths = _inputs(options, out)
    model = load_model(options.model)
    task = density_table_task(
        paths,
        model,
        region=regions_from(options, paths),
        extras=extras_from(options),
        settings=settings_from(options, PredictSettings),
        outputs=Outputs(
            folder=out, probabilities=options.probabilities, table=table_path
        ),
        choice=channels_from(options, model.spec),
        names=getattr(options, "names_of", None),
    )
    table = show_progress(task, quiet=options.json)
    return report(table, table_path, options)


def _inputs(options: argparse.Namespace, out: Path | None) -> list[Path]:
    """List the images, without results of an earlier run that lie among them."""
    from imageseg.preparation import without_results  # noqa: PLC0415  heavy

    found = images_from(options)
    files = found if out is None else without_results(found, options.paths, out)
    left_out = len(found) - len(files)
    if files and left_out:
        complain([f"{count(left_out, 'image')} in {out} left out: results go there."])
    return files or found
