"""The whole loop with real mouse events: paint, train, correct, fine-tune, predict.

On photographs of blood cells and on a stack of electron micrographs where these data
lie beside the project, else on generated pictures of the same kind.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QLineEdit
from scipy.ndimage import distance_transform_edt

from imageseg.images import read_image, write_image
from imageseg.samples import microscopy_scene, stack_scene

pytestmark = [pytest.mark.canvas, pytest.mark.slow]

DATA = Path(__file__).parents[3] / "shared" / "data"
SIDE = 256
Labels = NDArray[np.uint8]


@dataclass(frozen=True)
class Subject:
    """Files to open and what is true of them: labels by name, 1 the first class."""

    name: str
    folder: Path
    classes: tuple[str, ...]
    truth: dict[str, Labels]

    @property
    def is_stack(self) -> bool:
        """Whether it is one stack instead of several images."""
        return next(iter(self.truth.values())).ndim == 3


@pytest.fixture(params=["cells", "stack"])
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Subject:
    """Return the images of one kind in a folder of their own."""
    folder = tmp_path / request.param
    folder.mkdir()
    return {"cells": _cells, "stack": _stack}[request.param](folder)


def _cells(folder: Path) -> Subject:
    source, truth = DATA / "wbc_yellow", {}
    if not source.is_dir():
        for seed in range(6):
            scene = microscopy_scene((160, 160), seed=seed)
            write_image(folder / f"{seed:03}.png", scene.image)
            truth[f"{seed:03}"] = scene.labels
        return Subject("cells", folder, tuple(scene.scheme.names), truth)
    facts = json.loads((source / "dataset.json").read_text("utf-8"))
    for name in facts["split"]["train"][:6]:
        write_image(folder / f"{name}.png", read_image(source / f"images/{name}.png"))
        truth[name] = np.asarray(Image.open(source / f"masks/{name}.png")) + 1
    return Subject("cells", folder, tuple(c["name"] for c in facts["classes"]), truth)


def _stack(folder: Path) -> Subject:
    source = DATA / "em_membrane"
    if source.is_dir():
        facts = json.loads((source / "dataset.json").read_text("utf-8"))
        names = [f"{name}.png" for name in facts["split"]["train"][:5]]
        pixels, labels = (
            np.stack([np.asarray(Image.open(source / kind / n)) for n in names])
            for kind in ("images", "masks")
        )
        labels, classes = labels + 1, [c["name"] for c in facts["classes"]]
    else:
        scene = stack_scene((5, SIDE, SIDE), seed=0)
        pixels, labels, classes = scene.image, scene.labels, scene.scheme.names
    tifffile.imwrite(
        folder / "nerve cord.ome.tif",
        pixels[:, :SIDE, :SIDE],
        metadata={
            "axes": "ZYX",
            "PhysicalSizeX": 0.004,
            "PhysicalSizeY": 0.004,
            "PhysicalSizeZ": 0.05,
        },
    )
    truth = {"nerve cord.ome": labels[:, :SIDE, :SIDE]}
    return Subject("stack", folder, tuple(classes), truth)


def strokes(where: NDArray[np.bool_], count: int) -> Iterator[list[tuple[int, int]]]:
    """Draw rows inside an area where it is widest, as a careful person would."""
    depth = distance_transform_edt(np.pad(where, 1))[1:-1, 1:-1]
    for _ in range(count):
        row, column = np.unravel_index(int(depth.argmax()), depth.shape)
        clear = depth[row] > 2
        clear[column] = True
        left = column - int(np.argmin(clear[column::-1])) + 1
        right = column + int(np.argmin(np.append(clear[column:], False))) - 1
        left, right = max(left, column - 25), min(right, column + 25)
        yield [(int(row), int(left)), (int(row), int(right))]
        depth[max(row - 12, 0) : row + 13] = 0


def part(array: NDArray, subject: Subject, z: int) -> NDArray:
    """Return the slice that is worked on, or the whole image."""
    return array[z] if subject.is_stack else array


def paint_classes(desk, subject: Subject, z: int) -> None:
    """Paint two strokes of every class on the image, or slice, that is shown."""
    truth = part(subject.truth[desk.session.images.current.name], subject, z)
    annotation = desk.layer("annotation")
    desk.viewer.layers.selection.active = annotation
    for label in range(1, len(subject.classes) + 1):
        desk.session.classes.select(label)
        for stroke in strokes(truth == label, 2):
            desk.paint(annotation, stroke)


def fields(desk) -> list[QLineEdit]:
    """Return the fields for the names of classes that are on show."""
    found = desk.segment.classes.findChildren(QLineEdit)
    return [field for field in found if field.isVisible()]


def name_classes(desk, subject: Subject) -> None:
    """Start a new model and name its classes by typing."""
    menu = desk.segment.model._choose.menu()
    next(a for a in menu.actions() if a.text().startswith("New model")).trigger()
    for _ in subject.classes[2:]:
        desk.press(desk.segment.classes, "Add class")
    for k, name in enumerate(subject.classes):
        desk.qtbot.waitUntil(lambda: len(fields(desk)) == len(subject.classes))
        field = fields(desk)[k]
        field.selectAll()
        QTest.keyClicks(field, name)
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert tuple(desk.session.classes.scheme.names) == subject.classes


def go_to(desk, subject: Subject, number: int) -> int:
    """Show another image, or another slice; return the slice."""
    if subject.is_stack:
        desk.viewer.dims.set_current_step(0, number)
        QTest.qWait(100)
        return number
    desk.session.images.step(1)
    desk.wait()
    return 0


def train(desk) -> float:
    """Press Train; return how long the first answer took, in seconds."""
    heard: list[float] = []
    desk.session.trainer.answered.connect(lambda _: heard.append(time.perf_counter()))
    began = time.perf_counter()
    desk.click(desk.segment.train.train_button)
    desk.qtbot.waitUntil(lambda: bool(heard), timeout=120_000)
    return heard[0] - began


def dice(found: Labels, truth: Labels, classes: int) -> float:
    """Return the mean Dice of all classes but the first."""
    scores = [
        2
        * np.sum((found == k) & (truth == k))
        / (np.sum(found == k) + np.sum(truth == k))
        for k in range(2, classes + 1)
    ]
    return float(np.mean(scores))


def correct(desk, subject: Subject, z: int) -> bool:
    """Paint on the prediction where it is wrong; return whether there was anything."""
    truth = part(subject.truth[desk.session.images.current.name], subject, z)
    layer = desk.layer("prediction")
    found = part(np.asarray(layer.data), subject, z)
    wrong = [
        (k, (truth == k) & (found != k)) for k in range(1, len(subject.classes) + 1)
    ]
    label, where = max(wrong, key=lambda pair: int(pair[1].sum()))
    if not where.any():
        return False
    desk.viewer.layers.selection.active = layer
    desk.session.classes.select(label)
    desk.paint(layer, next(strokes(where, 1)))
    return True


@pytest.fixture
def folder_dialog(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer the dialog of the system with the folder."""
    answer = str(subject.folder)
    monkeypatch.setattr(
        "qtpy.QtWidgets.QFileDialog.getExistingDirectory", lambda *_: answer
    )


