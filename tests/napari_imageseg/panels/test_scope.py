"""Slices and channels are chosen where there is a choice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import Qt

from imageseg.images import ChannelChoice
from napari_imageseg.items import ImageItem
from napari_imageseg.panels.scope import ScopeFields


@pytest.fixture
def stack():
    """Return a stack of four slices whose second channel is named DAPI."""
    pixels = np.zeros((4, 8, 10, 2), np.uint8)
    pixels[..., 1] = np.arange(4, dtype=np.uint8)[:, None, None] * 60
    names = ("red", "DAPI")
    return ImageItem(name="stack", pixels=pixels, axes="ZYXC", channel_names=names)


@pytest.fixture
def fields(session, qtbot):
    """Return the fields of a session."""
    widget = ScopeFields(session)
    qtbot.addWidget(widget)
    return widget


def written(qtbot, field, text: str) -> None:
    """Type into a field."""
    line = field.lineEdit()
    line.selectAll()
    qtbot.keyClicks(line, text)
    qtbot.keyClick(line, Qt.Key.Key_Return)


def test_a_photograph_has_no_slices_and_one_channel_no_choice(
    fields, session, make_item
) -> None:
    session.images.add(make_item("photograph"))
    assert fields.slices.isHidden()
    assert not fields.channels.isHidden()

    session.images.add(ImageItem(name="grey", pixels=np.zeros((8, 10), np.uint8)))
    assert fields.isHidden()


def test_slices_typed_are_those_predicted(fields, session, stack, qtbot) -> None:
    session.images.add(stack)
    written(qtbot, fields.slices, "2-3")
    assert session.predictor.span == slice(1, 3)

    written(qtbot, fields.slices, "4")
    assert session.predictor.span == slice(3, 4)
    assert fields.slices.currentText() == "4-4"

    written(qtbot, fields.slices, "all")
    assert session.predictor.span is None


def test_slices_that_there_are_not_are_refused_and_the_field_goes_back(
    fields, session, stack, qtbot, said
) -> None:
    session.images.add(stack)
    written(qtbot, fields.slices, "3-9")

    assert said.errors[0][0] == "Slices"
    assert "1 to 4" in said.errors[0][1]
    assert fields.slices.currentText() == "all"


def test_a_range_belongs_to_one_image(fields, session, stack, qtbot, make_item) -> None:
    session.images.add(stack)
    written(qtbot, fields.slices, "2")
    session.images.add(make_item("photograph"))

    assert session.predictor.span is None


def test_channels_are_chosen_by_name_or_number(fields, session, stack, qtbot) -> None:
    session.images.add(stack)
    offered = [fields.channels.itemText(i) for i in range(fields.channels.count())]
    assert offered == ["as the model needs", "all", "1: red", "2: DAPI"]

    written(qtbot, fields.channels, "2: dapi")
    assert session.channels.choice == ChannelChoice((1,))
    written(qtbot, fields.channels, "2,1")
    assert session.channels.choice == ChannelChoice((1, 0))
    written(qtbot, fields.channels, "DAPI,red")
    assert session.channels.choice == ChannelChoice(("DAPI", "red"))
    assert fields.channels.currentText() == "DAPI,red"
    written(qtbot, fields.channels, "as the model needs")
    assert session.channels.choice is None


@pytest.mark.parametrize("text", ["blue", "3", "1,,2"])
def test_what_is_no_channel_is_refused(
    fields, session, stack, qtbot, said, text
) -> None:
    session.images.add(stack)
    written(qtbot, fields.channels, text)

    assert said.errors[0][0] == "Channels"
    assert fields.channels.currentText() == "as the model needs"


def test_channels_that_the_model_does_not_take_are_for_training(
    fields, session, with_model, make_item
) -> None:
    with_model(session)
    session.images.add(make_item("photograph"))
    session.channels.use("2")

    assert "takes 3 channels" in fields._note.text()
    assert not fields._note.isHidden()
    session.channels.use("3,2,1")
    assert fields._note.isHidden()


def test_channels_that_the_model_was_not_taught_are_told(
    fields, session, make_model, stack
) -> None:
    model = make_model(channels=1)
    spec = replace(model.spec, channel_names=("DAPI",))
    session.models.restore(replace(model, spec=spec), "")
    session.images.add(stack)
    session.channels.use("2")
    assert fields._note.isHidden()

    session.channels.use("1")
    assert "was taught DAPI" in fields._note.text()


def test_a_choice_that_stays_is_not_refused_on_another_image(
    fields, session, stack, qtbot, said, make_item
) -> None:
    session.images.add(make_item("photograph"))
    written(qtbot, fields.channels, "3")
    session.images.add(stack)
    session.images.select(stack)
    qtbot.keyClick(fields.channels.lineEdit(), Qt.Key.Key_Return)

    assert session.channels.choice == ChannelChoice((2,))
    assert said.errors == []


def test_the_resolution_of_a_multiscale_image_is_chosen_and_stays(
    fields, session, make_item, qtbot
) -> None:
    full = np.zeros((800, 1000, 3), np.uint8)
    pyramid = ImageItem(
        name="slide", pixels=full, levels=(full[::2, ::2], full[::4, ::4])
    )
    session.images.add(pyramid)
    offered = [fields.resolution.itemText(i) for i in range(fields.resolution.count())]
    assert offered == [
        "full (1,000 × 800 px)",
        "1/2 (500 × 400 px)",
        "1/4 (250 × 200 px)",
    ]

    fields.resolution.setFocus()
    qtbot.keyClick(fields.resolution, Qt.Key.Key_End)
    assert session.predictor.level == 2

    session.images.add(make_item("photograph"))
    assert fields.resolution.isHidden()
    session.images.select(pyramid)
    assert fields.resolution.currentText() == "1/4 (250 × 200 px)"
