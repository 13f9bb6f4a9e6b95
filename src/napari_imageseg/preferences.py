"""Settings in napari's Preferences, kept by napari, followed by a session."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_imageseg.session import Session

PLUGIN, SECTION = "napari-imageseg", "computing"


class Preferences:
    """Applies what stands in napari's Preferences, now and whenever it changes.

    Parameters
    ----------
    session
        Whose settings follow.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._values = _values()
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


def _values() -> Any:  # noqa: ANN401  a class that napari makes from the manifest
    """Return napari's settings of this plugin; None where napari keeps none."""
    try:
        from napari.settings import get_plugin_settings  # noqa: PLC0415
    except ImportError:  # napari before 0.9
        return None
    settings = get_plugin_settings().get(PLUGIN)  # not if it runs uninstalled
    return None if settings is None else getattr(settings, SECTION)
