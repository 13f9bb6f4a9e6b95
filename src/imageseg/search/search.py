"""Train with many settings, and rank them by what was held out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from imageseg.classes import ClassScheme
from imageseg.errors import SettingsError
from imageseg.figures import save_figure, search_figure
from imageseg.model import SegmentationModel
from imageseg.search.record import Record, Trial
from imageseg.search.result import SCORES, SearchResult, best_trial, ranking
from imageseg.search.sampler import Sampler
from imageseg.search.settings import Rank, SearchSettings
from imageseg.search.space import LEARNS_WITHOUT_EPOCHS, Point, Space
from imageseg.search.trial import UNFINISHED, TimeOver, Trainer
from imageseg.tables import write_table
from imageseg.tasks import Task, as_part
from imageseg.training import AnySample, TrainingResult
from imageseg.training.checkpoint import data_digest

_log = logging.getLogger(__name__)

RECORD, TABLE, FIGURE, MODEL = (
    "search.json",
    "trials.csv",
    "trials.png",
    "best.safetensors",
)


def search_task(  # noqa: PLR0913  what trains, what varies, where it is kept
    samples: Sequence[AnySample],
    space: Space,
    settings: SearchSettings | None = None,
    *,
    scheme: ClassScheme | None = None,
    start: SegmentationModel | None = None,
    folder: Path | None = None,
    resume: bool = False,
) -> Task[SearchResult]:
    """Train with combination after combination of settings, and rank them.

    All trials hold the same images out. With a folder, everything is kept as it
    happens: ``search.json`` (the record), ``trials.csv`` (the ranking), ``trials.png``
    and ``best.safetensors``.

    Parameters
    ----------
    samples, scheme, start
        As in `train_task`.
    space
        What varies and what does not.
    settings
        What is tried, how often, and what is best.
    folder
        Where to keep the search.
    resume
        Go on with the search of that folder: trials that were finished stand, the
        training that was stopped goes on after its last epoch.

    Yields
    ------
    Progress
        After every step of every training.

    Raises
    ------
    SettingsError
        Nothing is held out; the network varies beside a start model; the folder holds
        a search and `resume` is not asked for.
    ModelMismatchError, ModelFormatError
        The folder's search is another one, or damaged.
    OSError
        The folder cannot be written.

    Notes
    -----
    A trial that fails, for want of memory say, becomes a row with its error.
    """
    settings = settings or SearchSettings()
    _check(space, start)
    sampler = Sampler(space, settings)
    record = Record(
        None if folder is None else folder / RECORD,
        _identity(samples, space, settings, start, scheme),
    )
    _take_up(record, resume=resume)
    trainer = Trainer(samples, space, settings, scheme, start, folder)
    return (yield from _Search(sampler, trainer, record).work())


@dataclass(slots=True)
class _Search:
    """A search under way: its trials, and the best model."""

    sampler: Sampler
    trainer: Trainer
    record: Record
    model: SegmentationModel | None = None

    def work(self) -> Task[SearchResult]:
        """Try one combination after the other until none, or no time, is left."""
        finished = True
        while finished and (point := self.sampler.propose(self.record.trials)):
            finished = yield from self._one(point)
        self._write_ranking()
        self._draw()
        return SearchResult(
            trials=tuple(self.record.trials),
            names=self._names,
            rank=self._rank,
            model=self.model,
            finished=finished,
        )

    def _one(self, point: Point) -> Task[bool]:
        """Try a combination; return whether there was time for it."""
        trials, total = self.record.trials, self.sampler.total
        label = f"trial {len(trials) + 1} of {total} ({_told(point)})"
        task = self.trainer.trial_task(point, trials)
        try:
            trial, results = yield from as_part(task, len(trials), total, label=label)
        except TimeOver:
            return False
        self._check_scored(trial)
        self._keep_if_best(trial, results)
        self.record.add(trial)
        self.trainer.forget(trial.number)
        try:
            self._write_ranking()
        except OSError:  # a program has it open; it is written again at the end
            _log.warning(
                "The ranking could not be written; trials go on", exc_info=True
            )
        return True

    def _check_scored(self, trial: Trial) -> None:
        """Refuse to go on when annotations are too few to hold any of them out."""
        if trial.state != "done" or np.isfinite(trial.score(self._rank)):
            return
        self.trainer.forget(trial.number)
        if not self.record.trials and self.record.path is not None:
            self.record.path.unlink(missing_ok=True)  # nothing to go on with
        raise SettingsError(
            "held-out pixels",
            0,
            "some, to rank trials: annotate five images or more, or larger areas",
        )

    def _write_ranking(self) -> None:
        path = self._path(TABLE)
        if path is not None:
            write_table(path, ranking(self.record.trials, self._names, self._rank))

    def _keep_if_best(self, trial: Trial, results: Sequence[TrainingResult]) -> None:
        """Keep the best run's model if no trial before was better."""
        if best_trial([*self.record.trials, trial], self._rank) is not trial:
            return
        scores = trial.scores(self._rank)
        self.model = results[int(np.argmax(scores))].model
        path = self._path(MODEL)
        if path is not None:
            self.model.save(path)

    def _draw(self) -> None:
        path = self._path(FIGURE)
        table = ranking(self.record.trials, self._names, self._rank)
        if path is not None and table["rank"].notna().any():
            save_figure(
                path, search_figure(table, self._names, score=SCORES[self._rank])
            )

    @property
    def _names(self) -> tuple[str, ...]:
        return self.trainer.space.names

    @property
    def _rank(self) -> Rank:
        return self.trainer.settings.rank

    def _path(self, name: str) -> Path | None:
        folder = self.trainer.folder
        return None if folder is None else folder / name


