"""Histories are plotted as they are: training and held out in one plot."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from imageseg.errors import SettingsError
from imageseg.figures import history_figure
from imageseg.training import EpochRow

TABLE = pd.DataFrame(
    {
        "epoch": [1, 2, 3],
        "loss": [0.9, 0.5, 0.3],
        "validation_loss": [1.0, np.nan, 0.6],
        "validation_dice": [0.2, 0.5, 0.7],
        "rate": 1e-3,
        "seconds": 2.0,
    }
)


def lines(axes: Axes) -> dict[str, list[list[float]]]:
    return {
        line.get_label(): np.asarray(line.get_data()).T.tolist() for line in axes.lines
    }


def test_losses_and_scores_have_a_plot_each() -> None:
    loss, dice = history_figure(TABLE).axes

    assert loss.get_xlabel() == "epoch"
    assert [loss.get_ylabel(), dice.get_ylabel()] == ["loss", "dice"]
    assert lines(loss) == {
        "training": [[1, 0.9], [2, 0.5], [3, 0.3]],
        "held out": [[1, 1.0], [3, 0.6]],
    }
    assert lines(dice) == {"held out": [[1, 0.2], [2, 0.5], [3, 0.7]]}


def test_rows_of_a_training_are_understood() -> None:
    rows = [
        EpochRow(
            epoch=k,
            loss=1 / k,
            validation_loss=None,
            validation_dice=None,
            rate=1e-3,
            seconds=1.0,
        )
        for k in (1, 2)
    ]
    (loss,) = history_figure(rows).axes

    assert lines(loss) == {"training": [[1, 1.0], [2, 0.5]]}


def test_histories_of_keras_are_understood() -> None:
    table = pd.DataFrame(
        {
            "epoch": [0, 1],
            "dice_coef": [0.1, 0.2],
            "loss": [2.0, 1.0],
            "val_dice_coef": [0.1, 0.3],
            "val_loss": [2.0, 1.5],
            "lr": [1e-3, 1e-3],
        }
    )
    axes = history_figure(table).axes

    assert [a.get_ylabel() for a in axes] == ["loss", "dice coef"]
    assert [list(lines(a)) for a in axes] == [["training", "held out"]] * 2


@pytest.mark.parametrize("kept", [1, 10, 20])
def test_the_mark_of_the_kept_epoch_is_not_cut(kept: int) -> None:
    table = pd.DataFrame({"epoch": range(1, 21), "loss": np.linspace(1, 0, 20)})
    figure = history_figure(table, best_epoch=kept)
    figure.canvas.draw()
    (text,) = figure.axes[0].texts
    box, page = text.get_window_extent(), figure.bbox

    assert page.x0 <= box.x0
    assert box.x1 <= page.x1


def test_the_kept_epoch_is_marked() -> None:
    loss, _ = history_figure(TABLE, best_epoch=2).axes

    assert list(loss.lines[-1].get_xdata()) == [2, 2]
    assert loss.texts[0].get_text() == "kept: epoch 2"


def test_one_epoch_is_a_point() -> None:
    loss, *_ = history_figure(TABLE.head(1)).axes

    assert loss.lines[0].get_marker() == "o"


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"epoch": [1, 2]}),
        pd.DataFrame({"loss": [1, 2]}),
        pd.DataFrame(),
        pd.DataFrame({"epoch": [1], "loss": ["high"]}),
    ],
    ids=["no loss", "no epoch", "empty", "words"],
)
def test_what_is_no_history_is_refused(table: pd.DataFrame) -> None:
    with pytest.raises(SettingsError, match="losses or scores by epoch"):
        history_figure(table)
