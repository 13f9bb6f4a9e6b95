"""``imageseg density``: the density table, no pictures."""

from __future__ import annotations

import argparse
from pathlib import Path

from imageseg.cli import in_project
from imageseg.cli.predict import add_input, predict_files


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_input(parser)
    parser.add_argument(
        "--table",
        type=Path,
        default=Path("density.csv"),
        help="CSV file to write; a project keeps it in its folder",
    )
    parser.set_defaults(run=run, probabilities=False)


def run(options: argparse.Namespace) -> int:
    """Predict and write the table; of a project, measure what is predicted."""
    folder = in_project.folder_among(options.paths)
    if folder is not None:
        return in_project.density(options, folder)
    return predict_files(options, options.table, None)
