"""``imageseg search`` ranks, and is resumed after a kill."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from imageseg.cli import main
from imageseg.model import load_model
from imageseg.search import trial

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def command(photos: Any, quick: list[str], tmp_path: Path) -> list[str]:
    """Return a search of two by three combinations, on six photographs."""
    for folder in (photos.images, photos.masks):
        for file in sorted(folder.iterdir()):
            for i in (3, 5):
                copy = file.stem.replace(file.stem[0], str(i + int(file.stem[0])), 1)
                shutil.copy(file, file.with_stem(copy))
    return [
        *("search", *photos.data, "--classes", "leaf", "gap", "--coding", "binary"),
        *("--vary", "rate=1e-3,1e-2", "loss=ce,dice,jaccard", "--method", "grid"),
        *(*quick, "--validation", "0.3", "--out", str(tmp_path / "found")),
    ]


def test_a_search_prints_its_ranking(
    command: list[str], tmp_path: Path, capsys: Captured
) -> None:
    assert main(command) == 0

    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert lines[0].split()[:4] == ["rank", "trial", "rate", "loss"]
    assert len(lines) == 7
    assert "best model" in printed.err
    assert load_model(tmp_path / "found" / "best.safetensors").spec.scheme.names == (
        "leaf",
        "gap",
    )


def test_json_has_a_record_a_trial(command: list[str], capsys: Captured) -> None:
    assert main([*command, "--json"]) == 0

    records = json.loads(capsys.readouterr().out)
    assert [record["rank"] for record in records] == [1, 2, 3, 4, 5, 6]


def test_a_killed_search_is_resumed(
    command: list[str], tmp_path: Path, capsys: Captured
) -> None:
    table = tmp_path / "found" / "trials.csv"
    command = [*command, "--epochs", "4"]
    process = subprocess.Popen([sys.executable, "-m", "imageseg", *command])  # noqa: S603  our own
    deadline = time.monotonic() + 120
    while not table.exists() and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = pd.read_csv(table)
    assert 1 <= len(before) < 6

    assert main(command) == 2
    assert "holds a search already" in capsys.readouterr().err
    assert main([*command, "--resume"]) == 0

    after = pd.read_csv(table)
    assert sorted(after["trial"]) == [1, 2, 3, 4, 5, 6]
    kept = after.set_index("trial").loc[before["trial"], "validation_dice"]
    assert list(kept) == pytest.approx(list(before["validation_dice"]))


def test_trials_that_failed_are_named(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def failing(*_: Any, **__: Any) -> Any:
        raise trial.OutOfMemoryError("no luck")

    monkeypatch.setattr(trial, "train_task", failing)

    assert main(command) == 1
    error = capsys.readouterr().err
    assert "trial 6: no luck" in error
    assert "best model" not in error


def test_too_little_to_hold_anything_out_is_said_at_once(
    photos: Any, quick: list[str], tmp_path: Path, capsys: Captured
) -> None:
    data = [*photos.data, "--classes", "leaf", "gap", "--coding", "binary"]
    vary = ["--vary", "rate=1e-3,1e-2", "--method", "grid"]
    out = tmp_path / "found"

    status = main(
        ["search", *data, *vary, *quick, "--validation", "0.3", "--out", str(out)]
    )

    assert status == 2
    assert "five images" in capsys.readouterr().err
    assert not (out / "search.json").exists()


def test_nothing_to_vary_is_wrong_use(photos: Any, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["search", *photos.data, "--out", "x"])

    assert stop.value.code == 2
    assert "--vary" in capsys.readouterr().err
