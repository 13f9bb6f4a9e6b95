"""The hints follow what is done."""

from __future__ import annotations

import numpy as np
import pytest

from napari_imageseg.items import ImageItem
from napari_imageseg.panels import guide as module
from napari_imageseg.panels.guide import STEPS, GuideStrip


@pytest.fixture(autouse=True)
def kept(monkeypatch) -> dict[str, bool]:
    """Keep what is remembered out of the user's settings."""
    values: dict[str, bool] = {}
    monkeypatch.setattr(
        module, "preference", lambda name, *, default: values.get(name, default)
    )
    monkeypatch.setattr(
        module, "remember", lambda name, *, value: values.update({name: value})
    )
    return values


@pytest.fixture
def strip(qtbot, session) -> GuideStrip:
    """Return the hints of a session."""
    strip = GuideStrip(session)
    qtbot.addWidget(strip)
    return strip


def test_a_first_session_goes_through_all_steps(strip, session) -> None:
    assert strip.step == 0
    assert "Open" in strip._text.text()

    noise = np.random.default_rng(0).normal(0, 10, (96, 160))
    pixels = np.where(np.arange(160) < 80, 60, 180) + noise
    item = ImageItem(name="plot", pixels=pixels.clip(0, 255).astype(np.uint8))
    session.models.new()
    session.images.add(item)
    assert strip.step == 1
    item.ensure_annotation((96, 160))[::8, 4:70] = 1
    session.annotator.recount(item)
    assert strip.step == 1
    item.annotation[::8, 90:156] = 2
    session.annotator.recount(item)
    assert strip.step == 2
    assert strip._number.text() == f"Step 3 of {len(STEPS)}"

    session.trainer.train()
    assert strip.step == 3
    session.models.accept()
    assert strip.step == len(STEPS)
    assert strip.isHidden()


def test_hidden_hints_stay_hidden_until_they_are_asked_for(
    qtbot, strip, session, kept
) -> None:
    assert not strip.isHidden()
    strip.dismiss()
    assert strip.isHidden()
    again = GuideStrip(session)
    qtbot.addWidget(again)
    assert again.isHidden()
    session.messages.hints_wanted.emit()

    assert not again.isHidden()
