"""A search trains, ranks, keeps everything as it happens, and can be resumed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from imageseg.classes import ClassScheme
from imageseg.errors import (
    ImageReadError,
    ModelFormatError,
    ModelMismatchError,
    OutOfMemoryError,
    SettingsError,
)
from imageseg.inference import predict_task
from imageseg.model import load_model, new_model
from imageseg.search import Base, SearchResult, SearchSettings, Space, search_task
from imageseg.search import trial as module
from imageseg.settings import TrainSettings, UNetSettings
from imageseg.tables import write_table
from imageseg.tasks import drain
from imageseg.training import EpochProgress, Sample, train_task
from imageseg.training.learner import Learner

SCHEME = ClassScheme.from_names(["dark", "bright"])
TRAINING = TrainSettings(
    epochs=2,
    steps=1,
    batch=2,
    patch=32,
    validation=0.4,
    averaging=0.0,
    augmentation="none",
    device="cpu",
    precision="fp32",
)
BASE = Base(training=TRAINING, arguments={"filters": 2, "blocks": 1})
GRID = ("rate=1e-4,1e-2,1e-1", "optimiser=adam,sgd")
TRIALS = SearchSettings(method="grid")


def samples() -> list[Sample]:
    """Return five images whose right halves are bright."""
    rng = np.random.default_rng(0)
    labels = np.repeat([[1] * 16 + [2] * 16], 32, axis=0).astype(np.uint8)
    image = np.where(labels == 2, 180, 20) + rng.integers(0, 60, (5, 32, 32))
    return [Sample(p.astype(np.uint8), labels, f"{i}") for i, p in enumerate(image)]


def search(
    texts: tuple[str, ...] = GRID,
    settings: SearchSettings = TRIALS,
    *,
    base: Base = BASE,
    **options: Any,
) -> SearchResult:
    space = Space.parse(texts, base)
    task = search_task(samples(), space, settings, scheme=SCHEME, **options)
    return drain(task)


def stop_in(trial: int, folder: Path, **options: Any) -> None:
    """Search until the first step of a trial's second epoch, and stop there."""
    space = Space.parse(GRID, BASE)
    task = search_task(
        samples(), space, TRIALS, scheme=SCHEME, folder=folder, **options
    )
    for progress in task:
        if f"trial {trial} of" in progress.message and "epoch 2" in progress.message:
            task.close()
            return
    pytest.fail("it was over before")


def comparable(result: SearchResult) -> pd.DataFrame:
    return result.table().drop(columns="seconds")


def test_a_grid_of_two_by_three_gives_six_rows_the_best_first() -> None:
    result = search()
    table = result.table()

    assert list(table["rank"]) == [1, 2, 3, 4, 5, 6]
    assert list(table["trial"].sort_values()) == [1, 2, 3, 4, 5, 6]
    assert table["validation_dice"].is_monotonic_decreasing
    assert set(zip(table["rate"], table["optimiser"], strict=True)) == {
        (rate, name) for rate in (1e-4, 1e-2, 1e-1) for name in ("adam", "sgd")
    }
    assert result.finished
    assert (table["state"] == "done").all()


def test_a_trial_is_the_training_of_the_same_settings() -> None:
    (trial,) = search(("rate=1e-2",)).trials
    settings = TrainSettings(**TRAINING.to_dict() | {"rate": 1e-2})
    alone = drain(
        train_task(
            samples(),
            settings,
            scheme=SCHEME,
            network=UNetSettings(filters=2, blocks=1),
        )
    )
    row = alone.history[alone.best_epoch - 1]

    assert trial.runs[0].dice == row.validation_dice
    assert trial.runs[0].loss == row.validation_loss
    assert trial.runs[0].epoch == alone.best_epoch


def test_repeats_have_seeds_of_their_own_and_their_mean_is_ranked() -> None:
    (trial,) = search(("rate=1e-2",), SearchSettings(method="grid", repeats=3)).trials
    dice = [run.dice for run in trial.runs]

    assert [run.seed for run in trial.runs] == [0, 1, 2]
    assert trial.score("dice") == pytest.approx(sum(dice) / 3)
    assert len(set(dice)) > 1


def test_rank_by_loss_puts_the_lowest_first() -> None:
    table = search(settings=SearchSettings(method="grid", rank="loss")).table()

    assert table["validation_loss"].is_monotonic_increasing


