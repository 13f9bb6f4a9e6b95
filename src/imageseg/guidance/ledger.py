"""What annotation has cost, and what it has brought."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from imageseg.errors import ImageReadError, SettingsError
from imageseg.tables import write_table

IDLE = 30.0
"""Seconds of a pause that still count as work: thinking and looking around take them, a
telephone call takes more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A stretch of one kind of work on one image, or one thing the machine did.

    Attributes
    ----------
    time
        When it began, seconds since 1970 in UTC.
    image
        Its name; empty if it concerns none.
    action
        As ``paint``, ``erase``, ``fill``, ``accept``, ``train``.
    seconds
        Of human work.
    strokes
        How many.
    pixels
        Annotated by them.
    dice
        On held-out pixels, after a training; None else.
    """

    time: float
    image: str
    action: str
    seconds: float = 0.0
    strokes: int = 0
    pixels: int = 0
    dice: float | None = None


@dataclass(slots=True)
class Ledger:
    """The log of a project: seconds, strokes, pixels, and the Dice they led to.

    Human time is the sum of the pauses between what a person does, each counted up to
    `idle` seconds. The first action has no pause before it and costs nothing. What the
    machine does neither costs nor interrupts.

    Attributes
    ----------
    idle
        Longest pause that counts in full, s; longer ones count as so long.
    entries
        In order of time.
    """

    idle: float = IDLE
    entries: list[Entry] = field(default_factory=list)
    _last: float | None = None

    def __post_init__(self) -> None:
        if not self.idle > 0:
            raise SettingsError("idle", self.idle, "above 0 seconds")

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def seconds(self) -> float:
        """Human work in all."""
        return sum(entry.seconds for entry in self.entries)

    def work(
        self, action: str, image: str, *, time: float, strokes: int = 1, pixels: int = 0
    ) -> None:
        """Record what a person did, such as a stroke.

        The same action on the same image goes on in one entry, unless the person was
        away in between, so that the log stays short.

        Parameters
        ----------
        action, image
            What, and to which image.
        time
            When it ended, seconds since 1970 in UTC.
        strokes, pixels
            How many, of how many pixels.
        """
        pause = 0.0 if self._last is None else max(time - self._last, 0.0)
        counted = min(pause, self.idle)
        self._last = time
        entry = self.entries[-1] if self.entries else None
        same = entry and (entry.action, entry.image) == (action, image)
        if entry and same and pause <= self.idle:
            self.entries[-1] = replace(
                entry,
                seconds=entry.seconds + counted,
                strokes=entry.strokes + strokes,
                pixels=entry.pixels + pixels,
            )
            return
        self.entries.append(
            Entry(
                time=time - counted,
                image=image,
                action=action,
                seconds=counted,
                strokes=strokes,
                pixels=pixels,
            )
        )

    def event(
        self, action: str, image: str = "", *, time: float, dice: float | None = None
    ) -> None:
        """Record what the machine did, as a training and the Dice it reached."""
        self.entries.append(Entry(time=time, image=image, action=action, dice=dice))

    def frame(self) -> pd.DataFrame:
        """Return one row an entry, with running sums in ``total_…``.

        ``time`` is written as in ISO 8601, in UTC.
        """
        rows = [asdict(entry) | {"time": _iso(entry.time)} for entry in self.entries]
        table = pd.DataFrame(rows, columns=list(Entry.__dataclass_fields__))
        table["dice"] = table["dice"].astype(float)
        for name in ("seconds", "strokes", "pixels"):
            table[f"total_{name}"] = table[name].cumsum()
        return table

    def save(self, path: Path | str) -> Path:
        """Write the table as CSV, atomically.

        Raises
        ------
        OSError
            It cannot be written; the file that was there stands.
        """
        return write_table(path, self.frame())

    @classmethod
    def load(cls, path: Path | str, *, idle: float = IDLE) -> Ledger:
        """Go on with a log that was saved; the time since then does not count.

        Raises
        ------
        ImageReadError
            The file is no such table.
        """
        try:
            table = pd.read_csv(path, encoding="utf-8-sig", keep_default_na=False)
            entries = [_entry(row) for row in table.to_dict("records")]
        except (OSError, ValueError, KeyError) as error:
            raise ImageReadError(
                path, "it is no table of work that was saved."
            ) from error
        return cls(idle, entries)


def _entry(row: dict[object, str]) -> Entry:
    dice = str(row["dice"])
    return Entry(
        time=datetime.fromisoformat(str(row["time"])).timestamp(),
        image=str(row["image"]),
        action=str(row["action"]),
        seconds=float(row["seconds"]),
        strokes=int(row["strokes"]),
        pixels=int(row["pixels"]),
        dice=float(dice) if dice else None,
    )


def _iso(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds")
