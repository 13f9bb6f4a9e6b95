"""Classes are numbered from one, named once and told apart by eye."""

from __future__ import annotations

import json
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from skimage.color import deltaE_ciede2000, rgb2lab

from imageseg.classes import (
    CANOPY,
    MAX_CLASSES,
    OKABE_ITO,
    ClassDef,
    ClassScheme,
    Context,
    default_colours,
)
from imageseg.errors import SettingsError

SIGHTS = {
    "usual": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "without red": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "without green": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "without blue": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
"""What kinds of colour vision make of linear RGB (Machado et al. 2009, severity 1)."""


def colours(scheme: ClassScheme) -> list[str]:
    return [c.colour for c in scheme]


def test_names_are_numbered_in_the_order_given() -> None:
    scheme = ClassScheme.from_names(["ground", " plant ", "sky"])

    assert scheme.names == ("ground", "plant", "sky")
    assert [c.id for c in scheme] == [1, 2, 3]
    assert len(scheme) == 3
    assert scheme[2].name == "plant"


@pytest.mark.parametrize("label", [0, -1, 3])
def test_a_label_that_is_no_class_has_no_class(label: int) -> None:
    with pytest.raises(IndexError):
        CANOPY[label]


@pytest.mark.parametrize(
    "names", [[], ["one"], ["a", "A"], ["a", " "], [str(k) for k in range(255)]]
)
def test_schemes_that_cannot_be_told_apart_are_refused(names: list[str]) -> None:
    with pytest.raises(SettingsError):
        ClassScheme.from_names(names)


def test_uint8_holds_the_most_classes_allowed() -> None:
    scheme = ClassScheme.from_names([str(k) for k in range(MAX_CLASSES)])

    assert scheme[MAX_CLASSES].id == MAX_CLASSES < 255
    with pytest.raises(SettingsError, match="number of classes"):
        scheme.with_class("one more")


@pytest.mark.parametrize("ids", [(1, 3), (0, 1), (2, 1), (1, 1)])
def test_ids_with_gaps_are_refused(ids: tuple[int, int]) -> None:
    first, second = ids
    with pytest.raises(SettingsError, match="class ids"):
        ClassScheme(
            (
                ClassDef(id=first, name="a", colour="#000000"),
                ClassDef(id=second, name="b", colour="#ffffff"),
            )
        )


@pytest.mark.parametrize("colour", ["red", "#fff", "#12345g", "#1234567", "#123456\n"])
def test_a_colour_is_six_hexadecimal_digits(colour: str) -> None:
    with pytest.raises(SettingsError, match="colour"):
        ClassDef(id=1, name="a", colour=colour)


def test_a_context_has_to_be_known() -> None:
    with pytest.raises(SettingsError, match="one of generic, canopy"):
        ClassScheme.from_names(["a", "b"], context="sea")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("context", "names", "found"),
    [
        ("canopy", ["canopy", "sky"], "sky"),
        ("hemispherical", ["Sky", "leaves", "glare"], "Sky"),
        ("understory", ["vegetation", "sheet"], "sheet"),
        ("understory", ["vegetation", "sky"], None),
        ("canopy", ["leaves", "gaps"], None),
        ("generic", ["canopy", "sky"], None),
    ],
)
def test_the_open_class_is_known_by_context_and_name(
    context: Context, names: list[str], found: str | None
) -> None:
    open_class = ClassScheme.from_names(names, context).open_class

    assert (open_class.name if open_class else None) == found


@pytest.mark.parametrize("n", [*range(14), 20, MAX_CLASSES])
def test_classes_differ_in_colour(n: int) -> None:
    assert len(default_colours(n)) == n
    assert len(set(default_colours(n))) == n


def test_the_first_eight_colours_are_those_that_people_know() -> None:
    """Projects and figures of before keep looking alike."""
    dark, *others = default_colours(8)

    assert dark == "#1b2a33"
    assert tuple(others) == OKABE_ITO


@pytest.mark.parametrize("sight", list(SIGHTS))
def test_twelve_colours_are_told_apart_by_everyone(sight: str) -> None:
    """They differ by some steps that are just noticed (1 in CIEDE2000)."""
    seen = [as_seen(colour, SIGHTS[sight]) for colour in default_colours(12)]
    apart = [deltaE_ciede2000(a, b) for a, b in combinations(seen, 2)]

    assert min(apart) > 8


def as_seen(colour: str, sight: list[list[float]]) -> np.ndarray:
    """Return a colour in CIE L*a*b*, seen as with a kind of colour vision."""
    shown = np.array(to_rgb(colour))
    light = np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
    light = np.clip(np.array(sight) @ light, 0, 1)
    seen = np.where(
        light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055
    )
    return rgb2lab(seen[None, None])[0, 0]


def test_given_colours_come_first_and_defaults_fill_up() -> None:
    scheme = ClassScheme.from_names(["a", "b", "c"], colours=["#ffffff"])

    assert colours(scheme) == ["#ffffff", *default_colours(3)[1:]]


def test_more_colours_than_classes_are_refused() -> None:
    with pytest.raises(SettingsError, match="number of colours"):
        ClassScheme.from_names(["a", "b"], colours=["#ffffff"] * 3)


@pytest.mark.parametrize(
    "scheme", [CANOPY, ClassScheme.from_names(["a", "b"])], ids=["canopy", "default"]
)
def test_added_classes_get_a_colour_of_their_own(scheme: ClassScheme) -> None:
    for k in range(3, 9):
        scheme = scheme.with_class(f"class {k}")

        assert scheme[k].name == f"class {k}"
        assert len(set(colours(scheme))) == k


@pytest.mark.parametrize("n", [8, 12, 40, MAX_CLASSES - 1])
def test_one_class_more_than_many_has_a_colour_of_its_own(n: int) -> None:
    scheme = ClassScheme.from_names([str(k) for k in range(n)]).with_class("last")

    assert colours(scheme) == default_colours(n + 1)


def test_no_more_classes_than_labels_hold_are_added() -> None:
    full = ClassScheme.from_names([str(k) for k in range(MAX_CLASSES)])

    with pytest.raises(SettingsError, match="number of classes"):
        full.with_class("one more")


def test_a_change_touches_one_class_and_not_the_original() -> None:
    changed = CANOPY.changed(2, name="cloud", excluded=True)

    assert changed.names == ("canopy", "cloud")
    assert [c.excluded for c in changed] == [False, True]
    assert CANOPY.names == ("canopy", "sky")
    assert changed.context == "canopy"


def test_a_change_is_checked_like_a_new_class() -> None:
    with pytest.raises(SettingsError, match=r"class name is 'Canopy'.* given twice"):
        CANOPY.changed(2, name="Canopy")


def test_in_canopy_photographs_the_second_class_is_sky() -> None:
    assert CANOPY.names == ("canopy", "sky")
    assert CANOPY.context == "canopy"


@given(
    names=st.lists(
        st.text(min_size=1).filter(str.strip),
        min_size=2,
        max_size=20,
        unique_by=lambda name: name.strip().casefold(),
    ),
    excluded=st.booleans(),
)
def test_schemes_survive_json(names: list[str], *, excluded: bool) -> None:
    scheme = ClassScheme.from_names(names, context="canopy").changed(
        1, excluded=excluded
    )

    assert ClassScheme.from_dict(json.loads(json.dumps(scheme.to_dict()))) == scheme


def test_a_scheme_written_without_context_is_generic() -> None:
    values = {"classes": CANOPY.to_dict()["classes"]}

    assert ClassScheme.from_dict(values).context == "generic"
