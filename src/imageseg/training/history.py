"""What training reports while it runs and when it ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from imageseg.metrics import Scores
from imageseg.model import SegmentationModel
from imageseg.tasks import Progress
from imageseg.training.split import HeldOut


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochRow:
    """One line of the training history.

    Attributes
    ----------
    loss
        Mean over the steps of the epoch.
    validation_loss, validation_dice
        On the held-out pixels; None if nothing is held out.
    dice
        That of each class; NaN where it is absent.
    run
        Which of several trainings with other seeds, 1-based.
    """

    epoch: int
    loss: float
    validation_loss: float | None
    validation_dice: float | None
    rate: float
    seconds: float
    dice: tuple[float, ...] = ()
    run: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochProgress(Progress):
    """Progress at the end of an epoch.

    Attributes
    ----------
    row
        Its line of the history.
    rows
        The history up to here.
    so_far
        Gives what training would end with if it were stopped here.
    warning
        What went wrong without stopping the training; empty if nothing did.
    """

    row: EpochRow
    rows: tuple[EpochRow, ...] = ()
    so_far: Callable[[], TrainingResult] | None = None
    warning: str = ""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TrainingResult:
    """A trained model and how it came to be.

    Attributes
    ----------
    model
        The best epoch's weights.
    history
        One row an epoch.
    best_epoch
        Whose weights were kept, 1-based.
    held_out
        What the scores rest on, for people: ``"2 held-out images"``.
    scores
        On the held-out pixels; None if nothing was held out.
    scores_before
        Those of the start model on the same pixels.
    tested
        What was kept for the test, for people: ``"3 test images"``.
    test_scores
        On those pixels, which decided nothing; None if there are none.
    split
        What was learned from and what was held out; None of the pixel classifier.
    """

    model: SegmentationModel
    history: tuple[EpochRow, ...]
    best_epoch: int
    held_out: str
    scores: Scores | None
    scores_before: Scores | None
    tested: str = ""
    test_scores: Scores | None = None
    split: HeldOut | None = None

    def table(self) -> pd.DataFrame:
        """Return the history as a table; see `history_table`."""
        return history_table(self.history, self.model.spec.scheme.names)


def history_table(rows: Sequence[EpochRow], names: Sequence[str]) -> pd.DataFrame:
    """Return one row an epoch.

    The columns are those of `EpochRow`; Dice is ``validation_dice_NAME`` for each
    class if something was held out, and ``run`` is there if there were several.
    """
    several = any(row.run > 1 for row in rows)
    return pd.DataFrame([_values(row, names, several=several) for row in rows])


def _values(row: EpochRow, names: Sequence[str], *, several: bool) -> dict[str, Any]:
    values = asdict(row)
    dice, run = values.pop("dice"), values.pop("run")
    columns = {f"validation_dice_{n}": v for n, v in zip(names, dice, strict=False)}
    return ({"run": run} if several else {}) | values | columns
