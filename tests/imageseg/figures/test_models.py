"""Models stand in rows, images are points."""

from __future__ import annotations

import numpy as np
import pytest

from imageseg.errors import SettingsError
from imageseg.figures import models_figure


def test_every_image_is_a_point_and_the_mean_a_tick() -> None:
    figure = models_figure({"unet": [0.8, 0.9, np.nan], "otsu": [0.44, 0.5, 0.71]})

    (axes,) = figure.axes
    unet, tick, otsu, _ = axes.lines
    np.testing.assert_allclose(unet.get_xdata(), [0.8, 0.9])
    assert (np.abs(otsu.get_ydata() - 1) < 0.3).all()
    np.testing.assert_allclose(tick.get_xdata(), 0.85)
    assert [text.get_text() for text in axes.texts] == ["0.850", "0.550"]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["unet", "otsu"]
    assert axes.get_xlim() == pytest.approx((0.4, 1))
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the first on top
    assert axes.get_title(loc="left") == "n = 3; point: image, tick: mean"


def test_a_model_without_scores_keeps_its_row() -> None:
    (axes,) = models_figure({"a": [np.nan], "b": []}).axes

    assert [text.get_text() for text in axes.texts] == ["none", "none"]
    assert axes.get_xlim() == (0, 1)


def test_perfect_scores_have_room() -> None:
    (axes,) = models_figure({"a": [1.0, 1.0]}).axes

    assert axes.get_xlim() == pytest.approx((0.9, 1))


def test_long_names_are_shortened() -> None:
    name = "model " * 30

    (axes,) = models_figure({name: [0.5], "$x_1$": [0.6]}).axes

    long, formula = (label.get_text() for label in axes.get_yticklabels())
    assert "…" in long
    assert formula == r"\$x_1\$"


def test_there_must_be_a_model() -> None:
    with pytest.raises(SettingsError, match="models to compare"):
        models_figure({})
