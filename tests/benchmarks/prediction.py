"""Prediction of a 3,000 x 2,000 photograph: exactness, speed, memory.

    python tests/benchmarks/prediction.py [MODEL]

Tiles are compared with the whole image at once in float32. The formats take
turns, so that their ratio does not depend on what else the machine is doing.
Peak memory is that of a fresh process for each way.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from imageseg import PredictSettings, load_model, predict
from imageseg.samples import canopy_scene

SIZE = (2000, 3000)
ROUNDS = 3
WHOLE = 8192  # a tile larger than the image


def photograph() -> np.ndarray:
    """Return a generated photograph of full size."""
    return canopy_scene(SIZE, seed=0).image


def exactness(name: str) -> float:
    """Return the largest difference between tiled and whole probabilities."""
    model, image = load_model(name), photograph()
    tiled, whole = (
        predict(model, image, PredictSettings(tile=tile, precision="fp32"))
        for tile in (512, WHOLE)
    )
    return float(np.abs(tiled.probabilities - whole.probabilities).max())


def seconds(name: str) -> dict[str, float]:
    """Return the median seconds of each number format, measured in turns."""
    model, image = load_model(name), photograph()
    times: dict[str, list[float]] = {"fp32": [], "bf16": []}
    for _ in range(ROUNDS):
        for precision, spent in times.items():
            began = time.perf_counter()
            predict(model, image, PredictSettings(precision=precision))
            spent.append(time.perf_counter() - began)
    return {precision: float(np.median(spent)) for precision, spent in times.items()}


def peak_memory(name: str, tile: int) -> int:
    """Return the MB that a process takes at most to predict the photograph."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder, context.Pool(1) as pool:
        path = Path(folder) / "photograph.npy"
        np.save(path, photograph())
        return pool.apply(_predict_and_look, (name, tile, path))


def _predict_and_look(name: str, tile: int, path: Path) -> int:
    predict(load_model(name), np.load(path), PredictSettings(tile=tile))
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit // 10**6


if __name__ == "__main__":
    chosen = sys.argv[1] if len(sys.argv) > 1 else "canopy"
    print(f"tiled against whole, float32: {exactness(chosen):.1e}")
    spent = seconds(chosen)
    ratio = spent["fp32"] / spent["bf16"]
    print(", ".join(f"{k} {v:.1f} s" for k, v in spent.items()), f"ratio {ratio:.2f}")
    for size in (256, 1024, WHOLE):
        print(f"peak memory with tiles of {size}: {peak_memory(chosen, size)} MB")
