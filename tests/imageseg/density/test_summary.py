"""Summaries are what a calculator gives."""

from __future__ import annotations

import math
import statistics

import pandas as pd
import pytest

from imageseg.density import summarise
from imageseg.errors import SettingsError

TABLE = pd.DataFrame(
    {
        "image": ["a/plot1_x.jpg", "a/plot1_y.jpg", "b/plot2.jpg", "b/other.jpg"],
        "region": ["whole"] * 3 + [None],
        "pixels": pd.array([100, 200, 300, None], "Int64"),
        "sky_fraction": [0.1, 0.4, 0.3, float("nan")],
        "glare_fraction": [float("nan")] * 4,
        "error": ["", "", "", "Cannot read it"],
    }
)


def line(summary: pd.DataFrame, quantity: str, **where: str) -> dict:
    rows = summary[summary["quantity"] == quantity]
    for column, value in where.items():
        rows = rows[rows[column] == value]
    (row,) = rows.to_dict("records")
    return row


def test_every_number_has_mean_spread_and_count() -> None:
    summary = summarise(TABLE)
    values = [0.1, 0.4, 0.3]

    row = line(summary, "sky_fraction")

    assert list(summary) == ["quantity", "mean", "sd", "se", "n", "left_out"]
    assert summary["quantity"].tolist() == ["sky_fraction"]
    assert row["mean"] == pytest.approx(statistics.mean(values))
    assert row["sd"] == pytest.approx(statistics.stdev(values))
    assert row["se"] == pytest.approx(statistics.stdev(values) / math.sqrt(3))
    assert (row["n"], row["left_out"]) == (3, 1)


def test_one_image_has_no_spread() -> None:
    row = line(summarise(TABLE.iloc[:1]), "sky_fraction")

    assert row["mean"] == 0.1
    assert math.isnan(row["sd"])
    assert math.isnan(row["se"])
    assert row["n"] == 1


@pytest.mark.parametrize(
    ("by", "means"),
    [
        ("folder", {"a": 0.25, "b": 0.3}),
        (r"plot\d", {"plot1": 0.25, "plot2": 0.3, "other": None}),
        (r"plot(\d)", {"1": 0.25, "2": 0.3, "other": None}),
        ("region", {"whole": 0.8 / 3, "other": None}),
    ],
)
def test_groups_go_by_folder_column_or_name(by: str, means: dict) -> None:
    summary = summarise(TABLE, by)

    assert summary["group"].drop_duplicates().tolist() == list(means)
    for group, mean in means.items():
        found = line(summary, "sky_fraction", group=group)
        assert found["mean"] == pytest.approx(mean, nan_ok=True) if mean else True
        assert (found["n"] == 0) is (mean is None)


PLOTS = pd.DataFrame(
    {
        "image": ["a.jpg"] * 4 + ["b.jpg"] * 4,
        "region": ["p", "q", "r", "s"] * 2,
        "time": [0] * 8,
        "pixels": [100] * 8,
        "sky_fraction": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, float("nan")],
        "error": [""] * 8,
    }
)


def test_images_are_the_replicates_not_their_plots() -> None:
    row = line(summarise(PLOTS), "sky_fraction")

    means = [0.25, 0.6]
    assert row["mean"] == pytest.approx(statistics.mean(means))
    assert row["sd"] == pytest.approx(statistics.stdev(means))
    assert row["se"] == pytest.approx(statistics.stdev(means) / math.sqrt(2))
    assert (row["n"], row["left_out"]) == (2, 0)
    assert summarise(PLOTS)["quantity"].tolist() == ["sky_fraction"]


@pytest.mark.parametrize(
    ("by", "counts"),
    [
        ("folder", {".": 2}),
        ("region", {"p": 2, "q": 2, "r": 2, "s": 1}),
        ("image", {"a.jpg": 4, "b.jpg": 3}),
    ],
    ids=["images", "one plot of each", "plots of an image"],
)
def test_groups_count_what_they_compare(by: str, counts: dict[str, int]) -> None:
    summary = summarise(PLOTS, by)

    assert dict(zip(summary["group"], summary["n"], strict=True)) == counts


@pytest.mark.parametrize("by", ["ground", "(", "[a"])
def test_groups_that_are_none_are_refused(by: str) -> None:
    with pytest.raises(SettingsError, match="groups is"):
        summarise(TABLE, by)


@pytest.mark.parametrize("by", [None, "folder"])
def test_a_table_of_failures_has_an_empty_summary(by: str | None) -> None:
    failures = pd.DataFrame({"image": ["a.jpg"], "error": ["gone"]})

    assert summarise(failures, by).empty
