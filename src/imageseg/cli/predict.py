"""``imageseg predict``: label images, overlays and a density table."""

from __future__ import annotations

import argparse
from pathlib import Path

from imageseg.cli import DONE, SOME_FAILED
from imageseg.cli.console import complain, count, print_table, say, show_progress
from imageseg.cli.flags import add_output_format, add_settings, settings_from
from imageseg.errors import ImageReadError
from imageseg.settings import PredictSettings


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_input(parser)
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument(
        "--probabilities", action="store_true", help="write class probabilities too"
    )
    parser.set_defaults(run=run)


def add_input(parser: argparse.ArgumentParser) -> None:
    """Declare what `predict` and `density` share."""
    parser.add_argument("paths", type=Path, nargs="+", help="image files or folders")
    parser.add_argument(
        "--model", default="canopy", help="name of a bundled model, or a model file"
    )
    parser.add_argument(
        "--region",
        default="whole",
        help="whole, circle, or the circle's diameter as a share of the shorter side",
    )
    add_output_format(parser)
    add_settings(parser, PredictSettings, "computing")


def run(options: argparse.Namespace) -> int:
    """Predict, write and report."""
    return predict_files(options, options.out / "density.csv", options.out)


def predict_files(
    options: argparse.Namespace, table_path: Path, out: Path | None
) -> int:
    """Predict the files named and write their table; `out` takes the pictures."""
    from imageseg.batch import Outputs, density_table_task  # noqa: PLC0415  heavy
    from imageseg.images import find_images  # noqa: PLC0415
    from imageseg.model import load_model  # noqa: PLC0415
    from imageseg.tables import write_table  # noqa: PLC0415

    files = find_images(options.paths)
    if not files:
        raise ImageReadError(options.paths[0], "there are no images in it.")
    task = density_table_task(
        files,
        load_model(options.model),
        region=options.region,
        settings=settings_from(options, PredictSettings),
        outputs=Outputs(folder=out, probabilities=options.probabilities)
        if out
        else None,
    )
    table = show_progress(task, quiet=options.json)
    write_table(table_path, table)
    shown = table if options.json else table.drop(columns="error")
    print_table(shown, as_json=options.json)
    failed = table[table["error"] != ""]
    complain([f"{row.image}: {row.error}" for row in failed.itertuples()])
    say(f"{count(len(table) - len(failed), 'image')} done; table in {table_path}")
    return SOME_FAILED if len(failed) else DONE
