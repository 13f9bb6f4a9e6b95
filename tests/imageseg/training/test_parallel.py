"""Two processes learn what one does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
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


def torchrun(*command: str) -> subprocess.CompletedProcess[str]:
    """Start two processes as docs/training.md says, on the CPU, of one thread each."""
    start = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    environment = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    return subprocess.run(  # noqa: S603  our own
        [sys.executable, *start, *command],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def trained(folder: Path, name: str) -> tuple[SegmentationModel, pd.DataFrame]:
    """Return a model and its history."""
    history = pd.read_csv(folder / f"{name}.csv").drop(columns="seconds")
    return load_model(folder / f"{name}.safetensors"), history


@needs_gloo
@pytest.mark.slow
def test_two_processes_of_torchrun_learn_the_weights_of_one(
    command: list[str], tmp_path: Path
) -> None:
    histories = [["--history", str(tmp_path / f"{n}.csv")] for n in ("one", "two")]
    assert main([*command, *histories[0], "--out", str(tmp_path / "one")]) == 0
    out = ("--out", str(tmp_path / "two"))
    done = torchrun("-m", "imageseg", *command, *histories[1], *out)

    assert done.returncode == 0, done.stderr
    assert done.stderr.count("Model in") == 1  # only the first process speaks
    assert not list(tmp_path.glob("*.checkpoint"))
    (one, first), (two, second) = (trained(tmp_path, name) for name in ("one", "two"))
    dice = first.filter(like="dice").columns  # jumps where a probability is near a half
    pd.testing.assert_frame_equal(second[dice], first[dice], rtol=0, atol=2e-3)
    smooth = first.columns.difference(dice)
    pd.testing.assert_frame_equal(second[smooth], first[smooth], rtol=1e-4)
    learned = two.network.state_dict()
    for name, weights in one.network.state_dict().items():
        torch.testing.assert_close(learned[name], weights, rtol=1e-4, atol=1e-5)


@needs_gloo
@pytest.mark.slow
def test_all_processes_stop_if_one_part_of_a_batch_diverges(tmp_path: Path) -> None:
    """Two processes average a gradient and a loss that is no number in one of them."""
    script = tmp_path / "part.py"
    script.write_text(
        "import math\n"
        "import torch\n"
        "from imageseg.training import joined_group\n"
        "with joined_group() as group:\n"
        "    value = group.mean(1.0 + 2 * group.rank)\n"
        "    broken = group.mean(math.nan if group.rank else 1.0)\n"
        "    layer = torch.nn.Linear(1, 1)\n"
        "    layer.weight.grad = torch.full((1, 1), float(group.rank))\n"
        "    group.average_gradients(layer)\n"
        "    joined = group.joined([[1.0, math.nan], [2.0, 4.0]][group.rank], 4)\n"
        "    line = f'{value} {broken} {layer.weight.grad.item()} {joined}'\n"
        f"    open(r'{tmp_path}/' + str(group.rank), 'w').write(line)\n"
    )
    done = torchrun(str(script))

    assert done.returncode == 0, done.stderr
    expected = "2.0 nan 0.5 [1.0, 2.0, nan, 4.0]"
    assert [(tmp_path / rank).read_text() for rank in "01"] == [expected] * 2


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
