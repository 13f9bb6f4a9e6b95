"""Three hundred photographs of 4,000 x 3,000 px in one session: how long, how much.

    python tests/benchmarks/many_images.py [COUNT] [--chosen-after SECONDS]

Makes COUNT (300) JPEG files in a temporary folder, opens the folder in a real
viewer with both docks, SECONDS (5) after they are there, which is what it takes to
choose a folder, and measures: from the call that opens the folder until
the first image is on show; from choosing another image until it is on show and
painted, for 30 images; the longest time in which the event loop did not answer,
by a timer of 10 ms; and the largest resident memory of the process. Run it under
``xvfb-run -s '-screen 0 1280x800x24'`` where there is no screen.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import napari
import numpy as np
from PIL import Image
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication

from napari_imageseg.__main__ import WINDOW, open_docks
from napari_imageseg.sessions import Room, room_of

COUNT = 300
SIZE = (3000, 4000)
DISTINCT = 5  # files; the others are copies, which are read just as slowly
SWITCHES = 30
TICK_MS = 10
LONGEST_S = 120


class Pulse:
    """Notes when the event loop answers."""

    def __init__(self) -> None:
        self.gaps: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer()
        self._timer.timeout.connect(self._beat)
        self._timer.start(TICK_MS)

    def _beat(self) -> None:
        now = time.perf_counter()
        self.gaps.append(now - self._last)
        self._last = now

    def take(self) -> list[float]:
        """Return the times between answers since the last call."""
        gaps, self.gaps = self.gaps, []
        return gaps


def make_photographs(folder: Path, count: int) -> None:
    """Write photographs with structure of all sizes, as JPEG files of some 3 MB."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 255, (DISTINCT, 60, 80, 3), dtype=np.uint8)
    for i in range(min(DISTINCT, count)):
        pixels = Image.fromarray(coarse[i]).resize(SIZE[::-1], Image.Resampling.BICUBIC)
        noise = rng.integers(-20, 20, (*SIZE, 1), dtype=np.int16)
        noisy = np.clip(np.asarray(pixels, np.int16) + noise, 0, 255).astype(np.uint8)
        Image.fromarray(noisy).save(folder / f"plot_{i:03d}.jpg", quality=85)
    for i in range(DISTINCT, count):
        shutil.copyfile(
            folder / f"plot_{i % DISTINCT:03d}.jpg", folder / f"plot_{i:03d}.jpg"
        )


def wait_until(reached: Callable[[], bool], what: str) -> float:
    """Run the event loop until something is reached; return the seconds."""
    begun = time.perf_counter()
    while not reached():
        QApplication.processEvents()
        time.sleep(0.001)
        if time.perf_counter() - begun > LONGEST_S:
            raise TimeoutError(what)
    QApplication.processEvents()  # paint it
    return time.perf_counter() - begun


def peak_gb() -> float:
    """Return the largest resident memory so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def show(room: Room, position: int) -> float:
    """Choose an image; return the seconds until it is on show."""
    images = room.session.images
    item = images.items[position]
    images.select(item)
    return wait_until(lambda: images.current is item, f"{item.name} to be shown")


def report(name: str, seconds: list[float]) -> None:
    """Print median, 95th percentile and maximum."""
    middle, high = np.percentile(seconds, [50, 95])
    print(f"{name}: median {middle:.3f} s, 95 % {high:.3f} s, max {max(seconds):.3f} s")


def measure(folder: Path, count: int, chosen_after: float) -> None:
    """Open the folder in a viewer and go through its images."""
    viewer = napari.Viewer(title="many images")
    viewer.window.resize(*WINDOW)
    segment, _ = open_docks(viewer)
    room = room_of(viewer)
    chosen = time.perf_counter() + chosen_after
    wait_until(lambda: time.perf_counter() > chosen, "somebody to choose a folder")
    print(f"memory with docks and model: {peak_gb():.2f} GB")
    images, pulse = room.session.images, Pulse()

    segment.images.open([folder])
    opened = wait_until(lambda: images.current is not None, "the folder to be opened")
    print(f"opening {len(images)} images: {opened:.2f} s")
    report("  event loop", pulse.take())

    positions = np.random.default_rng(1).permutation(count)[:SWITCHES]
    at_once = [show(room, int(i)) for i in positions]
    report("switching while thumbnails are made", at_once)
    wait_until(lambda: not room.busy, "rest")
    pulse.take()
    report("switching at rest", [show(room, i) for i in range(1, SWITCHES + 1)])
    report("  event loop", pulse.take())
    print(f"peak memory: {peak_gb():.2f} GB")
    viewer.close()


def main() -> None:
    """Make the photographs and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=COUNT)
    parser.add_argument("--chosen-after", type=float, default=5.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        make_photographs(Path(folder), options.count)
        measure(Path(folder), options.count, options.chosen_after)


if __name__ == "__main__":
    main()
