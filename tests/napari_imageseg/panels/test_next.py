"""The button that goes where a correction is worth most, and the words for it."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_imageseg.advising import Pointer
from napari_imageseg.items import ImageItem
from napari_imageseg.next_jobs import Place
from napari_imageseg.panels.next import NextStrip, reason_text


@pytest.fixture
def strip(qtbot, ready) -> NextStrip:
    """Return the strip of a session with an undecided and a sure image."""
    strip = NextStrip(ready)
    qtbot.addWidget(strip)
    strip.show()
    for name, value in (("sure", 0), ("open", 127)):
        pixels = np.full((32, 32, 3), value, np.uint8)
        ready.images.add(ImageItem(name=name, pixels=pixels))
    ready.images.select(ready.images.items[0])
    return strip


def press(button) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_there_is_nothing_to_correct_without_images(qtbot, ready) -> None:
    strip = NextStrip(ready)
    qtbot.addWidget(strip)

    assert strip.isHidden()


def test_a_click_goes_there_and_says_why(strip, ready) -> None:
    assert not strip._why.isVisible()
    assert not strip.advice.isVisible()
    press(strip.go_button)

    assert ready.images.current.name == "open"
    assert strip.reason.text().startswith(
        "open: expected to change the mean cover of 2 images by about "
    )
    assert "twice too large" in strip.reason.toolTip()
    assert strip.advice.text() == (
        "Not known yet: the mean cover of the same images is needed from 3 more "
        "rounds of training."
    )
    assert "same 2 images" in strip.advice.toolTip()


def test_the_frame_can_be_taken_off(strip, ready) -> None:
    press(strip.go_button)
    assert strip.unframe_button.isVisible()
    press(strip.unframe_button)

    assert ready.advisor.pointer is None
    assert not strip._why.isVisible()


def test_ranking_says_how_far_it_is_and_can_be_stopped(
    qtbot, make_session, with_model, inline_runner, held_runner, make_item
) -> None:
    lane = held_runner()
    session = with_model(make_session(inline_runner(), inline_runner(), None, lane))
    strip = NextStrip(session)
    qtbot.addWidget(strip)
    strip.show()
    session.images.add(make_item("a"))
    session.images.add(make_item("b"))
    press(strip.go_button)

    assert strip.progress.text() == "ranking, 2 left"
    session.advisor.give_way()
    assert strip.progress.text() == "waiting to rank"
    press(strip.stop_button)
    assert strip.progress.text() == ""
    assert not strip.stop_button.isVisible()
    assert not lane.jobs


def pointer(worth: float, images: int, effect: float) -> Pointer:
    place = Place(box=(slice(0, 1), slice(0, 1)), effect=effect)
    item = ImageItem(name="plot_04")
    return Pointer(item=item, place=place, worth=worth, images=images)


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (
            pointer(0.008, 3, 0.009),
            (
                "plot_04: expected to change the mean cover of 3 images by about 0.8 "
                "points; the frame alone, about 0.3 points."
            ),
        ),
        (
            pointer(0.012, 1, 0.012),
            "plot_04: expected to change the cover by about 1.2 points.",
        ),
        (
            pointer(0.0004, 2, 0.0002),
            (
                "plot_04: expected to change the mean cover of 2 images by less than "
                "0.1 points. The model is sure here; "
                "that does not mean that it is right."
            ),
        ),
    ],
)
def test_the_reason_is_in_points(found, text) -> None:
    assert reason_text(found) == text


def test_every_button_says_what_it_does(strip) -> None:
    for button in (strip.go_button, strip.stop_button, strip.unframe_button):
        assert button.toolTip()
