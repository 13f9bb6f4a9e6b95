"""What is tried next, by grid, at random and by TPE."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest

from imageseg.errors import SettingsError
from imageseg.search import SearchSettings, Space, Trial
from imageseg.search.record import Run
from imageseg.search.sampler import Sampler

SMALL = Space.parse(["filters=2,4", "loss=ce,dice,jaccard"])
RATE = Space.parse(["rate=1e-6..1:log", "dropout=0..0.9"])


def tried(point: dict[str, object], number: int, dice: float = 0.5) -> Trial:
    run = Run(seed=0, loss=1 - dice, dice=dice, epoch=1, epochs=1)
    return Trial(number=number, point=dict(point), state="done", runs=(run,))


def toy(point: dict[str, float]) -> float:
    """Return a score that is highest, 1, at a rate of 1e-3 and a dropout of 0.2."""
    far = (math.log10(point["rate"]) + 3) ** 2 / 9 + (point["dropout"] - 0.2) ** 2
    return 1 - far


def searched(space: Space, settings: SearchSettings, known: int = 0) -> list[Trial]:
    """Search the toy function, with a new sampler after the first `known` trials."""
    sampler, trials = Sampler(space, settings), []
    while (point := sampler.propose(trials)) is not None:
        trials.append(tried(dict(point), len(trials) + 1, toy(point)))
        if len(trials) == known:
            sampler = Sampler(space, settings)
    return trials


@pytest.mark.parametrize("method", ["grid", "random", "tpe"])
def test_every_combination_is_tried_once(method: str) -> None:
    sampler, trials = Sampler(SMALL, SearchSettings(method=method)), []
    while (point := sampler.propose(trials)) is not None:
        trials.append(tried(dict(point), len(trials) + 1))

    assert sampler.total == 6
    points = {(t.point["filters"], t.point["loss"]) for t in trials}
    assert len(trials) == len(points) == 6


def test_a_grid_keeps_the_order_in_which_things_are_named() -> None:
    sampler = Sampler(SMALL, SearchSettings(method="grid"))

    assert sampler.propose([]) == {"filters": 2, "loss": "ce"}


@pytest.mark.parametrize("method", ["random", "tpe"])
def test_a_resumed_search_tries_what_an_unbroken_one_does(method: str) -> None:
    settings = SearchSettings(method=method, trials=14, search_seed=3)
    whole, resumed = searched(RATE, settings), searched(RATE, settings, known=12)

    assert [t.point for t in whole] == [t.point for t in resumed]


def test_seeds_draw_differently() -> None:
    first, second = (
        Sampler(RATE, SearchSettings(search_seed=seed)).propose([]) for seed in (0, 1)
    )

    assert first != second


def test_tpe_finds_the_top_of_a_toy_function_better_than_chance() -> None:
    best = {
        method: np.mean(
            [
                max(
                    t.runs[0].dice
                    for t in searched(
                        RATE, SearchSettings(method=method, trials=40, search_seed=s)
                    )
                )
                for s in range(3)
            ]
        )
        for method in ("random", "tpe")
    }

    assert best["tpe"] > best["random"]
    assert best["tpe"] > 0.98


def test_draws_stay_in_their_ranges_and_logarithms_are_even() -> None:
    trials = searched(RATE, SearchSettings(method="random", trials=60))
    rates = np.log10([t.point["rate"] for t in trials])
    dropouts = np.array([t.point["dropout"] for t in trials])

    assert rates.min() >= -6
    assert rates.max() <= 0
    assert dropouts.min() >= 0
    assert dropouts.max() <= 0.9
    assert abs(np.median(rates) + 3) < 1


def test_failed_and_pruned_trials_teach_nothing_but_are_not_tried_again() -> None:
    failed = Trial(number=1, point={"filters": 2, "loss": "ce"}, state="failed")
    sampler = Sampler(SMALL, SearchSettings(method="tpe"))

    assert sampler.propose([failed]) != failed.point


def test_a_grid_of_endless_ranges_is_refused() -> None:
    with pytest.raises(SettingsError, match="give the range a step"):
        Sampler(RATE, SearchSettings(method="grid"))


def test_without_optuna_there_is_still_the_grid(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)

    assert Sampler(SMALL, SearchSettings(method="grid")).propose([])
    with pytest.raises(SettingsError, match="pip install"):
        Sampler(SMALL, SearchSettings(method="tpe"))


def test_the_number_of_trials_can_be_limited() -> None:
    assert Sampler(SMALL, SearchSettings(method="grid", trials=4)).total == 4
    assert Sampler(SMALL, SearchSettings(method="random", trials=40)).total == 6
    assert Sampler(RATE, SearchSettings()).total == 20
