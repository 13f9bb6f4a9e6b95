"""A training step against Keras', and bfloat16 against float32.

    python tests/benchmarks/training_speed.py --keras-python PATH [--rounds N]
    python tests/benchmarks/training_speed.py --curves [--data DATA]

The first trains imageseg's U-Net with 32 filters on eight generated canopy scenes of
256 x 256 pixels, again and again: here by the steps of `train_task`, from its samples
to the changed weights and their running mean, and in Keras by `train_on_batch` from
arrays that are ready. All take turns, step by step, so that their ratio does not depend
on what else the machine is doing; Keras runs in a process of its own, which waits
meanwhile. PATH is a Python that has TensorFlow; by default it is this one.

The second trains the network with 16 filters in both number formats from the same
seeds and prints the curves side by side: on generated scenes and, from the folder of
the real data sets, on the photographs of canopy_sky.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from imageseg.classes import ClassScheme
from imageseg.images import find_images, read_image
from imageseg.masks import read_labels
from imageseg.model import new_model
from imageseg.samples import canopy_scene
from imageseg.settings import TrainSettings, UNetSettings
from imageseg.tasks import drain
from imageseg.training import EpochRow, Sample, train_task

SIDE, BATCH, FILTERS, PARAMETERS, THREADS = 256, 8, 32, 7_771_873, 2
WORKER = Path(__file__).with_name("keras_worker.py")
RECIPE = TrainSettings(
    epochs=1,
    steps=100_000,
    batch=BATCH,
    patch=SIDE,
    validation=0.0,
    augmentation="none",
    optimiser="adam",
    schedule="constant",
    loss="bce_dice",
)
VARIANTS = {
    "bf16": replace(RECIPE, precision="bf16", averaging=0.0),
    "bf16, weights averaged": replace(RECIPE, precision="bf16"),
    "fp32": replace(RECIPE, precision="fp32", averaging=0.0),
    "fp32, weights averaged": replace(RECIPE, precision="fp32"),
}
CURVES = TrainSettings(
    epochs=12, steps=20, patience=0, batch=BATCH, patch=128, validation=0.25
)
SEEDS = (0, 1)


@dataclass(frozen=True, slots=True)
class Spent:
    """What one step took: seconds on the clock, and of all processors together."""

    seconds: float
    worked: float


Step = Callable[[], Spent]


def scenes(count: int, seed: int = 0) -> list[Sample]:
    """Return generated photographs with their truth."""
    made = [canopy_scene((SIDE, SIDE), seed=seed + i) for i in range(count)]
    return [Sample(s.image, s.labels, f"scene {seed + i}") for i, s in enumerate(made)]


def own_step(samples: list[Sample], settings: TrainSettings) -> Step:
    """Begin a training of the product; every further step of the task is a step."""
    scheme = ClassScheme.from_names(["canopy", "sky"])
    network = UNetSettings(filters=FILTERS)
    model = new_model(scheme, channels=3, arguments=network.to_dict())
    check_parameters("our network", count_parameters(model.network))
    task = train_task(samples, settings, scheme=scheme, network=network)
    next(task)  # that it prepares

    def step() -> Spent:
        began, worked = time.perf_counter(), time.process_time()
        next(task)
        return Spent(time.perf_counter() - began, time.process_time() - worked)

    return step


def count_parameters(network: torch.nn.Module) -> int:
    """Count as Keras does: running statistics too."""
    values = network.state_dict().values()
    return sum(v.numel() for v in values if v.is_floating_point())


def check_parameters(whose: str, found: int) -> None:
    """Make sure that both sides train the same network."""
    if found != PARAMETERS:
        raise SystemExit(f"{whose} has {found} parameters, not {PARAMETERS}")


@contextmanager
def keras_step(python: str, samples: list[Sample]) -> Iterator[tuple[Step, str]]:
    """Start Keras beside us; yield its step and its versions."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "batch.npz"
        images = np.stack([s.image for s in samples]).astype(np.float32) / 255
        truth = np.stack([s.labels == 2 for s in samples])[..., None]
        np.savez(data, images=images, truth=truth.astype(np.float32))
        order = {"data": str(data), "filters": FILTERS, "threads": THREADS}
        command = [python, str(WORKER), json.dumps(order)]
        pipe = subprocess.PIPE
        with subprocess.Popen(  # noqa: S603  the Python that the caller named
            command, stdin=pipe, stdout=pipe, text=True
        ) as worker:
            built = _answer(worker)
            check_parameters("Keras' network", built["parameters"])
            yield lambda: _ask(worker), built["versions"]
            worker.communicate()


def _ask(worker: subprocess.Popen[str]) -> Spent:
    worker.stdin.write("step\n")
    worker.stdin.flush()
    answer = _answer(worker)
    return Spent(answer["seconds"], answer["worked"])


