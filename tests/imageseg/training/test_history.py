"""Reports of a training."""

from __future__ import annotations

import dataclasses

import pytest

from imageseg.tasks import Progress
from imageseg.training import EpochProgress, EpochRow

ROW = EpochRow(
    epoch=3,
    loss=0.5,
    validation_loss=None,
    validation_dice=None,
    rate=1e-3,
    seconds=2.0,
)


def test_the_report_of_an_epoch_is_progress_with_a_row() -> None:
    report = EpochProgress(done=30, total=120, message="epoch 3 of 12", row=ROW)

    assert isinstance(report, Progress)
    assert report.fraction == 0.25
    assert report.row is ROW


def test_rows_cannot_be_changed_and_become_table_rows() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        ROW.loss = 0.1

    assert list(dataclasses.asdict(ROW)) == [
        "epoch",
        "loss",
        "validation_loss",
        "validation_dice",
        "rate",
        "seconds",
        "dice",
        "run",
    ]
