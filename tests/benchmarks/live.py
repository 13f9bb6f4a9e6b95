"""How long a new stroke waits for its answer where many images are annotated.

    QT_QPA_PLATFORM=offscreen python tests/benchmarks/live.py [IMAGES] [--side SIDE]

Draws twelve strokes on each of IMAGES (40) generated photographs of SIDE × SIDE (512)
pixels, which stay in their files, and takes the time of the pixel classifier's answer
as *Live* gives it, without predicting: the first, and those after one more stroke each.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import sklearn.tree  # noqa: F401  loaded ahead, as the plugin does

import imageseg.interactive  # noqa: F401  likewise
from imageseg.forest import PixelMemory
from imageseg.images import write_image
from imageseg.samples import canopy_scene
from imageseg.settings import PredictSettings
from imageseg.tasks import drain
from napari_imageseg.sources import Source
from napari_imageseg.teach_jobs import live_task

STROKES, ROUNDS = 12, 4
HIGH, LONG = 5, 60  # px of a stroke


def stroke(labels: np.ndarray, truth: np.ndarray, rng: np.random.Generator) -> None:
    """Paint what is there along a row."""
    y, x = rng.integers(0, truth.shape[0] - LONG, 2)
    place = slice(y, y + HIGH), slice(x, x + LONG)
    labels[place] = truth[place]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", type=int, nargs="?", default=40)
    parser.add_argument("--side", type=int, default=512)
    options = parser.parse_args()
    rng, memory = np.random.default_rng(0), PixelMemory()
    with tempfile.TemporaryDirectory() as folder:
        sources, truths = [], []
        for i in range(options.images):
            scene = canopy_scene((options.side, options.side), seed=i)
            path = Path(folder) / f"{i}.png"
            write_image(path, scene.image)
            labels = np.zeros(scene.labels.shape, np.uint8)
            for _ in range(STROKES):
                stroke(labels, scene.labels, rng)
            sources.append(Source(str(i), path, None, labels, memory=memory))
            truths.append(scene.labels)
        for turn in range(ROUNDS):
            began = time.perf_counter()
            task = live_task(sources, scene.scheme, None, None, PredictSettings())
            drain(task)
            spent = time.perf_counter() - began
            print(f"answer {turn + 1}: {spent:.2f} s", flush=True)
            labels = sources[-1 - turn].annotation.copy()
            stroke(labels, truths[-1 - turn], rng)
            sources[-1 - turn] = replace(sources[-1 - turn], annotation=labels)


if __name__ == "__main__":
    main()
