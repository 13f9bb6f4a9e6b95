"""How long napari does not answer while a model is trained and images are predicted.

    xvfb-run -a python tests/benchmarks/responsiveness.py [--seconds 40] [--side 1000]
        [--new]

Opens a window with both docks, and says how long the dock took, whether torch was
imported for it, and how long after Train the first answer is on show, where training
starts from the bundled model, or with `--new` from none. Then strokes are
painted, a network is trained, the view is predicted again and again, and the mouse
paints meanwhile; a timer of 5 ms notes every gap in the event loop. Gaps are told for
painting alone, which is what napari and the graphics take by themselves, for the time
until the first answer is on show, for all of it together, and for the moment when the
image is switched.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

import napari
import numpy as np
from qtpy.QtCore import QTimer
from qtpy.QtTest import QTest

from imageseg.samples import canopy_scene
from imageseg.settings import TrainSettings
from napari_imageseg.items import ImageItem

TICK = 0.005  # s


class Clock:
    """Notes when the event loop came round."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self._timer = QTimer()
        self._timer.timeout.connect(lambda: self.times.append(time.perf_counter()))
        self._timer.start(round(1000 * TICK))

    def gaps(self, start: float, stop: float) -> np.ndarray:
        """Return the stalls between two moments, in ms beyond the tick."""
        times = np.array([start, *(t for t in self.times if start <= t <= stop), stop])
        return 1000 * np.maximum(np.diff(times) - TICK, 0)


def told(name: str, gaps: np.ndarray) -> None:
    """Print percentiles; a long gap counts as often as ticks were missed in it."""
    weights = np.maximum(gaps / (1000 * TICK), 1)
    order = np.argsort(gaps)
    share = np.cumsum(weights[order]) / weights.sum()
    p99 = gaps[order][np.searchsorted(share, 0.99)]
    plain = np.percentile(gaps, 99)
    print(
        f"{name}: {len(gaps)} ticks, 99 % within {plain:.0f} ms, 99 % of the time "
        f"within {p99:.0f} ms, longest {gaps.max():.0f} ms"
    )


def stroke(layer: napari.layers.Labels, row: int, label: int) -> None:
    """Paint a short stroke as the brush does, step by step."""
    layer.selected_label = label
    with layer.block_history():
        for column in range(20, 120, 10):
            layer.paint((row, column), label)
            QTest.qWait(5)


def paint(
    layer: napari.layers.Labels,
    side: int,
    seconds: float,
    clock: Clock,
    name: str,
    meanwhile: Callable[[], object] = lambda: None,
) -> None:
    """Paint strokes for a while and tell of the gaps."""
    start, row = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        row = (row + 17) % (side - 10)
        stroke(layer, row, 1 + row % 2)
        meanwhile()
        QTest.qWait(200)
    told(name, clock.gaps(start, time.perf_counter()))


def main(seconds: float, side: int, *, new: bool) -> None:
    """Measure and print."""
    viewer = napari.Viewer(show=True)
    viewer.window.resize(1280, 800)
    QTest.qWait(500)
    began = time.perf_counter()
    from napari_imageseg.__main__ import open_docks  # noqa: PLC0415  a part of it

    open_docks(viewer)
    opened = time.perf_counter() - began
    print(f"docks: {opened:.2f} s, torch imported: {'torch' in sys.modules}")
    from napari_imageseg.sessions import room_of  # noqa: PLC0415

    room = room_of(viewer)
    session = room.session

    def rest() -> None:
        while room.busy:
            QTest.qWait(20)

    rest()
    scenes = [canopy_scene((side, side), seed=i) for i in range(2)]
    for i, scene in enumerate(scenes):
        session.images.add(ImageItem(name=f"plot {i}", pixels=scene.image))
    rest()
    item = session.images.current
    item.ensure_annotation(scenes[1].labels.shape)[:: side // 20] = scenes[1].labels[
        :: side // 20
    ]
    session.annotator.recount(item)
    layer = viewer.layers[f"{item.name} · annotation"]
    clock = Clock()
    paint(layer, side, seconds / 4, clock, "painting alone")
    session.trainer.settings = TrainSettings(
        epochs=1000, steps=20, batch=8, patch=128, patience=0
    )
    if new:
        session.models.new()
    shown: list[float] = []
    session.looker.looked.connect(lambda *_: shown.append(time.perf_counter()))
    began = time.perf_counter()
    session.trainer.train()
    while not shown:
        QTest.qWait(5)
    print(f"first answer on show: {shown[0] - began:.2f} s after Train")
    QTest.qWait(1000)
    told("from Train to the first answer", clock.gaps(began, time.perf_counter()))

    def predict_again() -> None:
        if not room.work.busy:
            session.predictor.predict(items=[session.images.items[0]])

    what = "training, predicting and painting"
    paint(layer, side, seconds, clock, what, predict_again)
    switched = time.perf_counter()
    session.images.step(1)
    QTest.qWait(1500)
    told("switching the image", clock.gaps(switched, time.perf_counter()))
    session.close()
    rest()
    viewer.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--side", type=int, default=1000)
    parser.add_argument("--new", action="store_true", help="teach a new model")
    options = parser.parse_args()
    main(options.seconds, options.side, new=options.new)