def _answer(worker: subprocess.Popen[str]) -> dict[str, Any]:
    line = worker.stdout.readline()
    if not line:
        raise SystemExit(
            "Keras gave no answer; what it said is above. It needs TensorFlow: "
            "`pip install tensorflow` into any environment, and name its Python with "
            "--keras-python."
        )
    return json.loads(line)


def measure(steps: dict[str, Step], rounds: int) -> dict[str, list[Spent]]:
    """Let all take turns; the first two rounds, which trace and allocate, go."""
    spent: dict[str, list[Spent]] = {name: [] for name in steps}
    for number in range(rounds + 2):
        for name, step in steps.items():
            one = step()
            print(f"{number}: {name} {one.seconds:.2f} s", file=sys.stderr, flush=True)
            if number >= 2:
                spent[name].append(one)
    return spent


def compare(python: str, rounds: int) -> None:
    """Print a table of seconds, and how many steps fit into one of Keras."""
    torch.set_num_threads(THREADS)
    samples = scenes(BATCH)
    with keras_step(python, samples) as (keras, versions):
        steps = {"Keras": keras}
        steps |= {name: own_step(samples, s) for name, s in VARIANTS.items()}
        spent = measure(steps, rounds)
    print(f"PyTorch {torch.__version__}, {versions}; {rounds} rounds in turns;")
    print(f"load of the machine {os.getloadavg()[0]:.1f}")
    print(
        "| step | least, s | median, s | processors, s | Keras' / its: least |", end=""
    )
    print(" median | processors |\n|---|---|---|---|---|---|---|")
    for name, own in spent.items():
        print(_row(name, own, spent["Keras"]))


def _row(name: str, own: list[Spent], keras: list[Spent]) -> str:
    """Return a line of the table; of the processors' seconds, the least."""
    mine, other = (
        (min(seconds), median(seconds), min(s.worked for s in side))
        for side in (own, keras)
        for seconds in ([s.seconds for s in side],)
    )
    ratios = (theirs / ours for theirs, ours in zip(other, mine, strict=True))
    return f"| {name} | " + " | ".join(f"{x:.2f}" for x in (*mine, *ratios)) + " |"


def photographs(folder: Path) -> list[Sample]:
    """Read the photographs of canopy_sky and their masks."""
    files = find_images([folder / "images"])
    masks = read_labels(find_images([folder / "masks"]), 2, coding="ids")
    return [
        Sample(read_image(file), mask, file.stem)
        for file, mask in zip(files, masks, strict=True)
    ]


def curve(samples: list[Sample], settings: TrainSettings) -> tuple[EpochRow, ...]:
    """Train imageseg's default network, that of 16 filters."""
    scheme = ClassScheme.from_names(["canopy", "sky"])
    return drain(train_task(samples, settings, scheme=scheme)).history


def compare_curves(name: str, samples: list[Sample], seed: int) -> None:
    """Print what each epoch brings in both formats: losses and held-out Dice."""
    settings = replace(CURVES, seed=seed)
    full, half = (
        curve(samples, replace(settings, precision=precision))
        for precision in ("fp32", "bf16")
    )
    print(f"\n{name}, seed {seed}: fp32 | bf16", flush=True)
    print("| epoch | loss | held-out loss | held-out Dice |\n|---|---|---|---|")
    for one, other in zip(full, half, strict=True):
        print(
            f"| {one.epoch} | {one.loss:.4f}, {other.loss:.4f} | "
            f"{one.validation_loss:.4f}, {other.validation_loss:.4f} | "
            f"{one.validation_dice:.4f}, {other.validation_dice:.4f} |"
        )
    apart = half[-1].validation_dice - full[-1].validation_dice
    losses = max(abs(o.loss - e.loss) for e, o in zip(full, half, strict=True))
    print(
        f"final Dice {full[-1].validation_dice:.4f}, {half[-1].validation_dice:.4f}: "
        f"{apart:+.4f}; losses at most {losses:.4f} apart",
        flush=True,
    )


def curves(data: Path | None) -> None:
    """Compare the formats on every set and seed."""
    sets = {"generated scenes": scenes(BATCH)}
    if data is not None:
        sets["canopy_sky"] = photographs(data / "canopy_sky")
    for name, samples in sets.items():
        for seed in SEEDS:
            compare_curves(name, samples, seed)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keras-python", default=sys.executable, metavar="PATH")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--curves", action="store_true", help="bf16 against fp32")
    parser.add_argument("--data", type=Path, help="folder of the real data sets")
    options = parser.parse_args()
    if options.curves:
        curves(options.data)
    else:
        compare(options.keras_python, options.rounds)
