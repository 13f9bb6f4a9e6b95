"""How a search goes about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from imageseg.settings import Checked, Setting

Method = Literal["grid", "random", "tpe"]
Rank = Literal["dice", "loss"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSettings(Checked):
    """What is tried, how often, and what counts as best."""

    method: Annotated[
        Method,
        Setting(
            label="Method",
            help="grid tries every combination; random draws them; tpe draws where "
            "earlier trials were good (Bergstra et al. 2011).",
        ),
    ] = "tpe"
    trials: Annotated[
        int,
        Setting(
            label="Trials",
            help="Most combinations tried; 0 is all of a grid, and 20 of the others.",
            minimum=0,
            maximum=100_000,
        ),
    ] = 0
    minutes: Annotated[
        float,
        Setting(
            label="Time limit",
            help="Stop after so long, in the middle of a training too, which a resumed "
            "search goes on with; 0 is no limit.",
            minimum=0.0,
            maximum=1e6,
            step=10.0,
            unit="min",
        ),
    ] = 0.0
    repeats: Annotated[
        int,
        Setting(
            label="Repeats",
            help="Trainings of each combination, with seeds one after the other, that "
            "hold other images out; their mean is ranked.",
            minimum=1,
            maximum=100,
        ),
    ] = 1
    rank: Annotated[
        Rank,
        Setting(
            label="Ranked by",
            help="The highest mean Dice or the lowest loss of what is held out, at the "
            "epoch whose weights are kept.",
        ),
    ] = "dice"
    prune: Annotated[
        bool,
        Setting(
            label="Prune",
            help="End a training whose best score so far is worse than the median of "
            "the others' after as many epochs.",
        ),
    ] = False
    search_seed: Annotated[
        int,
        Setting(
            label="Seed of the search",
            help="Start of the random numbers that combinations are drawn with.",
            minimum=0,
            maximum=2**31 - 1,
        ),
    ] = 0

    @property
    def most(self) -> int | None:
        """Most trials; None for every combination there is."""
        if self.trials:
            return self.trials
        return None if self.method == "grid" else _USUAL_TRIALS


_USUAL_TRIALS = 20