@pytest.mark.usefixtures("folder_dialog")
def test_the_loop(desk, subject, reopen, tmp_path, record_property) -> None:
    session, segment, name = desk.session, desk.segment, subject.name
    settings = session.trainer.settings
    session.trainer.settings = replace(settings, epochs=2, steps=4)
    desk.press(segment.images, "Folder…")
    desk.wait()
    desk.screenshot(f"{name}-1-opened")
    assert {item.name for item in session.images.items} == set(subject.truth)

    name_classes(desk, subject)
    paint_classes(desk, subject, 0)
    z = go_to(desk, subject, 2)
    paint_classes(desk, subject, z)
    desk.screenshot(f"{name}-2-painted")
    painted = session.images.current.annotated_pixels
    assert painted > 0

    seconds = train(desk)
    assert session.trainer.speaking.kind == "instant"
    desk.qtbot.waitUntil(lambda: session.images.current.is_predicted, timeout=60_000)
    desk.screenshot(f"{name}-3-instant")
    desk.wait(300)
    segment.train.speaker.choice.setCurrentIndex(2)
    segment.train.speaker.choice.activated.emit(2)  # the network answers
    desk.wait(60)
    assert session.trainer.speaking.kind == "network"
    desk.screenshot(f"{name}-4-network")
    segment.train.speaker.choice.setCurrentIndex(0)
    segment.train.speaker.choice.activated.emit(0)
    desk.wait(60)

    first = session.models.candidate.model
    desk.click(segment.train.candidate.accept)
    desk.click(segment.predict.predict_button)
    desk.wait(120)
    assert session.models.current is first
    assert correct(desk, subject, z)
    desk.wait()
    desk.screenshot(f"{name}-5-corrected")
    assert session.images.current.annotated_pixels > painted

    again_seconds = train(desk)
    desk.wait(300)
    desk.screenshot(f"{name}-6-fine-tuned")
    if session.models.candidate is not None:  # else the guard has said why not
        desk.click(segment.train.candidate.accept)
    desk.press(segment.annotate, "Accept image")
    desk.wait()
    assert session.images.current.status == "reviewed"

    desk.press(segment.predict, "All")
    desk.wait(300)
    desk.screenshot(f"{name}-7-all")
    frame = desk.density.panel.frame()
    assert len(frame) == len(subject.truth)
    scores = [
        dice(
            item.held().load().prediction,
            subject.truth[item.name],
            len(subject.classes),
        )
        for item in session.images.items
    ]
    record_property("seconds to the answers", [seconds, again_seconds])
    record_property("mean Dice", float(np.mean(scores)))
    assert np.mean(scores) > 0.4

    session.projects.save_as(tmp_path / "project")
    desk.wait()
    left = desk.state()
    desk.viewer.close()
    QTest.qWait(100)
    again = reopen(tmp_path / "project")
    again.screenshot(f"{name}-8-reopened")
    found = again.state()
    again.session.close()
    again.session.keeper.finish()

    assert desk.errors == again.errors == []
    assert found == left
