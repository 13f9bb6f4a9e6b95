"""Tables of results: made from rows, written as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from imageseg.files import atomic_path

_COUNTS = "pixels"


def density_frame(rows: Sequence[dict[str, object]]) -> pd.DataFrame:
    """Return one row an image; rows that failed have gaps and their ``error`` last.

    Counts of pixels stay whole numbers beside gaps.
    """
    found = dict.fromkeys(key for row in rows for key in row if key != "error")
    table = pd.DataFrame(rows, columns=[*(found or ("image", "model")), "error"])
    if _COUNTS in table and table[_COUNTS].isna().any():
        table[_COUNTS] = table[_COUNTS].astype("Int64")
    return table


def write_table(path: Path | str, table: pd.DataFrame) -> Path:
    """Write a table as CSV, atomically; spreadsheets read it as UTF-8."""
    path = Path(path)
    with atomic_path(path) as temporary:
        table.to_csv(temporary, index=False, encoding="utf-8-sig")
    return path