def test_everything_is_in_the_folder(tmp_path: Path) -> None:
    result = search(folder=tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == {
        "search.json",
        "trials.csv",
        "trials.png",
        "best.safetensors",
    }
    table = pd.read_csv(tmp_path / "trials.csv")
    assert list(table["trial"]) == list(result.table()["trial"])
    assert len(json.loads((tmp_path / "search.json").read_text())["trials"]) == 6


def test_the_best_model_is_that_of_the_first_rank(tmp_path: Path) -> None:
    result = search(folder=tmp_path)
    best = result.best
    model = load_model(tmp_path / "best.safetensors")

    assert best is not None
    assert best.number == result.table()["trial"].iloc[0]
    assert model.spec.provenance["settings"]["rate"] == best.point["rate"]
    assert model.spec.provenance["settings"]["optimiser"] == best.point["optimiser"]
    assert result.model is not None
    image = samples()[0].image
    own, saved = (drain(predict_task(m, image)) for m in (result.model, model))
    assert np.array_equal(own.probabilities, saved.probabilities)


def test_a_search_stopped_after_two_trials_does_the_other_four(tmp_path: Path) -> None:
    whole = search()
    stop_in(3, tmp_path)
    assert len(json.loads((tmp_path / "search.json").read_text())["trials"]) == 2
    assert len(pd.read_csv(tmp_path / "trials.csv")) == 2
    assert (tmp_path / "best.safetensors").exists()
    assert [p.name for p in tmp_path.glob("*.checkpoint")] == [
        "unfinished-3-0.checkpoint"
    ]

    resumed = search(folder=tmp_path, resume=True)

    pd.testing.assert_frame_equal(comparable(resumed), comparable(whole))
    assert not list(tmp_path.glob("*.checkpoint"))


def test_a_stopped_training_goes_on_after_its_last_epoch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_in(3, tmp_path)
    epochs: list[int] = []
    watched = module.Trainer._watched

    def counting(self: Any, task: Any, rivals: Any) -> Any:
        def counted() -> Any:
            while True:
                try:
                    progress = next(task)
                except StopIteration as stop:
                    return stop.value
                if isinstance(progress, EpochProgress):
                    epochs.append(progress.row.epoch)
                yield progress

        return watched(self, counted(), rivals)

    monkeypatch.setattr(module.Trainer, "_watched", counting)
    search(folder=tmp_path, resume=True)

    assert epochs == [2, *[1, 2] * 3]


def test_more_trials_may_be_asked_for_when_resuming(tmp_path: Path) -> None:
    short = SearchSettings(method="random", trials=2)
    search(settings=short, folder=tmp_path)

    longer = search(
        settings=SearchSettings(method="random", trials=3),
        folder=tmp_path,
        resume=True,
    )

    assert len(longer.trials) == 3


def test_another_search_is_not_gone_on_with(tmp_path: Path) -> None:
    search(("rate=1e-2",), folder=tmp_path)

    with pytest.raises(ModelMismatchError, match=r"varied: was .*rate=0\.01"):
        search(("rate=1e-3",), folder=tmp_path, resume=True)


def test_a_search_is_not_written_over(tmp_path: Path) -> None:
    search(("rate=1e-2",), folder=tmp_path)

    with pytest.raises(SettingsError, match="holds a search already"):
        search(("rate=1e-2",), folder=tmp_path)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"imageseg_search": 1}'])
def test_a_damaged_record_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "search.json").write_text(text)

    with pytest.raises(ModelFormatError, match=r"search\.json is no record"):
        search(folder=tmp_path, resume=True)


def test_a_newer_record_is_told(tmp_path: Path) -> None:
    search(("rate=1e-2",), folder=tmp_path)
    path = tmp_path / "search.json"
    path.write_text(path.read_text().replace('search": 1', 'search": 9'))

    with pytest.raises(ModelFormatError, match="newer version"):
        search(("rate=1e-2",), folder=tmp_path, resume=True)


def test_a_time_limit_ends_a_search_that_can_be_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(10_000))  # a minute a look
    monkeypatch.setattr(module.time, "monotonic", lambda: 60.0 * next(clock))
    limited = SearchSettings(method="grid", minutes=12)
    stopped = search(settings=limited, folder=tmp_path)
    monkeypatch.undo()

    assert not stopped.finished
    assert len(stopped.trials) < 6
    assert len(search(folder=tmp_path, resume=True).trials) == 6


def test_a_failed_trial_is_a_row_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*args: Any, **options: Any) -> Any:
        if args[1].rate == 1e-2:
            raise OutOfMemoryError("The device ran out of memory.")
        return train_task(*args, **options)

    monkeypatch.setattr(module, "train_task", failing)
    table = search(folder=tmp_path).table()

    assert list(table["state"]) == ["done"] * 4 + ["failed"] * 2
    assert table["rank"].isna().sum() == 2
    assert "out of memory" in table["error"].iloc[-1]
    assert pd.read_csv(tmp_path / "trials.csv")["rank"].isna().sum() == 2


