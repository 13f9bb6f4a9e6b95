"""``imageseg images``: what files are there and what they hold."""

from __future__ import annotations

import argparse
from pathlib import Path

from imageseg.cli import DONE, SOME_FAILED
from imageseg.cli.console import complain, count, print_table, say, show_progress
from imageseg.cli.flags import add_output_format, add_paths, images_from


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_paths(parser)
    parser.add_argument("--table", type=Path, help="CSV file for the list")
    add_output_format(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Read the headers and print a line an image."""
    from imageseg.images import image_table_task  # noqa: PLC0415  heavy
    from imageseg.tables import write_table  # noqa: PLC0415

    files = images_from(options)
    table = show_progress(image_table_task(files), quiet=options.json)
    unread = table["error"] != ""
    shown = table[~unread].drop(columns="error").dropna(axis="columns", how="all")
    print_table(table if options.json else shown, as_json=options.json)
    complain(list(table[unread]["error"]))
    if options.table:
        say(f"List in {write_table(options.table, table)}")
    say(f"{count(len(shown), 'image')} found.")
    return SOME_FAILED if unread.any() else DONE
