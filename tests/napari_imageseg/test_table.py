"""The density table: what people read, and what is saved."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from imageseg.batch import density_table_task
from imageseg.classes import CANOPY, ClassScheme
from imageseg.density import measure_density
from imageseg.tasks import drain
from napari_imageseg.items import ImageItem
from napari_imageseg.table import columns_of, percent, to_frame


def measured(labels: list, scheme: ClassScheme = CANOPY, region="whole") -> ImageItem:
    labels = np.array(labels, np.uint8)
    item = ImageItem(name="plot", prediction=labels, predicted_by="tiny")
    item.density = measure_density(labels, region, scheme=scheme)
    return item


def texts(item: ImageItem, scheme: ClassScheme = CANOPY) -> dict[str, str]:
    return {c.title: c.text(item) for c in columns_of([item], scheme)}


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0.0 %"),
        (1, "100.0 %"),
        (0.87449, "87.4 %"),
        (0.0004, "0.0 %"),
        (float("nan"), "–"),
    ],
)
def test_shares_are_read_in_per_cent(share, text) -> None:
    assert percent(share) == text


def test_a_row_names_classes_quantities_and_where_they_are_from() -> None:
    assert texts(measured([[1, 1, 2, 1]])) == {
        "image": "plot",
        "canopy": "75.0 %",
        "sky": "25.0 %",
        "canopy cover": "75.0 %",
        "openness": "25.0 %",
        "region": "whole",
        "annotated": "0.0 %",
        "model": "tiny",
    }


def test_without_a_density_a_row_has_dashes_and_its_problem() -> None:
    item = ImageItem(name="plot", error="Cannot read plot.png")
    row = texts(item)

    assert row["canopy"] == row["sky"] == row["region"] == "–"
    assert row["problem"] == "Cannot read plot.png"


def test_excluded_classes_have_no_share() -> None:
    scheme = ClassScheme.from_names(["leaf", "glare"]).changed(2, excluded=True)

    assert texts(measured([[1, 2]], scheme), scheme)["glare"] == "–"
    assert texts(measured([[1, 2]], scheme), scheme)["leaf"] == "100.0 %"


def test_a_class_that_was_not_measured_has_a_dash() -> None:
    three = CANOPY.with_class("trunk")

    assert texts(measured([[1, 2]]), three)["trunk"] == "–"


def test_quantities_of_both_regions_have_their_columns() -> None:
    inside = measured([[1, 2, 1], [2, 2, 2], [1, 2, 1]], region="circle")
    whole = measured([[1, 2]])
    columns = {c.title: c for c in columns_of([whole, inside], CANOPY)}

    assert columns["canopy cover"].text(inside) == "–"
    assert columns["canopy closure"].text(whole) == "–"
    assert columns["region"].text(inside) == "circle"


def test_class_columns_are_numbers_in_the_colour_of_the_class() -> None:
    columns = {c.title: c for c in columns_of([], CANOPY)}

    assert columns["sky"].colour == CANOPY[2].colour
    assert columns["sky"].numeric
    assert not columns["model"].numeric
    assert "problem" not in columns


def test_the_table_saved_is_that_of_the_command_line(
    ready, threshold_model, photos
) -> None:
    ready.images.open_paths([photos])
    (photos / "plot_2.png").write_bytes(b"no image")
    ready.predictor.predict(everything=True)
    ours = to_frame(ready.images.items)

    model = threshold_model(ready.classes.scheme)
    paths = [item.path for item in ready.images.items]
    theirs = drain(density_table_task(paths, model, settings=ready.predictor.settings))
    good = [0, 2]
    pd.testing.assert_frame_equal(
        ours.drop(columns="annotated_fraction").loc[good], theirs.loc[good]
    )
    assert list(ours.drop(columns="annotated_fraction")) == list(theirs)
    assert ours["error"].tolist() == theirs["error"].tolist()


def test_shares_are_saved_as_fractions_with_the_annotated_one() -> None:
    item = measured([[1, 1, 2, 1]])
    item.annotation = np.array([[0, 0, 2, 0]], np.uint8)
    item.count_annotated()
    (row,) = to_frame([item]).to_dict("records")

    assert row["image"] == "plot"
    assert row["sky_fraction"] == 0.25
    assert row["openness"] == 0.25
    assert row["annotated_fraction"] == 0.25
    assert row["pixels"] == 4


def test_nothing_makes_an_empty_table() -> None:
    assert to_frame([]).empty
