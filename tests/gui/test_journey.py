"""A first session, from opening a folder to the saved table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from qtpy.QtWidgets import QPushButton

from imageseg.images import read_image, write_image
from imageseg.model import load_model
from imageseg.samples.canopy import canopy_scene

pytestmark = pytest.mark.canvas

CANOPY = Path(__file__).parents[3] / "shared" / "data" / "canopy_sky"


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """Three generated photographs in a folder."""
    folder = tmp_path / "photographs"
    for seed in range(3):
        sample = canopy_scene((192, 256), seed=seed)
        write_image(folder / f"plot_{seed}.png", sample.image)
    return folder


def test_a_first_session(desk, photographs, tmp_path, monkeypatch) -> None:
    segment, session = desk.segment, desk.session
    monkeypatch.setattr(
        "qtpy.QtWidgets.QFileDialog.getExistingDirectory",
        lambda *_: str(photographs),
    )
    desk.screenshot("01-empty")

    folder_button = next(
        b
        for b in segment.images.findChildren(type(segment.predict.predict_button))
        if b.text() == "Folder…"
    )
    desk.click(folder_button)
    desk.wait()
    desk.screenshot("02-opened")

    assert [item.name for item in session.images.items] == [
        "plot_0",
        "plot_1",
        "plot_2",
    ]
    assert session.images.current.name == "plot_0"
    np.testing.assert_array_equal(
        desk.layer("image").data, read_image(photographs / "plot_0.png")
    )

    desk.click(segment.predict.predict_button)
    desk.wait()
    desk.screenshot("03-predicted")

    first = desk.density.panel.frame()
    labels = desk.layer("prediction").data
    assert first["sky_fraction"][0] == pytest.approx(np.mean(labels == 2))
    assert first["canopy_cover"][0] == pytest.approx(np.mean(labels == 1))

    # Strokes of both classes: on the annotation, and straight on the prediction.
    session.classes.select(2)
    annotation = desk.layer("annotation")
    desk.paint(annotation, [(100, 60), (100, 120)])
    session.classes.select(1)
    desk.paint(annotation, [(20, 30), (20, 100)])
    painted = np.unique(annotation.data).tolist()
    assert painted == [0, 1, 2]
    before = session.images.current.annotated_pixels
    desk.viewer.layers.selection.active = desk.layer("prediction")
    session.classes.select(2)
    desk.paint(desk.layer("prediction"), [(60, 200), (90, 240)])
    desk.wait()
    desk.screenshot("04-painted")

    assert session.images.current.annotated_pixels > before
    corrected = desk.density.panel.frame()
    assert corrected["sky_fraction"][0] != first["sky_fraction"][0]

    settings = session.trainer.settings
    session.trainer.settings = replace(settings, epochs=3, steps=8)
    desk.click(segment.train.train_button)
    desk.qtbot.waitUntil(lambda: session.models.candidate is not None, timeout=240_000)
    desk.wait(300)  # an answer comes at once, the end of the training later
    desk.screenshot("05-trained")

    old, proposed = session.models.current, session.models.candidate.model.spec.name
    desk.click(segment.train.candidate.accept)
    assert session.models.current is not old
    assert session.models.candidate is None

    desk.click(segment.predict.predict_button)
    desk.wait()
    second = desk.density.panel.frame()
    desk.screenshot("06-predicted-again")

    assert second["model"][0] == proposed
    assert second["sky_fraction"][0] != first["sky_fraction"][0]

    model_file, table_file = tmp_path / "mine.safetensors", tmp_path / "density.csv"
    session.models.save(model_file)
    desk.wait()
    desk.density.panel.save(table_file)
    desk.wait()

    assert load_model(model_file).digest() == session.models.current.digest()
    saved = pd.read_csv(table_file)
    assert saved["sky_fraction"][0] == pytest.approx(second["sky_fraction"][0])
    assert desk.errors == []


@pytest.mark.skipif(not CANOPY.is_dir(), reason="the canopy photographs are not there")
def test_eight_real_photographs_are_predicted_and_tabled(desk) -> None:
    """Openness of every photograph lies close to that of its mask."""
    desk.session.images.open_paths([CANOPY / "images"])
    desk.wait()
    all_button = next(
        button
        for button in desk.segment.predict.findChildren(QPushButton)
        if button.text() == "All"
    )
    desk.click(all_button)
    desk.wait(120)
    desk.screenshot("07-eight-photographs")

    masks = [Image.open(path) for path in sorted((CANOPY / "masks").iterdir())]
    sky = [np.mean(np.asarray(mask) == 1) for mask in masks]
    frame = desk.density.panel.frame()
    assert desk.errors == []
    np.testing.assert_allclose(frame["openness"], sky, atol=0.05)
    np.testing.assert_allclose(frame["canopy_cover"] + frame["openness"], 1)
