"""What a search has tried so far, in one file that is always whole."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np

from imageseg.errors import ModelFormatError
from imageseg.files import atomic_path
from imageseg.search.dimension import Value
from imageseg.search.settings import Rank
from imageseg.training.identity import check_identity

_VERSION = 1
_KEY = "imageseg_search"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One training of a trial.

    Attributes
    ----------
    loss, dice
        Of what was held out, at the epoch whose weights were kept.
    best
        Best score after each epoch, larger is better: what pruning compares.
    """

    seed: int
    loss: float
    dice: float
    epoch: int
    epochs: int
    best: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One combination and how good it was.

    Attributes
    ----------
    number
        1-based, in order of trying.
    point
        What was varied, by name.
    runs
        One a seed.
    parameters
        Of the network; 0 if it could not be built.
    error
        Why it failed; empty if it did not.
    """

    number: int
    point: dict[str, Value]
    state: Literal["done", "pruned", "failed"]
    runs: tuple[Run, ...] = ()
    parameters: int = 0
    seconds: float = 0.0
    error: str = ""

    def scores(self, rank: Rank) -> list[float]:
        """Return the score of each run; larger is better."""
        return [run.dice if rank == "dice" else -run.loss for run in self.runs]

    def score(self, rank: Rank) -> float:
        """Return the mean over runs; NaN for a trial that was not finished."""
        if self.state != "done":
            return float("nan")
        return float(np.mean(self.scores(rank)))


@dataclass(slots=True)
class Record:
    """The trials of a search, kept in a file if there is one.

    Attributes
    ----------
    path
        JSON file, replaced in one move after every trial; None for memory only.
    identity
        What is varied, what not, and on which data: what must be the same to go on.
    """

    path: Path | None
    identity: dict[str, Any]
    trials: list[Trial] = field(default_factory=list)

    def add(self, trial: Trial) -> None:
        """Take a finished trial and write all.

        Raises
        ------
        OSError
            The file cannot be written; the one before stands.
        """
        self.trials.append(trial)
        self.write()

    def write(self) -> None:
        """Write all trials.

        Raises
        ------
        OSError
            The file cannot be written; the one before stands.
        """
        if self.path is None:
            return
        values = {
            _KEY: _VERSION,
            "identity": self.identity,
            "trials": [asdict(trial) for trial in self.trials],
        }
        with atomic_path(self.path) as temporary:
            temporary.write_text(json.dumps(values, indent=1), "utf-8")

    def read(self) -> Self:
        """Take up the trials of the file, if it is there.

        Raises
        ------
        ModelFormatError
            It is no record of a search, damaged or newer.
        ModelMismatchError
            It is of another search.
        """
        if self.path is None or not self.path.exists():
            return self
        try:
            values = json.loads(self.path.read_text("utf-8"))
            version, found = values[_KEY], values["identity"]
            trials = [_trial(t) for t in values["trials"]] if version == 1 else []
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelFormatError(
                f"{self.path} is no record of a search, or it is damaged. Remove it, "
                "or search into another folder."
            ) from error
        if version != _VERSION:
            raise ModelFormatError(
                f"{self.path} was written by a newer version. Update napari-imageseg."
            )
        check_identity(self.path, "search", found, self.identity)
        self.trials = trials
        return self


def _trial(values: dict[str, Any]) -> Trial:
    runs = [Run(**run | {"best": tuple(run["best"])}) for run in values["runs"]]
    return Trial(**values | {"runs": tuple(runs)})
