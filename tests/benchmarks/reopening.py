"""How long the first answer takes in a project that was just opened.

    xvfb-run -a python tests/benchmarks/reopening.py [--images 40] [--side 512]
        [--rest 0 20]

Makes a project of generated photographs with strokes on each, and opens it in a window
once for every rest: so many seconds after it is there, Train is pressed for a new
model. What is annotated is described in the background meanwhile.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import napari
import numpy as np
from PIL import Image
from qtpy.QtTest import QTest

from imageseg.project import Project
from imageseg.samples import canopy_scene
from napari_imageseg.__main__ import open_docks
from napari_imageseg.sessions import Room, room_of

LINES = 5  # of strokes in an image


def make(folder: Path, images: int, side: int) -> Path:
    """Write photographs, and a project in which a few lines of each are annotated."""
    photographs = folder / "photographs"
    photographs.mkdir()
    scenes = [canopy_scene((side, side), seed=i) for i in range(images)]
    project = Project.create(folder / "project", scenes[0].scheme)
    paths = [photographs / f"{i:03}.png" for i in range(images)]
    for path, scene in zip(paths, scenes, strict=True):
        Image.fromarray(scene.image).save(path)
    project.add_images(paths)
    for image, scene in zip(project.images, scenes, strict=True):
        strokes = np.zeros_like(scene.labels)
        strokes[:: side // LINES] = scene.labels[:: side // LINES]
        project.save_annotation(image.id, strokes)
    project.close()
    return project.folder


def rest(room: Room) -> None:
    """Let the event loop run until nothing is being done."""
    while room.busy:
        QTest.qWait(20)


def first_answer(project: Path, seconds: float) -> float:
    """Open a project, rest, press Train; return the seconds to what is shown."""
    viewer = napari.Viewer(show=True)
    viewer.window.resize(1280, 800)
    open_docks(viewer)
    room = room_of(viewer)
    session, shown = room.session, []
    rest(room)
    session.projects.open(project)
    rest(room)
    session.images.select(session.images.items[0])
    rest(room)
    QTest.qWait(round(1000 * seconds))
    session.models.new()
    session.looker.looked.connect(lambda *_: shown.append(time.perf_counter()))
    began = time.perf_counter()
    session.trainer.train()
    while not shown:
        QTest.qWait(5)
    session.close()
    rest(room)
    viewer.close()
    QTest.qWait(500)
    return shown[0] - began


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=40)
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--rest", type=float, nargs="+", default=[0.0, 20.0])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made = make(Path(folder), options.images, options.side)
        for seconds in options.rest:
            took = first_answer(made, seconds)
            print(f"{took:.1f} s to the first answer, {seconds:g} s after opening")
