"""Preparation settings say what they mean, or what is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest

from imageseg.errors import SettingsError
from imageseg.geometry import Box
from imageseg.preparation.settings import PrepareSettings, parse_size


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("keep", None),
        ("canopy", (256, 256)),
        ("understory", (256, 160)),  # 160 wide, 256 high
        ("640x480", (480, 640)),
        (" 1x2 ", (2, 1)),
    ],
)
def test_sizes_are_width_by_height_or_named(text: str, shape: Any) -> None:
    assert parse_size(text) == shape
    assert PrepareSettings(size=text).shape == shape


@pytest.mark.parametrize("text", ["", "256", "0x5", "5x0", "256×256", "-1x4", "sky"])
def test_other_sizes_are_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="keep, canopy, understory or WIDTHxHEIGHT"):
        PrepareSettings(size=text)


def test_a_valid_region_is_named_or_given() -> None:
    assert PrepareSettings(valid_region="30x40+1+2").box == Box(2, 1, 40, 30)
    assert PrepareSettings().box is None
    assert not PrepareSettings().searches
    assert PrepareSettings(valid_region="circle").searches


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"valid_region": "square"}, "whole, auto, circle or WIDTHxHEIGHT"),
        ({"valid_region": "0x5+1+1"}, "whole, auto, circle or WIDTHxHEIGHT"),
        ({"gravity": "up"}, "gravity is 'up'; it must be one of northwest"),
        ({"filter": "sinc"}, "one of lanczos, bicubic"),
        ({"tile": 64, "stride": 65}, "stride is 65"),
        ({"stride": 5}, "at most the tile size"),
        ({"consensus": True}, "off unless the valid region is auto or circle"),
        ({"threshold": 256.0}, "threshold is 256"),
    ],
)
def test_what_makes_no_sense_is_refused(values: Any, complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint):
        PrepareSettings(**values)
