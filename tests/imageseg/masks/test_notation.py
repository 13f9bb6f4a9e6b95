"""Codings are written as people write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imageseg.errors import SettingsError
from imageseg.masks import DUBAI, MaskCoding


@pytest.mark.parametrize(
    ("text", "coding"),
    [
        ("auto", MaskCoding()),
        ("binary", MaskCoding(kind="binary")),
        ("inverted", MaskCoding(kind="binary", inverted=True)),
        ("ids", MaskCoding(kind="ids")),
        ("labels", MaskCoding(kind="labels")),
        ("ids,void=11", MaskCoding(kind="ids", void=(11,))),
        ("ids,void=11+255", MaskCoding(kind="ids", void=(11, 255))),
        ("binary,threshold=1", MaskCoding(kind="binary", threshold=1)),
        ("0,128,255", MaskCoding(kind="values", codes=((0,), (128,), (255,)))),
        ("1+3,2+4", MaskCoding(kind="values", codes=((1, 3), (2, 4)))),
        (
            "0,128,tolerance=20,strays=void",
            MaskCoding(
                kind="values", codes=((0,), (128,)), tolerance=20, strays="void"
            ),
        ),
        (
            "#000000,#ff0080,void=#ffffff",
            MaskCoding(kind="colours", codes=((0,), (0xFF0080,)), void=(0xFFFFFF,)),
        ),
        ("dubai", MaskCoding.preset("dubai")),
        ("voc", MaskCoding.preset("voc")),
    ],
)
def test_text_and_coding_say_the_same(text: str, coding: MaskCoding) -> None:
    assert MaskCoding.parse(text) == coding
    assert str(coding) == text


def test_a_preset_can_be_changed() -> None:
    coding = MaskCoding.parse("dubai,void=#000000,strays=void")

    assert coding.codes == tuple((colour,) for colour in DUBAI.colours)
    assert coding.void == (0,)
    assert MaskCoding.parse(str(coding)) == coding


def test_without_its_void_a_preset_is_a_list_of_colours() -> None:
    coding = MaskCoding(
        kind="colours", codes=tuple((colour,) for colour in DUBAI.colours)
    )

    assert str(coding) == "#3c1098,#8429f6,#6ec1e4,#fedd3a,#e2a929"
    assert MaskCoding.parse(str(coding)) == coding


@pytest.mark.parametrize(
    "text",
    [
        *("", "nonsense", "ids,binary", "0,#ff0000", "0,0", "#12345", "1.5,2"),
        *("ids,void=x", "ids,mystery=1", "binary,threshold=x", "gone.json"),
    ],
)
def test_what_is_no_coding_is_refused_with_what_is_one(text: str) -> None:
    with pytest.raises(SettingsError, match="mask coding is"):
        MaskCoding.parse(text)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"classes": [0, 128, 255]}, "0,128,255"),
        ({"classes": {"soil": 0, "leaf": [2, 4]}, "void": [255]}, "0,2+4,void=255"),
        ({"classes": {"soil": "#000000", "leaf": "#00ff00"}}, "#000000,#00ff00"),
        (
            {"classes": ["#000000"], "void": ["#ffffff"], "tolerance": 9},
            "#000000,void=#ffffff,tolerance=9",
        ),
        ({"classes": [0, 1], "strays": "void"}, "0,1,strays=void"),
    ],
)
def test_a_coding_may_stand_in_a_file(
    tmp_path: Path, content: dict[str, Any], text: str
) -> None:
    (tmp_path / "coding.json").write_text(json.dumps(content))

    assert str(MaskCoding.parse(str(tmp_path / "coding.json"))) == text


@pytest.mark.parametrize(
    "content",
    [
        *("no json", "[]", "{}", '{"classes": 3}', '{"classes": []}'),
        *('{"classes": [1.5]}', '{"classes": [true]}', '{"classes": [1], "odd": 2}'),
        '{"classes": [0, "#ff0000"]}',
    ],
)
def test_a_file_that_holds_no_coding_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "coding.json").write_text(content)

    with pytest.raises(SettingsError, match=r"coding\.json.*a JSON file like"):
        MaskCoding.parse(str(tmp_path / "coding.json"))
