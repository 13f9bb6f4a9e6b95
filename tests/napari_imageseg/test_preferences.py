"""What stands in napari's Preferences is what a session does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from napari.settings import get_plugin_settings
from npe2 import PluginManifest

from imageseg.settings import PredictSettings, setting_fields
from napari_imageseg.ahead import Ahead
from napari_imageseg.preferences import (
    PLUGIN,
    SECTION,
    WORKING,
    AheadPreference,
    Preferences,
)
from napari_imageseg.workers import TaskRunner

MANIFEST = PluginManifest.from_file(Path(__file__).parents[2] / "napari.yaml")


@pytest.fixture
def values(plugin_settings, npe2pm):
    """Return napari's settings of this plugin, kept in a folder of the test."""
    npe2pm.register(MANIFEST)
    return getattr(get_plugin_settings(PLUGIN), SECTION)


@pytest.fixture
def preferences(values, session) -> Preferences:
    """Return preferences that a session follows."""
    preferences = Preferences(session)
    yield preferences
    preferences.close()


def test_the_manifest_offers_what_the_engine_knows() -> None:
    offered = MANIFEST.contributions.configurations[SECTION].properties
    known = {field.name: field for field in setting_fields(PredictSettings)}
    for name, offer in offered.items():
        assert offer.default == getattr(PredictSettings(), name), name
        assert list(offer.enum or []) == list(known[name].choices or []), name
        assert offer.minimum == known[name].setting.minimum, name
        assert offer.maximum == known[name].setting.maximum, name


def test_a_session_begins_with_the_preferences(values, session) -> None:
    values.tile = 512
    session.predictor.settings = replace(session.predictor.settings, device="cpu")
    Preferences(session).close()

    assert session.predictor.settings.tile == 512
    assert session.predictor.settings.device == "auto"


def test_a_session_follows_a_changed_preference(values, preferences, session) -> None:
    values.device = "cpu"
    values.precision = "bf16"
    values.flips = True

    assert session.predictor.settings.flips
    for settings in (
        session.predictor.settings,
        session.looker.settings,
        session.trainer.settings,
    ):
        assert (settings.device, settings.precision) == ("cpu", "bf16")


def test_closed_preferences_are_not_followed(values, preferences, session) -> None:
    preferences.close()
    values.tile = 64

    assert session.predictor.settings.tile == PredictSettings().tile


def test_without_an_installed_plugin_there_are_no_preferences(
    plugin_settings, session
) -> None:
    before = session.predictor.settings
    Preferences(session).close()

    assert session.predictor.settings is before


def test_predicting_ahead_is_remembered(
    plugin_settings, npe2pm, session, qtbot
) -> None:
    npe2pm.register(MANIFEST)
    kept = getattr(get_plugin_settings(PLUGIN), WORKING)
    first, second = (Ahead(session, TaskRunner(), []) for _ in range(2))
    preference = AheadPreference(first)
    assert not first.enabled
    first.enable(enabled=True)
    assert kept.predict_ahead
    preference.close()
    first.close()
    assert kept.predict_ahead

    again = AheadPreference(second)
    assert second.enabled
    kept.predict_ahead = False
    assert not second.enabled
    again.close()
    second.close()
