"""``imageseg crossval``: train and score, leaving images out in turn."""

from __future__ import annotations

import argparse

from imageseg.cli import DONE
from imageseg.cli.console import show_progress
from imageseg.cli.data import file_samples
from imageseg.cli.evaluate import add_report, baselines_from, report
from imageseg.cli.flags import (
    add_channels,
    add_data,
    add_groups,
    add_settings,
    settings_from,
)
from imageseg.cli.network import add_network, network_from
from imageseg.cli.train import add_classes, beginning
from imageseg.settings import TrainSettings


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_data(parser)
    add_channels(parser)
    add_classes(parser)
    parser.add_argument(
        "--folds",
        type=int,
        default=0,
        help="parts of the images; 0 leaves one image, or one group, out at a time",
    )
    add_groups(parser)
    add_report(parser)
    add_settings(parser, TrainSettings, "training")
    add_network(parser, "network (without --start)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train once a fold and print the scores of the images left out."""
    from imageseg.evaluation import (  # noqa: PLC0415  heavy
        Comparison,
        cross_validate_task,
    )

    start, scheme = beginning(options)
    task = cross_validate_task(
        file_samples(options, scheme),
        settings_from(options, TrainSettings),
        scheme=scheme,
        start=start,
        network=network_from(options, options.network),
        folds=options.folds,
        baselines=baselines_from(options, scheme, learning=True),
        metrics=options.metrics or (),
    )
    evaluation = show_progress(task, quiet=options.json)
    evaluations = {"cross-validation": evaluation, **evaluation.baselines}
    report(Comparison(evaluations=evaluations), options)
    return DONE
