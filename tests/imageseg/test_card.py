"""A card leaves nothing out that must be known, whatever the model says of itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imageseg.card import NOT_STATED, model_card
from imageseg.classes import CANOPY, ClassDef, ClassScheme
from imageseg.spec import ModelSpec

REQUIRED = [
    *("Input size", "Channels", "Values", "Output", "Training data", "Scores"),
    *("Lineage", "Licence", "Authors", "Citations"),
]


def spec(**values: Any) -> ModelSpec:
    usual = {
        "name": "m",
        "architecture": "unet",
        "arguments": {"filters": 2, "blocks": 3},
        "channels": 3,
        "scheme": CANOPY,
    }
    return ModelSpec(**usual | values)


def test_every_entry_is_there_even_if_nothing_is_stated() -> None:
    facts = model_card(spec()).facts()

    assert list(facts) == REQUIRED
    assert all(facts.values())
    assert facts["Training data"] == facts["Licence"] == NOT_STATED
    assert facts["Input size"] == "images of any size, padded to multiples of 8 pixels"


@pytest.mark.parametrize(
    ("channels", "words"), [(1, "grey"), (3, "RGB, not BGR"), (5, "5, in the order")]
)
def test_the_order_of_channels_is_told(channels: int, words: str) -> None:
    assert words in model_card(spec(channels=channels)).channels


@pytest.mark.parametrize(
    ("normalisation", "words"),
    [("range", "largest of their type"), ("percentile", "percentile 99.8")],
)
def test_the_scale_of_values_is_told(normalisation: Any, words: str) -> None:
    assert words in model_card(spec(normalisation=normalisation)).values


def test_classes_are_told_with_colour_and_meaning() -> None:
    card = model_card(spec())

    assert card.classes == (
        (1, "canopy", "#2e7d4f", "vegetation: its share is the cover"),
        (2, "sky", "#56b4e9", "open: its share is the openness"),
    )
    assert "class 2 (sky)" in card.output
    assert "| 2 | sky | #56b4e9 | open: its share is the openness |" in card.markdown()


def test_three_classes_have_a_map_each() -> None:
    glare = ClassDef(id=3, name="glare", colour="#ffffff", excluded=True)
    scheme = ClassScheme((*ClassScheme.from_names(["a", "b"]), glare))

    card = model_card(spec(scheme=scheme))

    assert card.output.startswith("a probability for each of the 3 classes")
    meanings = [meaning for *_, meaning in card.classes]
    assert meanings == ["a class of its own"] * 2 + ["left out of every density"]


@pytest.mark.parametrize(
    ("architecture", "arguments", "words"),
    [
        ("tile1", {"filters": 2}, "gets one class"),
        ("unet3d", {"filters": 2}, "volumes of any size"),
    ],
)
def test_tiles_and_volumes_are_told(
    architecture: str, arguments: dict[str, Any], words: str
) -> None:
    card = model_card(spec(architecture=architecture, arguments=arguments))

    assert words in card.input_size


@pytest.mark.parametrize(
    ("made", "text", "licence"),
    [
        ({"licence": "CC0-1.0"}, "Licence: MIT.", "CC0-1.0"),
        ({}, "Good. Licence: MIT.\n", "MIT"),
        ({}, "License: Apache-2.0", "Apache-2.0"),
        ({}, "No licence", NOT_STATED),
        ({"licence": 3}, "", NOT_STATED),
    ],
)
def test_the_licence_is_found(made: dict[str, Any], text: str, licence: str) -> None:
    assert model_card(spec(provenance=made, card=text)).licence == licence


def test_imported_models_say_where_from() -> None:
    made = {"imported": {"file": "a.h5"}}

    training = model_card(spec(provenance=made)).training

    assert training == f"{NOT_STATED}; imported from a.h5"


def test_long_lists_are_cut() -> None:
    made = {"images": [str(k) for k in range(40)]}

    training = model_card(spec(provenance=made)).training

    assert training == f"40 image(s): {', '.join(map(str, range(12)))}, …"


def test_a_heading_of_the_text_is_not_repeated() -> None:
    assert model_card(spec(card="# M\n\nGood.")).markdown().count("# ") == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = [
    *("images", "scores", "parent", "imported", "authors", "citations", "epochs"),
    *("licence", "held_out", "software"),
]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(made=st.dictionaries(st.sampled_from(KEYS), JSON))
def test_no_provenance_is_too_strange(made: dict[str, Any]) -> None:
    assert list(model_card(spec(provenance=made)).facts()) == REQUIRED
