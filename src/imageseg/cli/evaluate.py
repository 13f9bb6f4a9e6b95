"""``imageseg evaluate``: scores of a model on annotated images."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from imageseg.cli import DONE
from imageseg.cli.console import print_table, say, show_progress
from imageseg.cli.data import load_samples
from imageseg.cli.flags import (
    add_data,
    add_output_format,
    add_settings,
    settings_from,
)
from imageseg.settings import PredictSettings

if TYPE_CHECKING:
    from imageseg.evaluation import Evaluation


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--model", default="canopy", help="name of a bundled model, or a model file"
    )
    add_data(parser)
    add_report(parser)
    add_settings(parser, PredictSettings, "computing")
    parser.set_defaults(run=run)


def add_report(parser: argparse.ArgumentParser) -> None:
    """Declare where scores go."""
    parser.add_argument("--table", type=Path, help="CSV file for the scores")
    add_output_format(parser)


def run(options: argparse.Namespace) -> int:
    """Predict the annotated images and print their scores."""
    from imageseg.evaluation import evaluate_task  # noqa: PLC0415  heavy
    from imageseg.model import load_model  # noqa: PLC0415

    model = load_model(options.model)
    samples = load_samples(
        options.images,
        options.masks,
        n_classes=len(model.spec.scheme),
        coding=options.coding,
    )
    task = evaluate_task(model, samples, settings_from(options, PredictSettings))
    report(show_progress(task, quiet=options.json), options)
    return DONE


def report(evaluation: Evaluation, options: argparse.Namespace) -> None:
    """Print scores per image, their mean and the pooled ones; write the table."""
    import pandas as pd  # noqa: PLC0415  heavy

    from imageseg.tables import write_table  # noqa: PLC0415

    table = pd.concat([evaluation.table(), evaluation.summary()], ignore_index=True)
    hidden = table.columns[table.columns.str.startswith(("iou", "accuracy"))]
    print_table(
        table if options.json else table.drop(columns=hidden), as_json=options.json
    )
    if options.table:
        say(f"Scores in {write_table(options.table, table)}")
