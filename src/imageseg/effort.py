"""What annotation costs and brings: rows of work, and the clock that makes them.

Human time is the sum of the pauses between what a person does, each counted up to a
limit: thinking and looking around are work, a telephone call is not. What the machine
does neither costs nor interrupts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from imageseg.errors import SettingsError

if TYPE_CHECKING:
    import pandas as pd

IDLE = 30.0
"""Seconds that a pause counts at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffortRow:
    """A stretch of one kind of work on one image, or one thing the machine did.

    Attributes
    ----------
    action
        What was done: ``paint``, ``train``, ``predict``, ``accept``, ….
    image
        To which one; empty for all.
    seconds
        How long it took.
    strokes
        How many were painted.
    pixels
        Annotated by them.
    accuracy
        What is known to be reached after it, as the Dice on held-out pixels, 0 to 1;
        None if nothing is.
    time
        When it was done, ISO 8601.
    """

    action: str
    image: str = ""
    seconds: float = 0.0
    strokes: int = 0
    pixels: int = 0
    accuracy: float | None = None
    time: str = ""


@dataclass(slots=True)
class Ledger:
    """Makes rows of what people and the machine do, while they do it.

    The first action has no pause before it and costs nothing.

    Attributes
    ----------
    idle
        Seconds that a pause counts at most.
    rows
        Those that nobody has taken yet, in order of time.
    """

    idle: float = IDLE
    rows: list[EffortRow] = field(default_factory=list)
    _last: float | None = None

    def __post_init__(self) -> None:
        if not self.idle > 0:
            raise SettingsError("idle", self.idle, "above 0 seconds")

    def work(
        self, action: str, image: str, *, time: float, strokes: int = 1, pixels: int = 0
    ) -> None:
        """Record what a person did, such as a stroke.

        The same action on the same image goes on in one row, unless the person was
        away in between.

        Parameters
        ----------
        action, image
            What, and to which image.
        time
            When it ended, seconds since 1970 in UTC, as `time.time` gives them.
        strokes, pixels
            How many, of how many pixels.
        """
        pause = 0.0 if self._last is None else max(time - self._last, 0.0)
        self._last = time
        row = EffortRow(
            action=action,
            image=image,
            seconds=round(min(pause, self.idle), 3),
            strokes=strokes,
            pixels=pixels,
            time=_iso(time),
        )
        before = self.rows[-1] if self.rows else None
        same = before and (before.action, before.image) == (action, image)
        if before and same and pause <= self.idle:
            self.rows[-1] = _added(before, row)
        else:
            self.rows.append(row)

    def event(
        self,
        action: str,
        image: str = "",
        *,
        time: float,
        accuracy: float | None = None,
    ) -> None:
        """Record what the machine did, as a training and the Dice it reached."""
        self.rows.append(
            EffortRow(action=action, image=image, accuracy=accuracy, time=_iso(time))
        )

    def take(self) -> tuple[EffortRow, ...]:
        """Hand the rows over, to be stored; work that goes on begins a new row."""
        taken = tuple(self.rows)
        self.rows.clear()
        return taken


def effort_table(rows: Iterable[EffortRow]) -> pd.DataFrame:
    """Return one row an entry, with running sums in ``total_…``: effort and result."""
    import pandas as pd  # noqa: PLC0415  heavy

    names = ["time", *(n for n in EffortRow.__slots__ if n != "time")]
    table = pd.DataFrame([asdict(row) for row in rows], columns=names)
    table["accuracy"] = table["accuracy"].astype(float)
    for name in ("seconds", "strokes", "pixels"):
        table[f"total_{name}"] = table[name].cumsum()
    return table


def _added(before: EffortRow, row: EffortRow) -> EffortRow:
    return replace(
        row,
        seconds=round(before.seconds + row.seconds, 3),
        strokes=before.strokes + row.strokes,
        pixels=before.pixels + row.pixels,
    )


def _iso(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="seconds")
