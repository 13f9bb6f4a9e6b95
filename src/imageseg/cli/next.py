"""``imageseg next``: which images, and where in them, to annotate next."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from imageseg.cli import DONE, SOME_FAILED, in_project
from imageseg.cli.console import complain, failure, print_table, say, show_progress
from imageseg.cli.flags import (
    add_channels,
    add_output_format,
    add_paths,
    add_settings,
    channels_from,
    images_from,
    settings_from,
)
from imageseg.cli.measures import regions_from
from imageseg.settings import PredictSettings

if TYPE_CHECKING:
    from imageseg.guidance.files import LabelsOf

_MOST_ROWS = 20  # images that are printed
_PRINTED = ["rank", "image", "effect_on_mean", "effect", "uncertain", "annotated"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_paths(parser, "image files or folders, or a project")
    parser.add_argument(
        "--model",
        default="canopy",
        help="name of a bundled model, or a model file; in a project one of its own, "
        "by default the one in use",
    )
    parser.add_argument(
        "--region",
        default="whole",
        help="where the density is measured, as in imageseg density",
    )
    add_channels(parser)
    parser.add_argument("--table", type=Path, help="CSV file for the images")
    parser.add_argument(
        "--regions",
        type=Path,
        metavar="FILE",
        help="CSV file for the squares of 256 px to look at in each image",
    )
    add_output_format(parser)
    add_settings(parser, PredictSettings, "computing")
    parser.set_defaults(run=run, plots=None, lens=None)


def run(options: argparse.Namespace) -> int:
    """Predict, rank and tell."""
    from imageseg.exchange import load_model  # noqa: PLC0415  heavy
    from imageseg.guidance.files import rank_files_task  # noqa: PLC0415
    from imageseg.tables import write_table  # noqa: PLC0415

    folder = in_project.folder_among(options.paths)
    annotated = None if folder is None else _annotations(folder)
    if folder is not None:
        options = in_project.as_files(options, folder)
    paths = images_from(options)
    regions = regions_from(options, paths)
    model = load_model(options.model)
    task = rank_files_task(
        paths,
        model,
        settings_from(options, PredictSettings),
        region=lambda path, image: regions(path, image)[0],
        annotated=annotated,
        choice=channels_from(options, model.spec),
        names=getattr(options, "names_of", None),
    )
    found = show_progress(task, quiet=options.json)
    table = found.images()
    shown = table if options.json or table.empty else table[_PRINTED].head(_MOST_ROWS)
    print_table(shown, as_json=options.json)
    complain([failure(path, error) for path, error in found.errors.items()])
    for target, rows in ((options.table, table), (options.regions, found.places())):
        if target:
            say(f"Table in {write_table(target, rows)}")
    return SOME_FAILED if found.errors else DONE


def _annotations(folder: Path) -> LabelsOf:
    """Return what finds the annotation of an image file of a project."""
    from imageseg.project import Project  # noqa: PLC0415  heavy

    project = Project.open(folder, read_only=True)
    ids = {image.path: image.id for image in project.images}
    return lambda path: project.annotation(ids[path])
