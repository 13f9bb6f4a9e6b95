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
from qtpy.QtCore import QTimer
from qtpy.QtTest import QTest
from simulated import Labels, strokes

from imageseg.images import find_images
from imageseg.masks import read_labels
from imageseg.metrics import Scores
from napari_imageseg.__main__ import open_docks
from napari_imageseg.items import ImageItem
from napari_imageseg.sessions import Room, room_of

BEAT = 5  # ms


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


def wait(room: Room) -> None:
    """Let the event loop run until nothing is being done."""
    QTest.qWait(50)
    while room.busy:
        QTest.qWait(20)
    QTest.qWait(50)


def score(room: Room, item: ImageItem, truth: Labels) -> str:
    """Return the Dice of class 2 under the model in use."""
    if room.session.models.current is None:
        return "none"
    room.session.images.select(item)
    wait(room)
    room.session.predictor.predict()
    wait(room)
    return f"{Scores.of(truth, item.prediction, 2).dice[1]:.3f}"


def open_three(room: Room, start: str, files: list[Path]) -> list[ImageItem]:
    """Open the photographs with the model to start from."""
    wait(room)
    room.session.models.new() if start == "new" else room.session.models.open(start)
    room.session.images.open_paths(files)
    wait(room)
    return room.session.images.items


def run(start: str, files: list[Path], truths: list[Labels]) -> str:
    """Return a line of figures."""
    viewer = napari.Viewer(show=True)
    open_docks(viewer)
    room, beat = room_of(viewer), Heartbeat()
    items = open_three(room, start, files)
    for seed, (item, truth) in enumerate(zip(items[:2], truths, strict=False)):
        item.ensure_annotation(truth.shape)[:] = strokes(truth, seed)
        item.count_annotated()
    before = score(room, items[2], truths[2])
    beat.reset()
    began = time.perf_counter()
    room.session.trainer.train()
    wait(room)
    spent, stall = time.perf_counter() - began, beat.longest
    room.session.models.accept()
    after = score(room, items[2], truths[2])
    viewer.close()
    return (
        f"{files[2].stem}: Dice of class 2 {before} -> {after}; "
        f"training {spent:.0f} s; longest stall {1000 * stall:.0f} ms"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("masks", type=Path)
    parser.add_argument("--start", default="canopy", help="a model, or `new`")
    parser.add_argument(
        "--pick", type=int, nargs=3, default=(0, 3, 5), help="which photographs"
    )
    chosen = parser.parse_args()
    images = [find_images([chosen.images])[i] for i in chosen.pick]
    masks = [find_images([chosen.masks])[i] for i in chosen.pick]
    print(run(chosen.start, images, read_labels(masks, 2)))
