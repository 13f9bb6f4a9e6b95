"""``imageseg crossval``: train and score, leaving images out in turn."""

from __future__ import annotations

import argparse

from imageseg.cli import DONE
from imageseg.cli.console import show_progress
from imageseg.cli.data import load_samples
from imageseg.cli.evaluate import add_report, report
from imageseg.cli.flags import add_data, add_settings, settings_from
from imageseg.cli.train import add_classes, beginning
from imageseg.settings import TrainSettings, UNetSettings


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_data(parser)
    add_classes(parser)
    parser.add_argument(
        "--folds", type=int, default=0, help="groups of images; 0 leaves one image out"
    )
    add_report(parser)
    add_settings(parser, TrainSettings, "training")
    add_settings(parser, UNetSettings, "network")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train once a fold and print the scores of the images left out."""
    from imageseg.evaluation import cross_validate_task  # noqa: PLC0415  heavy

    start, scheme = beginning(options)
    task = cross_validate_task(
        load_samples(
            options.images, options.masks, n_classes=len(scheme), coding=options.coding
        ),
        settings_from(options, TrainSettings),
        scheme=scheme,
        start=start,
        network=settings_from(options, UNetSettings),
        folds=options.folds,
    )
    report(show_progress(task, quiet=options.json), options)
    return DONE