def _take_up(record: Record, *, resume: bool) -> None:
    """Go on with what the folder holds, or make sure that it holds nothing."""
    if resume and record.path is not None and record.path.exists():
        record.read()
        return
    if record.path is not None and record.path.exists():
        raise SettingsError(
            "folder",
            str(record.path.parent),
            "an empty one, or one to resume: it holds a search already",
        )
    if record.path is not None:
        for stale in record.path.parent.glob(f"{UNFINISHED}*"):
            stale.unlink()
    record.write()  # so that a stop in the first trial is known, too


def _check(space: Space, start: SegmentationModel | None) -> None:
    """Refuse what would rank nothing, or vary what is given."""
    if space.base.network == LEARNS_WITHOUT_EPOCHS or (
        start is not None and start.spec.architecture == LEARNS_WITHOUT_EPOCHS
    ):
        raise SettingsError(
            "network", LEARNS_WITHOUT_EPOCHS, "one that is trained: it has no settings"
        )
    if space.base.training.restarts > 1:
        restarts = space.base.training.restarts
        raise SettingsError(
            "restarts", restarts, "1 in a search; repeats are --repeats"
        )
    if space.base.training.validation == 0:
        raise SettingsError("validation", 0, "above 0: what is held out ranks trials")
    if start is not None and space.shapes_network:
        names = ", ".join(space.names)
        raise SettingsError(
            "what varies", names, "no shape of a network: that of the start model stays"
        )


def _identity(
    samples: Sequence[AnySample],
    space: Space,
    settings: SearchSettings,
    start: SegmentationModel | None,
    scheme: ClassScheme | None,
) -> dict[str, Any]:
    """Return what must be the same to go on; more trials and time may be allowed."""
    classes = scheme or (start.spec.scheme if start else None)
    own = settings.to_dict()
    return {
        "varied": space.to_texts(),
        "search": {k: own[k] for k in ("method", "repeats", "rank", "search_seed")},
        "settings": space.base.training.to_dict(),
        "network": {"name": space.base.network, **space.base.arguments},
        "changes": dict(space.base.changes),
        "start": start.digest() if start else "",
        "classes": list(classes.names) if classes else [],
        "data": data_digest(samples),
    }


def _told(point: Point) -> str:
    """Return a combination for people: ``filters 8, rate 0.001``."""
    return ", ".join(
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in point.items()
    )
