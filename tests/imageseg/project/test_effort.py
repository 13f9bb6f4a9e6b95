"""The ledger survives what happens to it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from imageseg.effort import EffortRow
from imageseg.project.effort import append_effort, read_effort


def test_a_line_cut_short_costs_no_other(tmp_path: Path) -> None:
    path = tmp_path / "effort.csv"
    append_effort(path, (EffortRow(action="paint", seconds=2), EffortRow(action="x")))
    path.write_bytes(path.read_bytes()[:-6])

    append_effort(path, (EffortRow(action="train", accuracy=0.5),))

    assert [row.action for row in read_effort(path)] == ["paint", "train"]


def test_the_ledger_is_a_table(tmp_path: Path) -> None:
    path = tmp_path / "effort.csv"
    append_effort(path, (EffortRow(action="paint", image='a, "b"', strokes=4),))

    table = pd.read_csv(path)

    assert table.columns.tolist() == [
        *("time", "action", "image", "seconds", "strokes", "pixels", "accuracy")
    ]
    assert table["image"][0] == 'a, "b"'


def test_no_ledger_is_an_empty_one(tmp_path: Path) -> None:
    assert read_effort(tmp_path / "effort.csv") == []
