"""Tables of results: made from rows, written as CSV."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pandas as pd

from imageseg.files import atomic_path

_COUNTS = "pixels"
_PAUSE = 2.0  # seconds between two versions of a table on disk
_SHARE = 0.05  # of the time, at most, is spent on writing them

Row = dict[str, object]


def density_frame(rows: Sequence[Row]) -> pd.DataFrame:
    """Return one row an image; rows that failed have gaps and their ``error`` last.

    Counts of pixels stay whole numbers beside gaps.
    """
    found = dict.fromkeys(key for row in rows for key in row if key != "error")
    table = pd.DataFrame(rows, columns=[*(found or ("image", "model")), "error"])
    if _COUNTS in table and table[_COUNTS].isna().any():
        table[_COUNTS] = table[_COUNTS].astype("Int64")
    return table


def write_table(path: Path | str, table: pd.DataFrame) -> Path:
    """Write a table as CSV, atomically; spreadsheets read it as UTF-8.

    Raises
    ------
    OSError
        It cannot be written; the file that was there stands.
    """
    path = Path(path)
    with atomic_path(path) as temporary:
        table.to_csv(temporary, index=False, encoding="utf-8-sig")
    return path


class GrowingTable:
    """A table on disk that is kept up to date while its rows come.

    Leaving the block writes it for the last time, also after an error or Ctrl-C.

    Parameters
    ----------
    path
        CSV file; None keeps the rows in memory only.
    make
        Turns rows into a table.
    """

    def __init__(
        self,
        path: Path | str | None,
        make: Callable[[Sequence[Row]], pd.DataFrame] = density_frame,
    ) -> None:
        self.path = None if path is None else Path(path)
        self.rows: list[Row] = []
        self._make = make
        self._next = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.rows:
            self._write()

    def add(self, rows: Iterable[Row]) -> None:
        """Take finished rows; write them if the file is older than two seconds."""
        self.rows.extend(rows)
        if self.rows and time.monotonic() >= self._next:
            self._write()

    def frame(self) -> pd.DataFrame:
        """Return the rows so far."""
        return self._make(self.rows)

    def _write(self) -> None:
        """Write all rows; tables that take long to write are written less often."""
        if self.path is None:
            return
        start = time.monotonic()
        write_table(self.path, self.frame())
        end = time.monotonic()
        self._next = end + max(_PAUSE, (end - start) / _SHARE)
