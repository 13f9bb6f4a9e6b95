"""Anything at any time: no exception, nothing lost, nothing left running."""

from __future__ import annotations

import os
import threading

import numpy as np
import pytest
from qtpy.QtCore import QThreadPool
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QFileDialog

from imageseg.samples import SAMPLES, canopy_scene
from napari_imageseg.items import ImageItem

from .monkey import Monkey

pytestmark = [pytest.mark.canvas, pytest.mark.slow]

ACTIONS = int(os.environ.get("IMAGESEG_MONKEY", "120"))
"""How many; 2,000 take some minutes."""


@pytest.fixture
def busy(desk, monkeypatch):
    """A desk with photographs and a stack, strokes on all, and short trainings."""
    for name in ("getOpenFileNames", "getOpenFileName", "getSaveFileName"):
        monkeypatch.setattr(QFileDialog, name, lambda *_, **__: ("", ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_, **__: "")
    session = desk.session
    kind = type(session.trainer.settings)
    session.trainer.settings = kind(
        epochs=3, steps=4, batch=2, patch=32, patience=0, device="cpu"
    )
    scenes = [canopy_scene((96, 128), seed=i) for i in range(3)]
    for i, scene in enumerate(scenes):
        item = ImageItem(name=f"plot {i}", pixels=scene.image)
        session.images.add(item)
        annotation = item.ensure_annotation(scene.labels.shape)
        annotation[::12] = scene.labels[::12]
        session.annotator.recount(item)
    stack = SAMPLES["stack"](seed=0).image[:4, :64, :64]
    session.images.add(
        ImageItem(name="stack", pixels=np.repeat(stack[..., None], 3, -1))
    )
    desk.wait()
    return desk


def rest(desk) -> None:
    """Stop all work and wait until no thread of ours is left."""
    desk.session.close()
    desk.qtbot.waitUntil(lambda: not desk.room.busy, timeout=30_000)
    pool = QThreadPool.globalInstance()
    desk.qtbot.waitUntil(lambda: pool.activeThreadCount() == 0, timeout=30_000)


def test_anything_at_any_time(busy) -> None:
    monkey = Monkey(busy, seed=int(os.environ.get("IMAGESEG_MONKEY_SEED", "0")))
    for _ in range(ACTIONS):
        monkey.act()
    rest(busy)

    assert monkey.surprises == []
    assert monkey.done["train"] > 0
    assert monkey.done["stroke"] > ACTIONS / 20


def own_threads() -> set[str]:
    """Name the threads that Python has started.

    Those of Qt's pool leave dummies behind in Python's list, also when they have ended.
    """
    found = threading.enumerate()
    return {thread.name for thread in found if not thread.name.startswith("Dummy-")}


def test_closing_napari_at_random_moments_leaves_nothing_running(
    make_desk, qtbot
) -> None:
    rng = np.random.default_rng(0)
    threads = own_threads()
    for _ in range(int(os.environ.get("IMAGESEG_CLOSINGS", "2"))):
        desk = make_desk()
        scene = canopy_scene((96, 128), seed=0)
        desk.session.images.add(ImageItem(name="plot", pixels=scene.image))
        item = desk.session.images.current
        desk.wait()  # for the first model
        item.ensure_annotation(scene.labels.shape)[::12] = scene.labels[::12]
        desk.session.annotator.recount(item)
        desk.session.trainer.train()
        desk.session.predictor.predict(everything=True)
        QTest.qWait(int(rng.integers(1, 1500)))
        desk.viewer.close()
        qtbot.waitUntil(lambda d=desk: not d.room.busy, timeout=30_000)
        assert desk.errors == []
    pool = QThreadPool.globalInstance()
    qtbot.waitUntil(lambda: pool.activeThreadCount() == 0, timeout=30_000)

    assert own_threads() <= threads
