"""The figure of a search shows every trial that has a score."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from imageseg.errors import SettingsError
from imageseg.figures import search_figure

TABLE = pd.DataFrame(
    {
        "rank": pd.array([1, 2, 3, None], dtype="Int64"),
        "trial": [3, 1, 2, 4],
        "rate": [1e-2, 1e-4, 1e-3, 1e-1],
        "loss_name": ["ce", "dice", "ce", "dice"],
        "filters": [8, 16, np.nan, 8],
        "validation_dice": [0.9, 0.8, 0.7, np.nan],
        "validation_loss": [0.1, 0.2, 0.3, np.nan],
        "state": ["done", "done", "done", "failed"],
    }
)


def points(axes: object) -> list[tuple[float, float]]:
    """Return the points of all markers in axes."""
    lines = [line for line in axes.lines if line.get_marker() == "o"]
    return sorted((float(x), float(y)) for line in lines for x, y in line.get_xydata())


def test_trials_stand_in_their_order_below_the_best_so_far() -> None:
    axes = search_figure(TABLE, ["rate"]).axes[0]

    assert points(axes) == [(1.0, 0.8), (2.0, 0.7), (3.0, 0.9)]
    (line,) = [line for line in axes.lines if line.get_marker() != "o"]
    assert list(line.get_ydata()) == [0.8, 0.8, 0.9]


def test_a_loss_is_better_low() -> None:
    axes = search_figure(TABLE, ["rate"], score="validation_loss").axes[0]

    (line,) = [line for line in axes.lines if line.get_marker() != "o"]
    assert list(line.get_ydata()) == [0.2, 0.2, 0.1]


def test_wide_ranges_have_a_logarithmic_axis_and_words_have_names() -> None:
    figure = search_figure(TABLE, ["rate", "loss_name"])

    assert figure.axes[1].get_xscale() == "log"
    assert [t.get_text() for t in figure.axes[2].get_xticklabels()] == ["ce", "dice"]
    assert len(points(figure.axes[2])) == 3


def test_what_a_network_lacks_is_left_out() -> None:
    assert len(points(search_figure(TABLE, ["filters"]).axes[1])) == 2


def test_no_score_is_no_figure() -> None:
    with pytest.raises(SettingsError, match="trials with a score"):
        search_figure(TABLE[TABLE["state"] == "failed"], ["rate"])
