"""Predicting and the region, on the panel."""

from __future__ import annotations

import numpy as np
import pytest

from imageseg.classes import ClassScheme
from imageseg.density import WHOLE, CentredCircle
from napari_imageseg.items import ImageItem
from napari_imageseg.panels.predict import PredictPanel


@pytest.fixture
def panel(qtbot, ready) -> PredictPanel:
    """Return the panel of a session with a model."""
    panel = PredictPanel(ready)
    qtbot.addWidget(panel)
    return panel


def test_the_button_predicts_the_image_shown(panel, ready, make_item) -> None:
    ready.images.add(make_item("a"))
    ready.images.add(make_item("b"))
    panel.predict_button.click()
    assert [i.status for i in ready.images.items] == ["new", "predicted"]

    panel._all.click()
    assert [i.status for i in ready.images.items] == ["predicted", "predicted"]


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("circle", CentredCircle()),
        ("circle 0.9", CentredCircle(0.9)),
        ("0.5", CentredCircle(0.5)),
        ("whole image", WHOLE),
    ],
)
def test_a_region_is_chosen_or_typed(panel, ready, text, region) -> None:
    panel._region.setCurrentText(text)
    panel._on_typed()

    assert ready.measurer.region == region


@pytest.mark.parametrize("text", ["square", "circle 1.5", "0"])
def test_an_impossible_region_is_refused_and_put_back(panel, ready, said, text) -> None:
    panel._region.setCurrentText(text)
    panel._on_typed()

    assert ready.measurer.region == WHOLE
    assert panel._region.currentText() == "whole image"
    assert [title for title, _ in said.errors] == ["Measure in"]


def test_a_region_set_elsewhere_is_shown(panel, ready) -> None:
    ready.measurer.set_region(CentredCircle(0.75))

    assert panel._region.currentText() == "circle 0.75"


def test_busy_buttons_are_grey(panel) -> None:
    panel.set_busy(busy=True)
    assert not panel.predict_button.isEnabled()
    assert not panel._all.isEnabled()

    panel.set_busy(busy=False)
    assert panel.predict_button.isEnabled()


def test_the_slice_on_show_is_predicted_alone(
    panel, ready, make_item, threshold_model
) -> None:
    ready.models.use(threshold_model(ClassScheme.from_names(["a", "b"]), channels=1))
    ready.images.add(make_item("plot"))
    assert panel._slice.isHidden()

    stack = ImageItem(name="stack", pixels=np.zeros((4, 8, 10), np.uint8))
    ready.images.add(stack)
    assert not panel._slice.isHidden()
    box = (slice(2, 3), slice(0, 8), slice(0, 10))
    ready.looker.visible_box = lambda: box
    panel._slice.click()
    assert stack.prediction.max((1, 2)).tolist() == [0, 0, 1, 0]


def test_in_three_dimensions_there_is_no_slice_on_show(panel, ready, said) -> None:
    ready.images.add(ImageItem(name="stack", pixels=np.zeros((4, 8, 10), np.uint8)))
    ready.looker.visible_box = lambda: None
    panel._slice.click()

    ((title, text),) = said.errors
    assert title == "Predict this slice"
    assert "3-D view" in text
