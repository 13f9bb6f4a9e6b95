"""What a search has found: a ranking, and the best model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from imageseg.model import SegmentationModel
from imageseg.search.record import Trial
from imageseg.search.settings import Rank

SCORES: dict[Rank, str] = {"dice": "validation_dice", "loss": "validation_loss"}
"""Columns of a ranking that hold what trials can be ranked by."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SearchResult:
    """All trials of a search.

    Attributes
    ----------
    names
        Of what was varied.
    rank
        What decides.
    model
        The model of the best trial's best run, if this search has trained it; one that
        was resumed has it in its folder only.
    finished
        False if the time limit came first.
    """

    trials: tuple[Trial, ...]
    names: tuple[str, ...]
    rank: Rank
    model: SegmentationModel | None = None
    finished: bool = True

    @property
    def best(self) -> Trial | None:
        """The best trial; None if none was finished."""
        return best_trial(self.trials, self.rank)

    def table(self) -> pd.DataFrame:
        """Return one row a trial, the best first; see `ranking`."""
        return ranking(self.trials, self.names, self.rank)


def best_trial(trials: Sequence[Trial], rank: Rank) -> Trial | None:
    """Return the finished trial of the highest score, the earliest of equals."""
    done = [t for t in trials if t.state == "done" and np.isfinite(t.score(rank))]
    return max(done, key=lambda trial: trial.score(rank), default=None)


def ranking(trials: Sequence[Trial], names: Sequence[str], rank: Rank) -> pd.DataFrame:
    """Return one row a trial, the best first, those without a score last.

    Columns are ``rank``, ``trial``, what was varied, ``validation_dice`` and
    ``validation_loss`` (means over runs), ``validation_dice_sd`` (NaN for one run),
    ``best_epoch`` (mean, of the weights kept), ``parameters``, ``seconds``, ``runs``,
    ``state`` and ``error``.
    """
    ordered = sorted(trials, key=lambda trial: _order(trial, rank))
    rows = [_row(trial, names) for trial in ordered]
    table = pd.DataFrame(rows, columns=[*_row_names(names)])
    ranked = [bool(np.isfinite(trial.score(rank))) for trial in ordered]
    places = [i + 1 if has else None for i, has in enumerate(ranked)]
    table.insert(0, "rank", pd.Series(places, dtype="Int64"))
    return table


def _order(trial: Trial, rank: Rank) -> tuple[bool, float, int]:
    score = trial.score(rank)
    known = bool(np.isfinite(score))
    return not known, -score if known else 0.0, trial.number


def _row_names(names: Sequence[str]) -> list[str]:
    scores = [*SCORES.values(), "validation_dice_sd", "best_epoch"]
    return ["trial", *names, *scores, "parameters", "seconds", "runs", "state", "error"]


def _row(trial: Trial, names: Sequence[str]) -> dict[str, object]:
    runs = trial.runs
    dice = [run.dice for run in runs]
    return {
        "trial": trial.number,
        **{name: trial.point.get(name) for name in names},
        SCORES["dice"]: np.mean(dice) if runs else np.nan,
        SCORES["loss"]: np.mean([run.loss for run in runs]) if runs else np.nan,
        "validation_dice_sd": np.std(dice, ddof=1) if len(runs) > 1 else np.nan,
        "best_epoch": np.mean([run.epoch for run in runs]) if runs else np.nan,
        "parameters": trial.parameters,
        "seconds": trial.seconds,
        "runs": len(runs),
        "state": trial.state,
        "error": trial.error,
    }