def test_a_hopeless_training_is_ended_early() -> None:
    base = Base(
        training=TrainSettings(**TRAINING.to_dict() | {"epochs": 6, "steps": 4}),
        arguments=BASE.arguments,
    )
    values = "rate=1e-2,2e-2,3e-2,4e-2,1e-6"
    found = {
        prune: search(
            (values,),
            SearchSettings(method="grid", prune=prune, rank="loss"),
            base=base,
        )
        for prune in (True, False)
    }

    assert [t.state for t in found[True].trials][-1] == "pruned"
    assert found[True].trials[-1].runs[0].epochs < 6
    assert [t.state for t in found[False].trials] == ["done"] * 5


def test_a_start_model_keeps_its_network() -> None:
    start = new_model(SCHEME, channels=1, arguments={"filters": 2, "blocks": 1})

    with pytest.raises(SettingsError, match="no shape of a network"):
        search(("filters=2,4",), start=start)
    assert len(search(("rate=1e-3,1e-2",), start=start).trials) == 2


def test_a_stop_in_the_first_trial_is_known(tmp_path: Path) -> None:
    stop_in(1, tmp_path)

    with pytest.raises(SettingsError, match="holds a search already"):
        search(folder=tmp_path)
    with pytest.raises(ModelMismatchError, match="of another search"):
        search(("rate=1e-3",), folder=tmp_path, resume=True)
    assert len(search(folder=tmp_path, resume=True).trials) == 6


def test_finished_repeats_are_not_trained_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twice = SearchSettings(method="grid", repeats=2)
    whole = search(("rate=1e-2",), twice)
    space = Space.parse(("rate=1e-2",), BASE)
    task = search_task(samples(), space, twice, scheme=SCHEME, folder=tmp_path)
    for _ in task:
        if (tmp_path / "unfinished-1-1.checkpoint").exists():
            task.close()
            break
    steps: list[int] = []
    learn = Learner.step
    monkeypatch.setattr(Learner, "step", lambda self: steps.append(1) or learn(self))

    resumed = search(("rate=1e-2",), twice, folder=tmp_path, resume=True)

    assert len(steps) == 1
    pd.testing.assert_frame_equal(comparable(resumed), comparable(whole))


def test_a_checkpoint_of_another_version_is_trained_anew(tmp_path: Path) -> None:
    stop_in(3, tmp_path)
    (tmp_path / "unfinished-3-0.checkpoint").write_bytes(b"old")

    assert (search(folder=tmp_path, resume=True).table()["state"] == "done").all()


def test_other_groups_are_another_search(tmp_path: Path) -> None:
    search(("rate=1e-2",), folder=tmp_path)
    grouped = [replace(s, group=str(i // 2)) for i, s in enumerate(samples())]
    space = Space.parse(("rate=1e-2",), BASE)
    task = search_task(
        grouped, space, TRIALS, scheme=SCHEME, folder=tmp_path, resume=True
    )

    with pytest.raises(ModelMismatchError, match="data: was"):
        drain(task)


def test_files_that_cannot_be_read_stop_a_search_that_can_be_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any, **__: Any) -> Any:
        raise ImageReadError("1.png", "the drive is gone")

    monkeypatch.setattr(module, "train_task", gone)
    with pytest.raises(ImageReadError):
        search(folder=tmp_path)
    monkeypatch.undo()

    assert (search(folder=tmp_path, resume=True).table()["state"] == "done").all()


def test_a_ranking_that_is_open_elsewhere_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def locked(path: Path, table: pd.DataFrame) -> Path:
        calls.append(1)
        if len(calls) < 6:
            raise PermissionError
        return write_table(path, table)

    monkeypatch.setattr("imageseg.search.search.write_table", locked)
    search(folder=tmp_path)

    assert len(pd.read_csv(tmp_path / "trials.csv")) == 6


@pytest.mark.parametrize(
    ("base", "message"),
    [
        (Base(network="forest"), "one that is trained"),
        (Base(training=TrainSettings(restarts=2)), "repeats are"),
    ],
    ids=["forest", "restarts"],
)
def test_what_cannot_be_ranked_is_refused(base: Base, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        search(("rate=1e-2",), base=base)


def test_nothing_held_out_ranks_nothing() -> None:
    base = Base(training=TrainSettings(validation=0.0))

    with pytest.raises(SettingsError, match="ranks trials"):
        search(base=base)
