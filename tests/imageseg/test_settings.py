"""Settings refuse what cannot be used, and describe themselves."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseg.errors import SettingsError
from imageseg.settings import (
    Checked,
    PredictSettings,
    SettingField,
    TrainSettings,
    UNetSettings,
    setting_fields,
)

SETTINGS = [PredictSettings, TrainSettings, UNetSettings]
FIELDS = [
    pytest.param(cls, field, id=f"{cls.__name__}.{field.name}")
    for cls in SETTINGS
    for field in setting_fields(cls)
]
NUMBERS = [p for p in FIELDS if p.values[1].kind in {int, float}]  # type: ignore[union-attr]
CHOICES = [p for p in FIELDS if p.values[1].choices]  # type: ignore[union-attr]


@pytest.mark.parametrize(("cls", "field"), FIELDS)
def test_every_field_can_be_shown_to_people(
    cls: type[Checked], field: SettingField
) -> None:
    assert field.setting.label[:1].isupper()
    assert field.setting.help.endswith(".")
    assert getattr(cls(), field.name) == field.default


@pytest.mark.parametrize("cls", SETTINGS)
def test_no_two_labels_of_a_form_are_alike(cls: type[Checked]) -> None:
    labels = [field.setting.label for field in setting_fields(cls)]

    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize(("cls", "field"), NUMBERS)
def test_every_number_is_bounded_and_the_bounds_are_allowed(
    cls: type[Checked], field: SettingField
) -> None:
    low, high = field.setting.minimum, field.setting.maximum

    assert low is not None
    assert high is not None
    assert low <= field.default <= high
    for value in low, high:
        assert getattr(cls(**{field.name: field.kind(value)}), field.name) == value


@pytest.mark.parametrize(("cls", "field"), NUMBERS)
@pytest.mark.parametrize("side", ["minimum", "maximum"])
def test_a_value_beyond_a_bound_is_refused_with_its_name(
    cls: type[Checked], field: SettingField, side: str
) -> None:
    bound = field.kind(getattr(field.setting, side))
    value = bound - 1 if side == "minimum" else bound + 1

    with pytest.raises(SettingsError, match=field.name) as caught:
        cls(**{field.name: value})

    assert (caught.value.field, caught.value.value) == (field.name, value)


@pytest.mark.parametrize(("cls", "field"), NUMBERS)
@pytest.mark.parametrize("value", [True, "1", None, float("nan"), float("inf"), [1]])
def test_what_is_no_number_is_refused(
    cls: type[Checked], field: SettingField, value: object
) -> None:
    with pytest.raises(SettingsError, match=field.name):
        cls(**{field.name: value})


@pytest.mark.parametrize(("cls", "field"), CHOICES)
def test_only_the_choices_are_taken(cls: type[Checked], field: SettingField) -> None:
    for choice in field.choices:
        assert getattr(cls(**{field.name: choice}), field.name) == choice
    with pytest.raises(SettingsError, match=", ".join(field.choices)):
        cls(**{field.name: "nonsense"})


def test_a_whole_number_is_a_learning_rate_but_a_fraction_is_no_count() -> None:
    assert TrainSettings(rate=1).rate == 1
    with pytest.raises(SettingsError, match="of type int"):
        TrainSettings(epochs=2.0)  # type: ignore[arg-type]


def test_a_number_is_no_yes_or_no() -> None:
    with pytest.raises(SettingsError, match="of type bool"):
        UNetSettings(batch_normalization=1)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["equal", "balanced", "1,1,1.2", "0.5,2"])
def test_class_weights_are_words_or_a_number_a_class(text: str) -> None:
    assert TrainSettings(class_weights=text).class_weights == text


@pytest.mark.parametrize("text", ["", "rare", "1", "1,", "1;2", "-1,2", "1,nan"])
def test_other_class_weights_are_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"class_weights.*1,1,1\.2"):
        TrainSettings(class_weights=text)


def test_fields_are_described_in_order_of_declaration() -> None:
    names = [field.name for field in setting_fields(PredictSettings)]
    kinds = [field.kind for field in setting_fields(PredictSettings)]

    assert names == ["device", "precision", "tile", "flips"]
    assert kinds == [str, str, int, bool]
    assert setting_fields(PredictSettings)[0].choices == ("auto", "cpu", "cuda", "mps")


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(FrozenInstanceError):
        PredictSettings().tile = 64  # type: ignore[misc]


def valid_values(cls: type[Checked]) -> st.SearchStrategy[dict[str, Any]]:
    def of(field: SettingField) -> st.SearchStrategy[Any]:
        low, high = field.setting.minimum, field.setting.maximum
        if field.choices:
            return st.sampled_from(field.choices)
        if field.kind is bool:
            return st.booleans()
        if field.kind is str:
            return st.from_regex(field.setting.pattern, fullmatch=True)
        if field.kind is int:
            return st.integers(int(low or 0), int(high or 0))
        return st.floats(low, high)

    return st.fixed_dictionaries({f.name: of(f) for f in setting_fields(cls)})


@pytest.mark.parametrize("cls", SETTINGS)
@given(data=st.data())
def test_settings_survive_json(cls: type[Checked], data: st.DataObject) -> None:
    settings = cls(**data.draw(valid_values(cls)))

    assert cls(**json.loads(json.dumps(settings.to_dict()))) == settings
