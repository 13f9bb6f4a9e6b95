"""The loss curve: what is drawn of each epoch."""

from __future__ import annotations

import pytest

from imageseg.training.history import EpochRow
from napari_imageseg.panels.curve import LossCurve


def row(epoch: int, validation: float | None) -> EpochRow:
    return EpochRow(
        epoch=epoch,
        loss=1 / epoch,
        validation_loss=validation,
        validation_dice=None,
        rate=1e-3,
        seconds=1.0,
    )


@pytest.fixture
def curve(qtbot) -> LossCurve:
    """Return an empty curve."""
    curve = LossCurve()
    qtbot.addWidget(curve)
    return curve


def lines(curve: LossCurve) -> dict[str, list[tuple[float, float]]]:
    return {
        line.get_label(): list(zip(line.get_xdata(), line.get_ydata(), strict=True))
        for line in curve._axes.get_lines()
    }


def test_both_losses_are_drawn_even_at_nought(curve) -> None:
    curve.add(row(1, 0.5))
    curve.add(row(2, 0.0))

    assert lines(curve) == {
        "training": [(1, 1), (2, 0.5)],
        "held out": [(1, 0.5), (2, 0)],
    }
    assert curve._axes.get_xlabel() == "epoch"
    assert curve._axes.get_ylabel() == "loss"


def test_without_held_out_images_there_is_one_line(curve) -> None:
    curve.add(row(1, None))

    assert list(lines(curve)) == ["training"]


def test_a_cleared_curve_starts_anew(curve) -> None:
    for epoch in (1, 2, 3):
        curve.add(row(epoch, 0.5))
    curve.clear()
    curve.add(row(1, None))

    assert lines(curve) == {"training": [(1, 1)]}
