"""What training leaves on disk when it is killed, stopped or diverges."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from imageseg.cli import main
from imageseg.errors import TrainingDivergedError
from imageseg.model import load_model
from imageseg.spec import read_spec
from imageseg.training.learner import Learner

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def command(photos: Any, quick: list[str], tmp_path: Path) -> list[str]:
    """Return the arguments of a training of ten epochs."""
    return [
        *("train", *photos.data, "--classes", "leaf", "gap", "--coding", "binary"),
        *(*quick, "--epochs", "10", "--out", str(tmp_path / "m")),
        *("--history", str(tmp_path / "history.csv")),
    ]


def break_at(monkeypatch: pytest.MonkeyPatch, step: int, error: BaseException) -> None:
    """Let a step of the learner raise."""
    learn, done = Learner.step, []

    def broken(self: Learner) -> float:
        done.append(1)
        if len(done) == step:
            raise error
        return learn(self)

    monkeypatch.setattr(Learner, "step", broken)


def test_a_killed_training_is_resumed_bit_by_bit(
    command: list[str], tmp_path: Path
) -> None:
    command = [*command, "--epochs", "40"]
    history = tmp_path / "history.csv"
    process = subprocess.Popen([sys.executable, "-m", "imageseg", *command])  # noqa: S603  our own
    deadline = time.monotonic() + 60
    while not history.exists() and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "m.safetensors").exists()
    assert (tmp_path / "m.checkpoint").exists()

    assert main([*command, "--resume"]) == 0
    resumed = pd.read_csv(history).drop(columns="seconds")
    assert main([*command, "--out", str(tmp_path / "whole")]) == 0
    whole = pd.read_csv(history).drop(columns="seconds")

    pd.testing.assert_frame_equal(resumed, whole, check_exact=True)
    one, two = (load_model(tmp_path / f"{name}.safetensors") for name in ("m", "whole"))
    assert one.digest() == two.digest()
    assert not list(tmp_path.glob("*.checkpoint"))


def test_ctrl_c_keeps_the_best_model_and_its_history(
    command: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Captured,
) -> None:
    break_at(monkeypatch, 6, KeyboardInterrupt())

    assert main(command) == 130

    told = capsys.readouterr().err
    assert f"model so far, of epoch 2, is in {tmp_path / 'm.safetensors'}" in told
    assert read_spec(tmp_path / "m.safetensors").provenance["epochs"] == 2
    assert pd.read_csv(tmp_path / "history.csv")["epoch"].tolist() == [1, 2]
    monkeypatch.undo()
    assert main([*command, "--resume"]) == 0
    assert pd.read_csv(tmp_path / "history.csv")["epoch"].tolist() == [*range(1, 11)]


def test_ctrl_c_in_the_first_epoch_leaves_nothing(
    command: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Captured,
) -> None:
    break_at(monkeypatch, 2, KeyboardInterrupt())

    assert main(command) == 130
    assert "so far" not in capsys.readouterr().err
    assert not (tmp_path / "m.safetensors").exists()


def test_a_training_that_diverges_keeps_the_last_good_weights(
    command: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Captured,
) -> None:
    break_at(monkeypatch, 4, TrainingDivergedError("The loss became nan in batch 4."))

    assert main(command) == 2

    told = capsys.readouterr().err
    assert "of epoch 1, is in" in told
    assert "The loss became nan in batch 4." in told
    assert read_spec(tmp_path / "m.safetensors").provenance["epochs"] == 1


def test_a_checkpoint_that_cannot_be_written_is_told(
    command: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Captured,
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("imageseg.training.checkpoint.save_file", full)

    assert main(command) == 0
    assert "m.checkpoint could not be written" in capsys.readouterr().err


def test_images_of_a_group_are_held_out_together(
    photos: Any, command: list[str], tmp_path: Path
) -> None:
    for folder, end in ((photos.images, ""), (photos.masks, "_mask")):
        for i in (1, 2):
            content = (folder / f"{i}{end}.png").read_bytes()
            for plot in "abc":
                (folder / f"{plot}_{i}{end}.png").write_bytes(content)
            (folder / f"{i}{end}.png").unlink()
    flags = ["--groups", "^(.)_", "--validation", "0.3"]

    assert main([*command, *flags]) == 0

    story = read_spec(tmp_path / "m.safetensors").provenance
    assert story["held_out"] == "2 held-out images"
    assert len({name[0] for name in story["images"]}) == 2
    assert len(story["images"]) == 4


@pytest.mark.parametrize(
    ("groups", "told"),
    [
        ("x(.)", "in every name, but '1' has no match"),
        ("(", "a regular expression with parentheses"),
        (".", "a regular expression with parentheses"),
    ],
)
def test_groups_that_say_nothing_are_refused(
    command: list[str], groups: str, told: str, capsys: Captured
) -> None:
    assert main([*command, "--groups", groups]) == 2
    assert told in capsys.readouterr().err


def test_the_test_images_are_scored_apart(
    photos: Any, command: list[str], tmp_path: Path, capsys: Captured
) -> None:
    for folder, end in ((photos.images, ""), (photos.masks, "_mask")):
        for i in range(3, 9):
            content = (folder / f"{1 + i % 2}{end}.png").read_bytes()
            (folder / f"{i}{end}.png").write_bytes(content)

    assert main([*command, "--test", "0.25", "--validation", "0.25"]) == 0

    assert "Dice on 2 test images: leaf 0." in capsys.readouterr().out
    story = read_spec(tmp_path / "m.safetensors").provenance
    assert story["held_out"] == "2 held-out images"
    assert len(story["images"]) == 4
    assert set(story["test"]["dice"]) == {"leaf", "gap"}
