"""What `predict` and `density` say at the end: rows, summary, failures."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from imageseg.cli import DONE, SOME_FAILED
from imageseg.cli.console import complain, count, failure, print_table, say

if TYPE_CHECKING:
    import pandas as pd


def report(
    table: pd.DataFrame,
    table_path: Path,
    options: argparse.Namespace,
    *,
    whole: pd.DataFrame | None = None,
) -> int:
    """Print table and summary, name failures, and say where things are.

    Parameters
    ----------
    table
        The rows of this run.
    table_path
        Where they are written.
    options
        Of the verb.
    whole
        All rows that are in the file, if these are but a part; the summary is theirs.

    Returns
    -------
    status
        Of the verb.
    """
    from imageseg.batch import beside  # noqa: PLC0415  heavy
    from imageseg.density import summarise  # noqa: PLC0415
    from imageseg.tables import write_table  # noqa: PLC0415

    summary = summarise(table if whole is None else whole, options.by)
    write_table(beside(table_path, "summary"), summary)
    shown = table if options.json else table.drop(columns="error")
    print_table(shown, as_json=options.json)
    if not options.json and len(table) > 1 and len(summary):
        print()
        print_table(summary, as_json=False)
    failed = table[table["error"] != ""].drop_duplicates(["image", "error"])
    complain([failure(row.image, row.error) for row in failed.itertuples()])
    done = table["image"].nunique() - failed["image"].nunique()
    say(f"{count(done, 'image')} done; table in {table_path}")
    return DONE if failed.empty else SOME_FAILED
