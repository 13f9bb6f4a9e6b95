"""``imageseg density``: the density table, no pictures."""

from __future__ import annotations

import argparse
from pathlib import Path

from imageseg.cli.predict import add_input, predict_files


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_input(parser)
    parser.add_argument(
        "--table", type=Path, default=Path("density.csv"), help="CSV file to write"
    )
    parser.set_defaults(run=run, probabilities=False)


def run(options: argparse.Namespace) -> int:
    """Predict and write the table."""
    return predict_files(options, options.table, None)
