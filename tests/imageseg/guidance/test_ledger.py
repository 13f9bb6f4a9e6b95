"""Human seconds, strokes, and the Dice they led to."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from imageseg.errors import ImageReadError, SettingsError
from imageseg.guidance import Ledger

DAY = 1_700_000_000.0


def test_seconds_are_pauses_up_to_the_limit() -> None:
    """Pauses of 5, 10 and 3600 s with a limit of 30 s: 5 + 10 + 30."""
    ledger = Ledger(idle=30)
    for time in (0, 5, 15, 3615):
        ledger.work("paint", "a", time=DAY + time)

    assert ledger.seconds == 45


def test_strokes_of_one_kind_on_one_image_are_one_entry() -> None:
    ledger = Ledger()
    for time in (0, 4, 9):
        ledger.work("paint", "a", time=DAY + time, pixels=100)
    ledger.work("erase", "a", time=DAY + 12, pixels=7)
    ledger.work("paint", "b", time=DAY + 20)
    paint, erase, other = ledger

    assert (paint.strokes, paint.pixels, paint.seconds) == (3, 300, 9)
    assert (erase.time, erase.seconds, erase.pixels) == (DAY + 9, 3, 7)
    assert (other.image, other.seconds) == ("b", 8)


def test_a_long_pause_begins_a_new_entry() -> None:
    ledger = Ledger(idle=30)
    ledger.work("paint", "a", time=DAY)
    ledger.work("paint", "a", time=DAY + 31)

    assert [entry.strokes for entry in ledger] == [1, 1]
    assert ledger.entries[1].time == DAY + 1


def test_the_machine_neither_costs_nor_interrupts() -> None:
    ledger = Ledger()
    ledger.work("paint", "a", time=DAY)
    ledger.event("train", time=DAY + 6, dice=0.81)
    ledger.work("paint", "a", time=DAY + 10)

    assert ledger.seconds == 10
    assert [entry.dice for entry in ledger] == [None, 0.81, None]


def test_a_clock_that_goes_back_costs_nothing() -> None:
    ledger = Ledger()
    ledger.work("paint", "a", time=DAY)
    ledger.work("paint", "a", time=DAY - 50)

    assert ledger.seconds == 0


def test_the_table_has_running_sums() -> None:
    ledger = Ledger()
    ledger.work("paint", "a", time=DAY, strokes=2, pixels=50)
    ledger.work("paint", "b", time=DAY + 8, pixels=10)
    table = ledger.frame()

    assert table["total_seconds"].tolist() == [0, 8]
    assert table["total_strokes"].tolist() == [2, 3]
    assert table["total_pixels"].tolist() == [50, 60]
    assert table["time"][0] == "2023-11-14T22:13:20.000+00:00"


def test_an_empty_log_has_the_same_columns() -> None:
    ledger = Ledger()
    ledger.work("paint", "a", time=DAY)

    assert list(Ledger().frame()) == list(ledger.frame())


def test_a_saved_log_goes_on(tmp_path: Path) -> None:
    ledger = Ledger()
    ledger.work("paint", "NA", time=DAY + 0.25, pixels=9)
    ledger.event("train", time=DAY + 6, dice=0.81)
    loaded = Ledger.load(ledger.save(tmp_path / "effort.csv"))
    loaded.work("paint", "NA", time=DAY + 86_400)

    assert loaded.entries[:2] == ledger.entries
    assert loaded.seconds == ledger.seconds  # the night between does not count


def test_a_file_that_is_no_log_is_named(tmp_path: Path) -> None:
    path = tmp_path / "effort.csv"
    pd.DataFrame({"a": [1]}).to_csv(path)

    with pytest.raises(ImageReadError, match=r"effort\.csv"):
        Ledger.load(path)


def test_the_limit_of_a_pause_is_positive() -> None:
    with pytest.raises(SettingsError, match="idle"):
        Ledger(idle=0)
