"""Two processes learn what one does."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from imageseg.cli import main
from imageseg.errors import SettingsError
from imageseg.model import SegmentationModel, load_model
from imageseg.settings import TrainSettings
from imageseg.tasks import drain
from imageseg.training import Group, Sample, joined_group, train_task

needs_gloo = pytest.mark.skipif(
    not (torch.distributed.is_available() and torch.distributed.is_gloo_available()),
    reason="this PyTorch has no gloo",
)


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    """Return a training whose batches of two are equal to the sum of their parts.

    Every pixel counts alike, and no statistics of a batch enter.
    """
    rng = np.random.default_rng(0)
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    for name in "abcdef":
        labels = rng.integers(0, 2, (8, 8)).repeat(8, 0).repeat(8, 1).astype(np.uint8)
        noise = rng.integers(0, 60, (64, 64, 3), dtype=np.uint8)
        Image.fromarray(labels[..., None] * 120 + noise).save(
            tmp_path / "images" / f"{name}.png"
        )
        Image.fromarray(labels).save(tmp_path / "masks" / f"{name}.png")
    return [
        *("train", "--images", str(tmp_path / "images")),
        *("--masks", str(tmp_path / "masks"), "--coding", "ids"),
        *("--classes", "dark", "bright", "--filters", "4", "--blocks", "2"),
        *("--no-batch-normalization", "--loss", "ce", "--augmentation", "flips"),
        *("--epochs", "3", "--steps", "4", "--batch", "4", "--patch", "32"),
        *("--device", "cpu", "--precision", "fp32", "--optimiser", "sgd"),
        *("--rate", "0.1", "--validation", "0.3"),
    ]


def run(ranks: int, command: list[str], out: Path) -> SegmentationModel:
    """Train in so many processes, as torchrun starts them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    processes = []
    for rank in range(ranks):
        told = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": ranks}
        told |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        environment = os.environ | {k: str(v) for k, v in told.items()}
        whole = [sys.executable, "-m", "imageseg", *command, "--out", str(out)]
        processes.append(subprocess.Popen(whole, env=environment))  # noqa: S603  our own
    assert [process.wait(timeout=120) for process in processes] == [0] * ranks
    return load_model(out)


@needs_gloo
@pytest.mark.slow
def test_two_processes_learn_the_weights_of_one(
    command: list[str], tmp_path: Path
) -> None:
    alone = tmp_path / "one.safetensors"
    assert main([*command, "--out", str(alone)]) == 0
    one = load_model(alone).network.state_dict()
    two = run(2, command, tmp_path / "two.safetensors").network.state_dict()

    assert not list(tmp_path.glob("*.checkpoint"))
    for name, weights in one.items():
        torch.testing.assert_close(two[name], weights, rtol=1e-4, atol=1e-5)


def test_a_single_process_is_a_group_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)

    with joined_group() as group:
        assert group == Group(0, 1)
        assert group.first


def test_every_patch_of_a_batch_is_learned_by_one_process() -> None:
    batch = torch.arange(6)
    parts = [Group(rank, 3).part(batch) for rank in range(3)]

    assert sorted(torch.cat(parts).tolist()) == list(range(6))


def test_a_batch_that_cannot_be_shared_evenly_is_refused() -> None:
    sample = Sample(np.zeros((8, 8), np.uint8), np.ones((8, 8), np.uint8))

    with pytest.raises(SettingsError, match=r"batch is 3.*multiple of the 2 processes"):
        drain(train_task([sample], TrainSettings(batch=3), group=Group(0, 2)))
