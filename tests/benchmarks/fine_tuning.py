"""Fine-tuning from strokes in the window: seconds, improvement, longest stall.

    xvfb-run -a python tests/benchmarks/fine_tuning.py IMAGES MASKS --start MODEL

Opens three photographs, draws ten strokes on each of the first two from their
masks, presses Train, and compares the model before and after on the third,
which training never sees. Meanwhile a 5 ms heartbeat measures the event loop.
The start model must not have been trained on these photographs.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import napari
import numpy as np
from qtpy.QtCore import QTimer
from qtpy.QtTest import QTest
from skimage.draw import disk, line

from imageseg.images import find_images, read_labels
from imageseg.metrics import Scores
from napari_imageseg.__main__ import open_docks
from napari_imageseg.sessions import room_of

STROKES = 10
WIDTH, LENGTH = 3, 30  # px
BEAT = 5  # ms


def strokes(truth: np.ndarray, seed: int) -> np.ndarray:
    """Draw strokes, half of them in each class, that never leave their class."""
    rng = np.random.default_rng(seed)
    labels = np.zeros_like(truth)
    for i in range(STROKES):
        own = truth == 1 + i % 2
        start = rng.permutation(np.argwhere(own))[0]
        angle = rng.uniform(0, 2 * np.pi)
        stop = start + LENGTH * np.array([np.sin(angle), np.cos(angle)])
        for point in zip(*line(*start, *stop.round().astype(int)), strict=True):
            spot = disk(point, WIDTH, shape=truth.shape)
            labels[spot] = np.where(own[spot], truth[spot], labels[spot])
    return labels


class Heartbeat:
    """Longest time between two beats of the event loop."""

    def __init__(self) -> None:
        self.longest, self._last = 0.0, time.perf_counter()
        self._timer = QTimer()
        self._timer.timeout.connect(self._beat)
        self._timer.start(BEAT)

    def _beat(self) -> None:
        now = time.perf_counter()
        self.longest = max(self.longest, now - self._last)
        self._last = now

    def reset(self) -> None:
        """Start measuring now."""
        self.longest, self._last = 0.0, time.perf_counter()


def main() -> None:
    """Run the benchmark and print one line of figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("masks", type=Path)
    parser.add_argument("--start", default="canopy", help="model, or `new`")
    parser.add_argument("--pick", type=int, nargs=3, default=(0, 3, 5))
    options = parser.parse_args()
    files = [find_images([options.images])[i] for i in options.pick]
    masks = [find_images([options.masks])[i] for i in options.pick]
    truths = read_labels(masks, 2)
    viewer = napari.Viewer(show=True)
    open_docks(viewer)
    room = room_of(viewer)
    session, beat = room.session, Heartbeat()

    def wait() -> None:
        while room.work.busy or room.errands.busy:
            QTest.qWait(20)
        QTest.qWait(100)

    wait()
    if options.start == "new":
        session.new_model()
    else:
        session.open_model(options.start)
    session.images.open_paths(files)
    wait()
    for item, truth, seed in zip(
        session.images.items[:2], truths, (1, 2), strict=False
    ):
        item.ensure_annotation(truth.shape)[:] = strokes(truth, seed)
        item.count_annotated()
    third = session.images.items[2]

    def score() -> str:
        if session.model is None:
            return "none"
        session.images.select(third)
        wait()
        session.predict()
        wait()
        return f"{Scores.of(truths[2], third.prediction, 2).dice[1]:.3f}"

    before = score()
    beat.reset()
    began = time.perf_counter()
    session.train()
    wait()
    seconds, stall = time.perf_counter() - began, beat.longest
    session.accept_candidate()
    print(
        f"Dice of class 2 on the third image: {before} -> {score()}; "
        f"training {seconds:.0f} s; longest stall {1000 * stall:.0f} ms"
    )
    viewer.close()


if __name__ == "__main__":
    main()
