"""A session that is killed in its midst loses seconds, not strokes."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from imageseg.project import Project

# A session under the clock that napari's has, painting a row and saying so.
PAINTER = """
import sys
from pathlib import Path
from qtpy.QtCore import QCoreApplication, QTimer
from napari_imageseg.edits import Edit
from napari_imageseg.session import Session
from napari_imageseg.sessions import SAVE_EVERY_MS
from napari_imageseg.workbench import Runners
from napari_imageseg.workers import TaskRunner

app = QCoreApplication([])
names = ("work", "training", "looks", "errands", "models", "ranking", "saving")
session = Session(Runners(**{n: TaskRunner() for n in names}), Path(sys.argv[1]))
session.images.open_paths([Path(sys.argv[2])])

def paint():
    item = session.images.current
    if item is None:
        return
    look.stop()
    labels = item.ensure_annotation(item.pixels.shape[:2])
    box = (slice(3, 4), slice(0, labels.shape[1]))
    before = labels[box].copy()
    labels[box] = 2
    session.annotator.record(item, "annotation", Edit(box, before, labels[box].copy()))
    print("painted", flush=True)

clock, look = QTimer(), QTimer()
clock.timeout.connect(session.keeper.flush)
clock.start(SAVE_EVERY_MS)
look.timeout.connect(paint)
look.start(20)
app.exec()
"""


def test_strokes_of_a_session_that_is_killed_are_there(tmp_path, photos) -> None:
    home = tmp_path / "home"
    arguments = [sys.executable, "-c", PAINTER, str(home), str(photos)]
    with subprocess.Popen(  # noqa: S603  our own interpreter
        arguments, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout.readline() == "painted\n"
            deadline = time.monotonic() + 60  # a busy machine; 5 s are promised
            while time.monotonic() < deadline and not _strokes(home):
                time.sleep(0.1)
        finally:
            process.kill()

    (folder,) = home.iterdir()
    with Project.open(folder) as project:  # the lock of the dead is taken over
        labels = project.annotation("plot_1")
        assert project.image("plot_1").status == "annotated"
    expected = np.zeros((8, 10), np.uint8)
    expected[3] = 2
    np.testing.assert_array_equal(labels, expected)


def _strokes(home: Path) -> list[Path]:
    return list(home.glob("*/annotations/plot_1.tif"))
