"""``imageseg predict``: label images, overlays and a density table."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from imageseg.cli import DONE, SOME_FAILED
from imageseg.cli.console import (
    complain,
    count,
    failure,
    print_table,
    say,
    show_progress,
)
from imageseg.cli.flags import (
    add_output_format,
    add_paths,
    add_settings,
    images_from,
    settings_from,
)
from imageseg.cli.measures import add_measures, extras_from, regions_from
from imageseg.settings import PredictSettings

if TYPE_CHECKING:
    import pandas as pd


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
    add_paths(parser)
    parser.add_argument(
        "--model", default="canopy", help="name of a bundled model, or a model file"
    )
    add_output_format(parser)
    add_measures(parser)
    add_settings(parser, PredictSettings, "computing")


def run(options: argparse.Namespace) -> int:
    """Predict, write and report."""
    return predict_files(options, options.out / "density.csv", options.out)


def predict_files(
    options: argparse.Namespace, table_path: Path, out: Path | None
) -> int:
    """Predict the files named and write their table; `out` takes the pictures."""
    from imageseg.batch import Outputs, density_table_task  # noqa: PLC0415  heavy
    from imageseg.exchange import load_model  # noqa: PLC0415

    paths = _inputs(options, out)
    task = density_table_task(
        paths,
        load_model(options.model),
        region=regions_from(options, paths),
        extras=extras_from(options),
        settings=settings_from(options, PredictSettings),
        outputs=Outputs(
            folder=out, probabilities=options.probabilities, table=table_path
        ),
    )
    table = show_progress(task, quiet=options.json)
    _report(table, table_path, options)
    return SOME_FAILED if (table["error"] != "").any() else DONE


def _inputs(options: argparse.Namespace, out: Path | None) -> list[Path]:
    """List the images, without results of an earlier run that lie among them."""
    from imageseg.preparation import without_results  # noqa: PLC0415  heavy

    found = images_from(options)
    files = found if out is None else without_results(found, options.paths, out)
    left_out = len(found) - len(files)
    if files and left_out:
        complain([f"{count(left_out, 'image')} in {out} left out: results go there."])
    return files or found


def _report(table: pd.DataFrame, table_path: Path, options: argparse.Namespace) -> None:
    """Print table and summary, name failures, and say where things are."""
    from imageseg.batch import beside  # noqa: PLC0415  heavy
    from imageseg.density import summarise  # noqa: PLC0415
    from imageseg.tables import write_table  # noqa: PLC0415

    summary = summarise(table, options.by)
    write_table(beside(table_path, "summary"), summary)
    shown = table if options.json else table.drop(columns="error")
    print_table(shown, as_json=options.json)
    if not options.json and len(table) > 1:
        print()
        print_table(summary, as_json=False)
    failed = table[table["error"] != ""].drop_duplicates(["image", "error"])
    complain([failure(row.image, row.error) for row in failed.itertuples()])
    done = table["image"].nunique() - failed["image"].nunique()
    say(f"{count(done, 'image')} done; table in {table_path}")
