"""Channels are chosen by number, by name, or made grey."""

from __future__ import annotations

import numpy as np
import pytest

from imageseg.errors import SettingsError, ShapeMismatchError
from imageseg.images import (
    ChannelChoice,
    as_choice,
    recognised,
    seen_channels,
    suggest_channels,
    to_grey,
)


def numbered(channels: int) -> np.ndarray:
    """Pixels of which channel k holds k."""
    return np.broadcast_to(np.arange(channels, dtype=np.uint8), (2, 3, channels))


@pytest.mark.parametrize(
    "text", ["all", "grey", "3,1,2", "2", "1,1", "DAPI,GFP", "2,Cy 5"]
)
def test_a_choice_is_read_as_it_is_written(text: str) -> None:
    assert str(ChannelChoice.parse(text)) == text


@pytest.mark.parametrize("text", ["", "0", "1,,2", "1, "])
def test_what_names_no_channels_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="numbers of channels from 1 on"):
        ChannelChoice.parse(text)


def test_channels_come_in_the_order_chosen() -> None:
    chosen = ChannelChoice((4, 0, 2)).apply(numbered(5))

    assert chosen.shape == (2, 3, 3)
    assert chosen[1, 2].tolist() == [4, 0, 2]


def test_all_channels_are_the_pixels_themselves() -> None:
    pixels = numbered(3)

    assert ChannelChoice().apply(pixels) is pixels
    assert ChannelChoice((0, 1, 2)).apply(pixels) is pixels


def test_grey_is_the_luma_of_a_photograph(rgb: np.ndarray) -> None:
    grey = ChannelChoice(grey=True).apply(rgb)

    np.testing.assert_array_equal(grey, to_grey(rgb)[..., None])


def test_a_channel_that_is_not_there_is_named_from_one_on() -> None:
    with pytest.raises(ShapeMismatchError, match=r"Channels 1,6 .* 5 channels"):
        ChannelChoice((0, 5)).apply(numbered(5))
    with pytest.raises(ShapeMismatchError, match="has one channel"):
        ChannelChoice((1,)).apply(numbered(1))


def test_what_is_chosen_is_counted_and_named() -> None:
    names = ("DAPI", "GFP", "RFP")

    assert ChannelChoice().count(5) == 5
    assert ChannelChoice((2, 0)).count(5) == 2
    assert ChannelChoice(grey=True).count(3) == 1
    assert ChannelChoice((2, 0)).names(names) == ("RFP", "DAPI")
    assert ChannelChoice().names(names) == names
    assert ChannelChoice((3,)).names(names) == ()
    assert ChannelChoice(grey=True).names(names) == ()


@pytest.mark.parametrize(
    ("found", "wanted", "choice"),
    [
        (3, 3, "all"),
        (5, 3, "1,2,3"),
        (3, 1, "grey"),
        (2, 1, "1"),
    ],
)
def test_without_names_channels_go_by_their_order(found, wanted, choice) -> None:
    assert str(suggest_channels(found, wanted)) == choice


def test_channels_are_recognised_by_their_names() -> None:
    known = ("DAPI", "GFP", "RFP", "DIC")

    assert suggest_channels(4, 2, known, ("rfp", "dapi")) == ChannelChoice((2, 0))
    assert suggest_channels(4, 4, known, known) == ChannelChoice()
    assert suggest_channels(4, 2, known, ("Cy5", "DAPI")) == ChannelChoice((0, 1))


def test_too_few_channels_have_no_choice() -> None:
    assert suggest_channels(1, 3) is None
    assert suggest_channels(3, 5) is None


NAMES = ("DAPI", "GFP", "488")


@pytest.mark.parametrize(
    ("text", "picked"),
    [
        ("GFP,DAPI", (1, 0)),
        ("gfp", (1,)),
        ("3,GFP", (2, 1)),
        ("488", (2,)),  # no number of a channel
        ("2", (1,)),
        ("1,2,3", ()),  # all
        ("all", ()),
    ],
)
def test_names_are_found_among_the_channels(text: str, picked: tuple[int, ...]) -> None:
    assert ChannelChoice.parse(text).among(3, NAMES) == ChannelChoice(picked)


def test_a_number_comes_before_a_name_that_is_one() -> None:
    assert ChannelChoice.parse("1").among(2, ("0", "1")) == ChannelChoice((0,))


def test_channels_without_names_are_called_by_their_numbers() -> None:
    assert ChannelChoice.parse("channel 2").among(3) == ChannelChoice((1,))
    assert recognised(3, (), ("channel 3", "channel 1")) == ChannelChoice((2, 0))
    assert ChannelChoice((2, 0)).taught_names(()) == ("channel 3", "channel 1")
    assert ChannelChoice((2, 0)).taught_names(NAMES) == ("488", "DAPI")
    assert ChannelChoice().taught_names(()) == ()


def test_a_name_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(ShapeMismatchError, match=r"Cy5 .* \(1 DAPI, 2 GFP, 3 488\)"):
        ChannelChoice.parse("Cy5").among(3, NAMES)
    many = tuple(f"band {k}" for k in range(200))
    with pytest.raises(ShapeMismatchError, match=r"20 band 19, …\)"):
        ChannelChoice.parse("Cy5").among(200, many)


@pytest.mark.parametrize(
    ("channels", "picked"),
    [
        (2, (1,)),
        ([3, 1], (2, 0)),
        (["GFP", 1], ("GFP", 0)),
        ("3,1", (2, 0)),
        (np.int64(2), (1,)),
        (np.array([3, 1]), (2, 0)),
    ],
)
def test_channels_are_written_in_several_ways(channels, picked) -> None:
    assert as_choice(channels) == ChannelChoice(picked)


def test_nothing_written_picks_nothing() -> None:
    choice = ChannelChoice((1,))

    assert as_choice(None) is None
    assert as_choice(choice) is choice
    for wrong in ([], 0, [1, 0]):
        with pytest.raises(SettingsError, match="channels is"):
            as_choice(wrong)


def test_files_show_what_is_picked_or_known_by_name_or_all() -> None:
    assert seen_channels(3, 2, NAMES, ("GFP", "DAPI")) == ChannelChoice((1, 0))
    assert seen_channels(3, 2, NAMES, ("GFP", "DAPI"), ChannelChoice((2, 1))) == (
        ChannelChoice((2, 1))
    )
    assert seen_channels(3, 1) == ChannelChoice()  # nothing is guessed
    with pytest.raises(ShapeMismatchError, match="the model takes one channel"):
        seen_channels(3, 1, choice=ChannelChoice((2, 1)))


def test_what_is_picked_goes_before_what_is_suggested() -> None:
    picked = ChannelChoice(("488", 0))

    assert suggest_channels(3, 2, NAMES, (), picked) == ChannelChoice((2, 0))
    assert suggest_channels(3, 1, NAMES, (), picked) == ChannelChoice(grey=True)
