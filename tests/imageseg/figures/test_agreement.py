"""Fractions are plotted against each other, with their errors in words."""

from __future__ import annotations

import numpy as np
import pytest

from imageseg.classes import CANOPY, ClassScheme
from imageseg.figures import agreement_figure

SKY = np.array([[0.2, 0.3], [0.4, 0.4], [0.6, 0.7]])  # true, predicted


def pair(sky: np.ndarray) -> list[np.ndarray]:
    return [np.stack([1 - values, values], axis=1) for values in sky.T]


def test_of_two_classes_the_open_one_is_drawn() -> None:
    figure = agreement_figure(*pair(SKY), CANOPY)

    (axes,) = figure.axes
    equal, points = axes.lines
    np.testing.assert_allclose(points.get_xydata(), SKY)
    assert list(equal.get_xdata()) == list(equal.get_ydata()) == list(axes.get_xlim())
    assert axes.get_xlim() == axes.get_ylim()
    name, errors, more = (text.get_text() for text in figure.texts)
    assert name == "sky"
    assert errors == "n = 3, bias +0.067, MAE 0.067"
    assert more == "RMSE 0.082, R² 0.750"


def test_of_more_classes_each_has_a_plot() -> None:
    scheme = ClassScheme.from_names(["a", "b", "c", "d"])
    rng = np.random.default_rng(0)

    figure = agreement_figure(*rng.dirichlet(np.ones(4), (2, 9)), scheme)

    assert [t.get_text() for t in figure.texts[::3]] == ["a", "b", "c", "d"]
    assert len(figure.axes) == 4


@pytest.mark.parametrize(
    ("sky", "limits"),
    [
        ([[0.0, 0.0], [0.016, 0.02]], (0, 0.06)),
        ([[0.2, 0.9], [0.4, 0.4]], (0.165, 0.935)),
        ([[np.nan, np.nan]], (0, 1)),
        ([[1.0, 1.0]], (0.95, 1)),
    ],
    ids=["small", "wide", "nothing annotated", "full"],
)
def test_the_axes_show_where_fractions_lie(
    sky: list[list[float]], limits: tuple[float, float]
) -> None:
    (axes,) = agreement_figure(*pair(np.array(sky)), CANOPY).axes

    assert axes.get_xlim() == pytest.approx(limits)


def test_without_spread_there_is_no_r2() -> None:
    figure = agreement_figure(*pair(np.array([[0.5, 0.4]])), CANOPY)

    assert figure.texts[-1].get_text() == "RMSE 0.100, R² none"
