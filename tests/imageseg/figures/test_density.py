"""Density plots show the fractions of the table, in the colours of the classes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from imageseg.classes import CANOPY
from imageseg.errors import SettingsError
from imageseg.figures import density_figure


def table(rows: int) -> pd.DataFrame:
    sky = np.linspace(0.1, 0.9, rows)
    return pd.DataFrame(
        {
            "image": [f"folder/{i}.png" for i in range(rows)],
            "region": "whole",
            "pixels": 100,
            "canopy_fraction": 1 - sky,
            "sky_fraction": sky,
            "openness": sky,
            "error": "",
        }
    )


def test_bars_are_divided_by_class() -> None:
    (axes,) = density_figure(table(5), CANOPY).axes

    canopy, sky = axes.containers
    expected = table(5)
    widths = [[bar.get_width() for bar in bars] for bars in (canopy, sky)]
    np.testing.assert_allclose(widths[0], expected["canopy_fraction"])
    np.testing.assert_allclose(widths[1], expected["sky_fraction"])
    starts = [bar.get_x() for bar in sky]
    np.testing.assert_allclose(starts, expected["canopy_fraction"])
    assert to_hex(sky[0].get_facecolor()) == "#56b4e9"


def test_images_and_classes_are_named() -> None:
    figure = density_figure(table(3), CANOPY)

    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == ["0.png", "1.png", "2.png"]
    assert [text.get_text() for text in figure.texts] == ["canopy", "sky"]
    assert figure.axes[0].get_xlabel() == "fraction of the region's pixels"


def test_several_regions_are_told_apart() -> None:
    rows = table(2).assign(image="a.png", region=["whole", "circle"])
    (axes,) = density_figure(rows).axes

    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["a.png whole", "a.png circle"]


def test_many_images_are_points_with_mean_and_deviation() -> None:
    figure = density_figure(table(60), CANOPY)

    (axes,) = figure.axes
    canopy, sky = (line for line in axes.lines if len(line.get_xdata()) == 60)
    np.testing.assert_allclose(sky.get_ydata(), table(60)["sky_fraction"])
    assert to_hex(canopy.get_color()) == CANOPY[1].colour
    _, bar = axes.containers
    ((_, low), (_, high)) = bar.lines[2][0].get_segments()[0]
    mean, deviation = np.mean(sky.get_ydata()), np.std(sky.get_ydata(), ddof=1)
    assert [low, high] == pytest.approx([mean - deviation, mean + deviation])
    assert axes.get_title(loc="left") == "n = 60; bars: mean ± SD"


@pytest.mark.parametrize(("style", "lines"), [("bars", 0), ("strips", 1)])
def test_the_style_can_be_chosen(style: str, lines: int) -> None:
    (axes,) = density_figure(table(5), style=style).axes

    assert bool(axes.lines) == bool(lines)


def test_rows_that_failed_are_left_out() -> None:
    rows = table(3)
    rows.loc[1, ["canopy_fraction", "sky_fraction"]] = np.nan
    (axes,) = density_figure(rows).axes

    assert [t.get_text() for t in axes.get_yticklabels()] == ["0.png", "2.png"]


def test_excluded_classes_are_left_out() -> None:
    figure = density_figure(table(3).assign(glare_fraction=np.nan))

    assert "glare" not in [text.get_text() for text in figure.texts]


@pytest.mark.parametrize(
    "rows",
    [
        pd.DataFrame({"image": ["a"], "error": ["lost"]}),
        pd.DataFrame({"image": ["a"], "sky_fraction": [np.nan]}),
    ],
    ids=["no fractions", "only failures"],
)
def test_a_table_without_numbers_is_refused(rows: pd.DataFrame) -> None:
    with pytest.raises(SettingsError, match="CLASS_fraction"):
        density_figure(rows)
