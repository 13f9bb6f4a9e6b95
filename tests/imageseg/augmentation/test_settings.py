"""The changes describe themselves, and their presets are what they are called."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseg.augmentation import AugmentSettings, preset
from imageseg.errors import SettingsError
from imageseg.settings import Augmentation, SettingField, setting_fields

FIELDS = setting_fields(AugmentSettings)
NUMBERS = [field for field in FIELDS if not field.choices]
COLOURS = ("saturation", "hue")


def identify(field: SettingField) -> str:
    return field.name


@pytest.mark.parametrize("field", FIELDS, ids=identify)
def test_every_field_can_be_shown_to_people(field: SettingField) -> None:
    assert field.setting.label[:1].isupper()
    assert field.setting.help.endswith(".")


def test_no_two_labels_are_alike() -> None:
    assert len({field.setting.label for field in FIELDS}) == len(FIELDS)


@pytest.mark.parametrize("field", NUMBERS, ids=identify)
def test_bounds_are_allowed_and_what_lies_beyond_is_refused_by_name(
    field: SettingField,
) -> None:
    low, high = field.setting.minimum, field.setting.maximum
    assert low is not None
    assert high is not None
    for value in (low, high):
        assert getattr(AugmentSettings(**{field.name: value}), field.name) == value
    for value in (low - 1, high + 1, float("nan"), "1"):
        with pytest.raises(SettingsError, match=field.name):
            AugmentSettings(**{field.name: value})


@given(data=st.data())
def test_settings_survive_json(data: st.DataObject) -> None:
    drawn = {
        field.name: data.draw(st.floats(field.setting.minimum, field.setting.maximum))
        for field in NUMBERS
    }
    settings = AugmentSettings(**drawn, outside=data.draw(st.sampled_from(["black"])))

    assert AugmentSettings(**json.loads(json.dumps(settings.to_dict()))) == settings


def test_none_is_the_default() -> None:
    assert preset("none") == AugmentSettings()


def test_every_name_has_a_preset_of_its_own() -> None:
    presets = {preset(name) for name in get_args(Augmentation)}

    assert len(presets) == len(get_args(Augmentation))


def test_flips_only_flip() -> None:
    off = dict.fromkeys(("flip_horizontal", "flip_vertical", "flip_z"), 0.0)

    assert replace(preset("flips"), **off) == AugmentSettings()


def test_the_understory_stays_upright_and_keeps_its_hues() -> None:
    """A red sheet is told by its colour, and stands on the ground."""
    settings = preset("understory")

    assert settings.flip_horizontal > 0
    assert settings.flip_vertical == settings.quarter_turns == settings.hue == 0
    assert settings.rotation <= 15


def test_colours_change_in_photographs_only() -> None:
    assert all(getattr(preset("photo"), name) > 0 for name in COLOURS)
    assert all(getattr(preset("microscopy"), name) == 0 for name in COLOURS)
    assert preset("microscopy").noise > 0
    assert preset("microscopy").blur > 0
