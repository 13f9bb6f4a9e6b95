"""The ledger: what was done to which image, how long it took, what it brought."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path

from imageseg.effort import EffortRow

COLUMNS = ("time", *(f.name for f in fields(EffortRow) if f.name != "time"))


def append_effort(path: Path, rows: tuple[EffortRow, ...]) -> None:
    """Add lines in one write at the end, so that a kill leaves whole lines.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    if not path.exists() or path.stat().st_size == 0:
        writer.writeheader()
    writer.writerows(_stamped(row) for row in rows)
    start = "" if _ends_a_line(path) else "\n"
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    try:
        os.write(file, (start + text.getvalue()).encode())
    finally:
        os.close(file)


def read_effort(path: Path) -> list[EffortRow]:
    """Read the ledger; lines that are no rows are left out."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        found = [_row(cells) for cells in csv.DictReader(file)]
    return [row for row in found if row is not None]


def _stamped(row: EffortRow) -> dict[str, str]:
    """Return the cells of a row, with the time of now if it has none."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    values = asdict(row) | {"time": row.time or now}
    return {key: "" if value is None else str(value) for key, value in values.items()}


def _row(cells: dict[str, str]) -> EffortRow | None:
    try:
        return EffortRow(
            action=cells["action"],
            image=cells["image"],
            seconds=float(cells["seconds"]),
            strokes=int(cells["strokes"]),
            pixels=int(cells["pixels"]),
            accuracy=float(cells["accuracy"]) if cells["accuracy"] else None,
            time=cells["time"],
        )
    except (KeyError, TypeError, ValueError):
        return None


def _ends_a_line(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            if file.tell() == 0:
                return True
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"
    except FileNotFoundError:
        return True
