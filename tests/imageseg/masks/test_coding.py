"""Codes become labels and labels become codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from imageseg.errors import MaskValueError, SettingsError
from imageseg.masks import DUBAI, VOC, MaskCoding

if TYPE_CHECKING:
    from numpy.typing import NDArray

GREY = np.array([[0, 127, 128, 255]], np.uint8)


def decoded(text: str, values: Any, n_classes: int = 254) -> list[Any]:
    labels = MaskCoding.parse(text).decode(np.asarray(values), n_classes)
    assert labels.dtype == np.uint8
    return labels.tolist()


@pytest.mark.parametrize(
    ("text", "values", "labels"),
    [
        ("binary", GREY, [[1, 1, 2, 2]]),
        ("inverted", GREY, [[2, 2, 1, 1]]),
        ("binary,threshold=1", GREY, [[1, 2, 2, 2]]),
        ("binary,void=255", GREY, [[1, 1, 2, 0]]),
        ("ids,void=255", np.array([[0, 1, 255]], np.uint8), [[1, 2, 0]]),
        ("labels", np.array([[0, 1, 254]], np.uint8), [[0, 1, 254]]),
        ("0,128,255", np.array([[255, 0, 128]], np.uint8), [[3, 1, 2]]),
        ("255,0", np.array([[255, 0]], np.uint8), [[1, 2]]),
        ("1+3,2+4", np.array([[1, 2, 3, 4]], np.uint8), [[1, 2, 1, 2]]),
        ("7,300", np.array([[300, 7]], np.uint16), [[2, 1]]),
        ("-1,1", np.array([[-1, 1]], np.int16), [[1, 2]]),
        ("0,128,tolerance=5", np.array([[5, 123, 133]], np.uint8), [[1, 2, 2]]),
        ("0,1,strays=void", np.array([[0, 1, 9]], np.uint8), [[1, 2, 0]]),
        ("binary", np.array([[False, True]]), [[1, 2]]),
        ("ids", np.array([[False, True]]), [[1, 2]]),
        ("binary", np.array([[0.0, 0.4, 0.6, 1.0]]), [[1, 1, 2, 2]]),
        ("ids", np.array([[0.0, 1.0, 2.0]]), [[1, 2, 3]]),
    ],
)
def test_codes_mean_what_the_coding_says(text: str, values: Any, labels: Any) -> None:
    assert decoded(text, values) == labels


def test_colours_mean_classes() -> None:
    picture = np.array([[[0x6E, 0xC1, 0xE4], [0x9B, 0x9B, 0x9B], [0x3C, 0x10, 0x98]]])

    assert decoded("dubai", picture.astype(np.uint8)) == [[3, 0, 1]]
    assert decoded("#000000,#ffffff", np.array([[0, 255]], np.uint8)) == [[1, 2]]


def test_colours_may_be_a_little_off_if_that_is_allowed() -> None:
    picture = np.array([[[3, 4, 0], [250, 0, 0], [0, 200, 0]]], np.uint8)

    assert decoded("#000000,#ff0000,tolerance=5,strays=void", picture) == [[1, 2, 0]]
    with pytest.raises(MaskValueError, match="#030400"):
        decoded("#000000,#ff0000,tolerance=4", picture)


@pytest.mark.parametrize(
    ("text", "stray", "named"),
    [
        ("ids", 3, "the value 3, which is none of the 3 classes when read as 'ids'"),
        ("labels", 4, "the value 4,"),
        ("0,128,255", 64, "the value 64,"),
        ("0,1,2,3", 3, "the value 3,"),
        ("ids,void=9", 10, "the value 10,"),
    ],
)
def test_a_code_of_no_class_is_named(text: str, stray: int, named: str) -> None:
    with pytest.raises(MaskValueError, match=named) as raised:
        decoded(text, np.array([[0, stray]], np.uint8), 3)

    assert raised.value.codes == (str(stray),)


def test_of_many_stray_codes_a_few_are_named() -> None:
    with pytest.raises(MaskValueError, match=r"values 2, 3, 4, 5, 6, …, which are"):
        decoded("ids", np.arange(100, dtype=np.uint8)[None], 2)


def test_auto_must_be_chosen_first() -> None:
    with pytest.raises(SettingsError, match="chosen for the whole set"):
        MaskCoding().decode(GREY)


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "odd"},
        {"kind": "values"},
        {"kind": "ids", "codes": ((1,),)},
        {"kind": "values", "codes": ((1,), ())},
        {"kind": "values", "codes": ((1,), (1,))},
        {"kind": "values", "codes": ((1,),), "void": (1,)},
        {"kind": "ids", "strays": "odd"},
        {"kind": "ids", "tolerance": -1},
        {"kind": "values", "codes": tuple((k,) for k in range(255))},
    ],
)
def test_a_coding_that_cannot_be_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        MaskCoding(**values)


CODES = st.lists(st.integers(0, 70000), unique=True, min_size=2, max_size=12)


@st.composite
def codings(draw: st.DrawFn) -> tuple[MaskCoding, int]:
    """Draw a coding and how many classes it has."""
    kind = draw(st.sampled_from(["binary", "ids", "labels", "values", "colours"]))
    if kind == "binary":
        inverted = draw(st.booleans())
        return MaskCoding(kind="binary", inverted=inverted, void=(77,)), 2
    if kind in {"ids", "labels"}:
        void = (255,) if kind == "ids" else ()
        return MaskCoding(kind=kind, void=void), draw(st.integers(2, 254))
    *codes, void = draw(CODES)
    grouped = tuple((code,) for code in codes)
    return MaskCoding(kind=kind, codes=grouped, void=(void,)), len(codes)


@given(data=st.data(), chosen=codings())
def test_labels_come_back_from_every_coding(
    data: st.DataObject, chosen: tuple[MaskCoding, int]
) -> None:
    coding, n_classes = chosen
    labels = data.draw(hnp.arrays(np.uint8, (3, 4), elements=st.integers(0, n_classes)))

    values = coding.encode(labels)

    assert values.shape == ((3, 4, 3) if coding.kind == "colours" else (3, 4))
    np.testing.assert_array_equal(coding.decode(values, n_classes), labels)
    assert MaskCoding.parse(str(coding)) == coding


@given(
    values=hnp.arrays(np.uint8, (3, 5)),
    codes=st.lists(st.integers(0, 255), unique=True, min_size=2, max_size=9),
    wide=st.sampled_from([np.uint8, np.uint16, np.int32, np.float64]),
)
def test_decoding_is_looking_up_each_pixel(
    values: NDArray[np.uint8], codes: list[int], wide: type
) -> None:
    coding = MaskCoding(
        kind="values", codes=tuple((code,) for code in codes), strays="void"
    )
    meaning = {code: k for k, code in enumerate(codes, start=1)}

    labels = coding.decode(values.astype(wide))

    assert labels.tolist() == [[meaning.get(int(v), 0) for v in r] for r in values]


@pytest.mark.parametrize("table", [VOC, DUBAI], ids=lambda table: table.name)
def test_presets_paint_their_own_colours(table: Any) -> None:
    coding = MaskCoding.parse(table.name)
    labels = np.arange(len(table.classes) + 1, dtype=np.uint8)[None]

    picture = coding.encode(labels)

    expected = [divmod(c, 0x10000) for c in (table.void[0], *table.colours)]
    assert picture.tolist() == [[[r, *divmod(gb, 256)] for r, gb in expected]]
    np.testing.assert_array_equal(coding.decode(picture), labels)


def test_what_a_coding_cannot_write_is_named() -> None:
    with pytest.raises(SettingsError, match=r"'ids'.*able to write the label 0"):
        MaskCoding.parse("ids").encode(np.array([[0, 1]], np.uint8))
    with pytest.raises(SettingsError, match="the label 3"):
        MaskCoding.parse("0,255").encode(np.array([[1, 3]], np.uint8))


def test_stacks_keep_their_shape(rng: np.random.Generator) -> None:
    labels = rng.integers(1, 6, (3, 4, 5), dtype=np.uint8)
    coding = MaskCoding.parse("dubai")

    np.testing.assert_array_equal(coding.decode(coding.encode(labels)), labels)
