"""``imageseg search``: train with many settings and rank them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from imageseg.cli import DONE, SOME_FAILED
from imageseg.cli.augment import add_augmentation, given_changes
from imageseg.cli.console import complain, print_table, say, show_progress
from imageseg.cli.data import file_samples
from imageseg.cli.flags import (
    add_channels,
    add_data,
    add_groups,
    add_output_format,
    add_settings,
    settings_from,
)
from imageseg.cli.network import add_network, given_arguments
from imageseg.cli.train import add_classes, beginning
from imageseg.search.settings import SearchSettings
from imageseg.settings import TrainSettings

if TYPE_CHECKING:
    import pandas as pd

    from imageseg.search import SearchResult

_NOT_PRINTED = ["error", "runs", "parameters"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--vary",
        nargs="+",
        required=True,
        metavar="NAME=VALUES",
        help="what is varied: a training setting, an argument of a network, a random "
        "change, or network; values as in loss=ce,dice (parted by | where they hold "
        "commas), or a range as in rate=1e-4..1e-2:log, dropout=0..0.4:0.1, "
        "blocks=2..5. Flags below say what all trials share",
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="folder for the record, the ranking as table and figure, and the best "
        "model",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with the search in --out that was stopped",
    )
    add_settings(parser, SearchSettings, "search")
    add_data(parser)
    add_channels(parser)
    add_classes(parser)
    add_groups(parser)
    add_output_format(parser)
    add_settings(parser, TrainSettings, "training")
    add_augmentation(parser)
    add_network(parser, "network (without --start)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Search, and print the ranking."""
    from imageseg.search import Base, Space, search_task  # noqa: PLC0415  heavy

    base = Base(
        training=settings_from(options, TrainSettings),
        network=options.network,
        arguments=given_arguments(options),
        changes=given_changes(options),
    )
    space = Space.parse(options.vary, base)
    start, scheme = beginning(options)
    task = search_task(
        file_samples(options, scheme),
        space,
        settings_from(options, SearchSettings),
        scheme=scheme,
        start=start,
        folder=options.out,
        resume=options.resume,
    )
    result = show_progress(task, quiet=options.json)
    return _report(result, options)


def _report(result: SearchResult, options: argparse.Namespace) -> int:
    """Print the ranking; name what failed, and how to go on."""
    table = result.table()
    print_table(table if options.json else _shown(table), as_json=options.json)
    failed = [trial for trial in result.trials if trial.error]
    complain([f"trial {trial.number}: {trial.error}" for trial in failed])
    if not result.finished:
        say("The time limit has come; --resume goes on.")
    if result.best is not None:
        say(f"Ranking, figure and the best model in {options.out}")
    return SOME_FAILED if failed or result.best is None else DONE


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out what nobody reads in a terminal; whole numbers stay whole."""
    shown = table.drop(columns=_NOT_PRINTED).astype({"rank": str})
    shown["rank"] = shown["rank"].replace("<NA>", "-")
    numbers = shown.select_dtypes("float").columns
    small = numbers[~numbers.str.startswith("validation")]
    shown[small] = shown[small].map(lambda value: f"{value:.4g}")
    return shown.dropna(axis="columns", how="all")
