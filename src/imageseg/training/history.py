"""What training reports while it runs and when it ends."""

from __future__ import annotations

from dataclasses import dataclass

from imageseg.metrics import Scores
from imageseg.model import SegmentationModel
from imageseg.tasks import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochRow:
    """One line of the training history.

    Attributes
    ----------
    loss
        Mean over the steps of the epoch.
    validation_loss, validation_dice
        On the held-out pixels; None if nothing is held out.
    """

    epoch: int
    loss: float
    validation_loss: float | None
    validation_dice: float | None
    rate: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochProgress(Progress):
    """Progress at the end of an epoch, with its history row."""

    row: EpochRow


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
    """

    model: SegmentationModel
    history: tuple[EpochRow, ...]
    best_epoch: int
    held_out: str
    scores: Scores | None
    scores_before: Scores | None
