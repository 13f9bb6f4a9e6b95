"""Imports in the background leave time to others, unless somebody waits for them."""

from __future__ import annotations

import gc
import importlib
import subprocess
import sys
import threading

import pytest

from napari_imageseg import importing
from napari_imageseg.garbage import thaw
from napari_imageseg.importing import unhurried_imports
from napari_imageseg.workers import TaskRunner


@pytest.fixture
def naps(monkeypatch) -> list[tuple[int, float]]:
    """Return who slept, and how long."""
    found: list[tuple[int, float]] = []

    def sleep(seconds: float) -> None:
        found.append((threading.get_ident(), seconds))

    monkeypatch.setattr(importing.time, "sleep", sleep)
    return found


@pytest.fixture
def modules(tmp_path, monkeypatch) -> list[str]:
    """Write modules that nobody has imported yet; return their names."""
    names = [f"never_seen_{i}" for i in range(3)]
    for name in names:
        (tmp_path / f"{name}.py").write_text("FOUND = True\n", "utf-8")
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    return names


def test_there_is_a_pause_before_every_module(naps, modules) -> None:
    finders = list(sys.meta_path)
    with unhurried_imports(lambda: False):
        assert all(importlib.import_module(name).FOUND for name in modules)
    assert [thread for thread, _ in naps] == [threading.get_ident()] * 3
    assert all(0.001 <= seconds <= 0.02 for _, seconds in naps)
    assert sys.meta_path == finders


def test_what_was_imported_is_left_out_of_collections(modules) -> None:
    thaw()
    with unhurried_imports(lambda: True):
        importlib.import_module(modules[0])
    assert gc.get_freeze_count() > 0

    thaw()
    assert gc.get_freeze_count() == 0


def test_nothing_is_frozen_where_nothing_is_imported() -> None:
    thaw()
    with unhurried_imports(lambda: True):
        pass
    assert gc.get_freeze_count() == 0


def test_layers_may_be_made_while_units_are() -> None:
    """The main thread asks for units as soon as the other begins to make them."""
    code = (
        "import threading; import numpy as np; from napari.layers import Image\n"
        "from imageseg.tasks import drain; from napari_imageseg import jobs\n"
        "task = lambda: drain(jobs.ready_layers_task())\n"
        "other = threading.Thread(target=task); other.start()\n"
        "while other.is_alive(): Image(np.zeros((4, 4), np.uint8))\n"
        "print(Image(np.zeros((4, 4), np.uint8)).units)"
    )
    found = subprocess.run(  # noqa: S603  our own words
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )

    assert found.stderr == ""
    assert "pixel" in found.stdout


def test_there_is_none_when_somebody_waits(naps, modules) -> None:
    with unhurried_imports(lambda: True):
        assert importlib.import_module(modules[0]).FOUND
    assert naps == []


def test_other_threads_do_not_pause(naps, modules) -> None:
    with unhurried_imports(lambda: False):
        other = threading.Thread(target=importlib.import_module, args=modules[:1])
        other.start()
        other.join()
    assert modules[0] in sys.modules
    assert naps == []


def test_a_lane_takes_its_time(naps, modules, qtbot) -> None:
    def importing_task():
        yield from ()
        return importlib.import_module(modules[0])

    found = []
    runner = TaskRunner()
    runner.hurried = lambda: False
    runner.submit("Getting ready", importing_task(), found.append)
    qtbot.waitUntil(lambda: not runner.busy, timeout=10_000)
    assert found[0].FOUND
    assert len(naps) == 1
