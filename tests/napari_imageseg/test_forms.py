"""A form shows every setting within its bounds and gives the settings back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from imageseg.settings import (
    PredictSettings,
    TrainSettings,
    UNetSettings,
    setting_fields,
)
from napari_imageseg.forms import SettingsForm

FIELDS = setting_fields(TrainSettings)
NAMES = tuple(field.name for field in FIELDS)


def extremes(field) -> list:
    if field.choices:
        return [field.choices[0], field.choices[-1]]
    if field.kind is bool:
        return [False, True]
    if field.kind is str:
        return ["balanced", "1,1.2"]
    return [field.kind(field.setting.minimum), field.kind(field.setting.maximum)]


CASES = [
    pytest.param(field.name, value, id=f"{field.name}={value}")
    for field in FIELDS
    for value in extremes(field)
]


@pytest.fixture
def form(qtbot) -> SettingsForm[TrainSettings]:
    """Return a form with every training setting."""
    form = SettingsForm(TrainSettings(), NAMES)
    qtbot.addWidget(form)
    return form


def test_an_untouched_form_gives_the_settings_it_was_given(form) -> None:
    assert form.value() == TrainSettings()


@pytest.mark.parametrize(("name", "value"), CASES)
def test_every_setting_goes_to_its_bounds_and_back(form, name, value) -> None:
    settings = replace(TrainSettings(), **{name: value})
    form.set_value(settings)

    assert getattr(form.value(), name) == pytest.approx(value)
    assert form.value().to_dict() == pytest.approx(settings.to_dict())


@pytest.mark.parametrize("rate", [5e-4, 1e-3, 2e-3, 3e-5])
def test_learning_rates_in_use_are_not_rounded_away(form, rate) -> None:
    form.set_value(TrainSettings(rate=rate))

    assert form.value().rate == pytest.approx(rate)


@pytest.mark.parametrize("field", FIELDS, ids=NAMES)
def test_a_widget_knows_the_bounds_and_the_help(form, field) -> None:
    widget = form._widgets[field.name]

    assert widget.tooltip == field.setting.help
    if field.choices:
        assert widget.choices == field.choices
    elif field.kind in (int, float):
        assert widget.min == pytest.approx(field.setting.minimum)
        assert widget.max == pytest.approx(field.setting.maximum)


def test_a_change_is_told_with_the_whole_settings(form) -> None:
    told = []
    form.value_changed.connect(told.append)
    form._widgets["epochs"].value = 7

    assert told == [replace(TrainSettings(), epochs=7)]


def test_settings_that_are_not_shown_keep_their_values(qtbot) -> None:
    form = SettingsForm(TrainSettings(seed=5), ("epochs",))
    qtbot.addWidget(form)
    form._widgets["epochs"].value = 3

    assert form.value() == TrainSettings(seed=5, epochs=3)


@pytest.mark.parametrize("settings", [PredictSettings(), UNetSettings()])
def test_the_other_settings_have_forms_too(qtbot, settings) -> None:
    names = tuple(field.name for field in setting_fields(type(settings)))
    form = SettingsForm(settings, names)
    qtbot.addWidget(form)

    assert form.value() == settings
