"""Settings in napari's Preferences, kept by napari, followed by a session."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_imageseg.ahead import Ahead
    from napari_imageseg.session import Session

PLUGIN, SECTION, WORKING = "napari-imageseg", "computing", "working"


class Preferences:
    """Applies what stands in napari's Preferences, now and whenever it changes.

    Parameters
    ----------
    session
        Whose settings follow.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._values = _values(SECTION)
        if self._values is not None:
            self._apply()
            self._values.events.connect(self._apply)

    def close(self) -> None:
        """Follow no longer."""
        if self._values is not None:
            self._values.events.disconnect(self._apply)

    def _apply(self, _: object = None) -> None:
        values, session = self._values, self._session
        computing = {"device": values.device, "precision": values.precision}
        session.predictor.settings = replace(
            session.predictor.settings,
            tile=values.tile,
            flips=values.flips,
            **computing,
        )
        session.looker.settings = replace(session.looker.settings, **computing)
        session.trainer.settings = replace(session.trainer.settings, **computing)


class AheadPreference:
    """Remembers whether to predict ahead.

    Parameters
    ----------
    ahead
        What is switched on and off, here or there.
    """

    def __init__(self, ahead: Ahead) -> None:
        self._ahead = ahead
        self._values = _values(WORKING)
        if self._values is not None:
            self._apply()
            self._values.events.connect(self._apply)
            ahead.changed.connect(self._remember)

    def close(self) -> None:
        """Follow no longer, and remember nothing any more."""
        if self._values is not None:
            self._values.events.disconnect(self._apply)
            self._ahead.changed.disconnect(self._remember)

    def _apply(self, _: object = None) -> None:
        self._ahead.enable(self._values.predict_ahead)

    def _remember(self, enabled: bool) -> None:  # noqa: FBT001  psygnal has no keywords
        self._values.predict_ahead = enabled


def _values(section: str) -> Any:  # noqa: ANN401  a class that napari makes from the manifest
    """Return napari's settings of this plugin; None where napari keeps none."""
    try:
        from napari.settings import get_plugin_settings  # noqa: PLC0415
    except ImportError:  # napari before 0.9
        return None
    settings = get_plugin_settings().get(PLUGIN)  # not if it runs uninstalled
    return None if settings is None else getattr(settings, section)
