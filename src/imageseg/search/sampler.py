"""What to try next: grids of our own, everything else drawn by Optuna.

Optuna's own storages are databases. Here the record of the search is the truth: before
each draw a study is built from it, and each draw has random numbers of its own, so that
a resumed search tries what an unbroken one would have tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from imageseg.errors import SettingsError
from imageseg.search.dimension import Value
from imageseg.search.record import Trial
from imageseg.search.settings import SearchSettings
from imageseg.search.space import Point, Space

if TYPE_CHECKING:
    import optuna

_MOST_DOUBLES = 200  # drawn in a row: what is left then is too rare to be found


class Sampler:
    """Proposes combinations that were not tried yet.

    Parameters
    ----------
    space
        What varies.
    settings
        Method, number of trials, seed.

    Raises
    ------
    SettingsError
        A grid of endless ranges is asked for; Optuna is not installed.
    """

    def __init__(self, space: Space, settings: SearchSettings) -> None:
        self._space = space
        self._settings = settings
        self._points = space.points()
        if settings.method != "grid":
            _check_optuna(settings.method)
        elif self._points is None:
            raise SettingsError(
                "what varies",
                ", ".join(space.to_texts()),
                "values or whole numbers for a grid, 10,000 combinations at most; give "
                "the range a step, or search by the method random or tpe",
            )

    @property
    def total(self) -> int:
        """Trials in all, if none is stopped early."""
        there_are = None if self._points is None else len(self._points)
        limits = [n for n in (self._settings.most, there_are) if n is not None]
        return min(limits)

    def propose(self, trials: Sequence[Trial]) -> Point | None:
        """Return what to try after these trials; None if nothing is left."""
        if len(trials) >= self.total:
            return None
        tried = {_key(trial.point) for trial in trials}
        return next((p for p in self._points_for(trials) if _key(p) not in tried), None)

    def _points_for(self, trials: Sequence[Trial]) -> Iterator[Point]:
        if self._settings.method == "grid":
            yield from self._points or ()
            return
        known = [self._told(trial) for trial in trials if trial.state == "done"]
        for double in range(_MOST_DOUBLES):
            seed = [self._settings.search_seed, len(trials), double]
            study = _study(self._settings.method, seed)
            study.add_trials(known)
            drawn = study.ask()
            yield self._space.draw(lambda dimension: dimension.draw(drawn))  # noqa: B023  used at once

    def _told(self, trial: Trial) -> optuna.trial.FrozenTrial:
        """Return a finished trial as Optuna knows it."""
        from optuna.trial import create_trial  # noqa: PLC0415  optional

        dimensions = self._space.relevant(trial.point)
        return create_trial(
            params=dict(trial.point),
            distributions={d.name: d.distribution() for d in dimensions},
            value=trial.score(self._settings.rank),
        )


def _key(point: Point) -> tuple[tuple[str, Value], ...]:
    return tuple(sorted(point.items()))


def _study(method: str, seed: Sequence[int]) -> optuna.Study:
    import optuna  # noqa: PLC0415  optional

    number = int(np.random.SeedSequence(seed).generate_state(1)[0])
    samplers = optuna.samplers
    make = samplers.RandomSampler if method == "random" else samplers.TPESampler
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        return optuna.create_study(direction="maximize", sampler=make(seed=number))
    finally:
        optuna.logging.set_verbosity(level)


def _check_optuna(method: str) -> None:
    try:
        import optuna  # noqa: F401, PLC0415  optional
    except ImportError as error:
        raise SettingsError(
            "method",
            method,
            "grid as long as Optuna is not installed; install it with: pip install "
            '"napari-imageseg[search]"',
        ) from error
