"""Human seconds, strokes, and the Dice they led to."""

from __future__ import annotations

import pytest

from imageseg.effort import EffortRow, Ledger, effort_table
from imageseg.errors import SettingsError

DAY = 1_700_000_000.0


def seconds(ledger: Ledger) -> float:
    return sum(row.seconds for row in ledger.rows)


def test_seconds_are_pauses_up_to_the_limit() -> None:
    """Pauses of 5, 10 and 3600 s with a limit of 30 s: 5 + 10 + 30."""
    ledger = Ledger(idle=30)
    for time in (0, 5, 15, 3615):
        ledger.work("paint", "a", time=DAY + time)

    assert seconds(ledger) == 45


def test_strokes_of_one_kind_on_one_image_are_one_row() -> None:
    ledger = Ledger()
    for time in (0, 4, 9):
        ledger.work("paint", "a", time=DAY + time, pixels=100)
    ledger.work("erase", "a", time=DAY + 12, pixels=7)
    ledger.work("paint", "b", time=DAY + 20)
    paint, erase, other = ledger.rows

    assert (paint.strokes, paint.pixels, paint.seconds) == (3, 300, 9)
    assert (erase.seconds, erase.pixels) == (3, 7)
    assert (other.image, other.seconds) == ("b", 8)
    assert paint.time == "2023-11-14T22:13:29+00:00"


def test_a_long_pause_begins_a_new_row() -> None:
    ledger = Ledger(idle=30)
    ledger.work("paint", "a", time=DAY)
    ledger.work("paint", "a", time=DAY + 31)

    assert [row.strokes for row in ledger.rows] == [1, 1]


def test_the_machine_neither_costs_nor_interrupts() -> None:
    ledger = Ledger()
    ledger.work("paint", "a", time=DAY)
    ledger.event("train", time=DAY + 6, accuracy=0.81)
    ledger.work("paint", "a", time=DAY + 10)

    assert seconds(ledger) == 10
    assert [row.accuracy for row in ledger.rows] == [None, 0.81, None]


def test_a_clock_that_goes_back_costs_nothing() -> None:
    ledger = Ledger()
    ledger.work("paint", "a", time=DAY)
    ledger.work("paint", "a", time=DAY - 50)

    assert seconds(ledger) == 0


def test_rows_are_handed_over_once_and_time_goes_on() -> None:
    ledger = Ledger()
    ledger.work("paint", "a", time=DAY)
    (first,) = ledger.take()
    ledger.work("paint", "a", time=DAY + 7)
    (second,) = ledger.take()

    assert (first.strokes, second.strokes) == (1, 1)
    assert second.seconds == 7
    assert ledger.take() == ()


def test_the_table_has_running_sums() -> None:
    rows = [
        EffortRow(action="paint", image="a", seconds=4, strokes=2, pixels=50),
        EffortRow(action="train", accuracy=0.81),
        EffortRow(action="paint", image="b", seconds=8, strokes=1, pixels=10),
    ]
    table = effort_table(rows)

    assert table["total_seconds"].tolist() == [4, 4, 12]
    assert table["total_strokes"].tolist() == [2, 2, 3]
    assert table["total_pixels"].tolist() == [50, 50, 60]
    assert table["accuracy"][1] == 0.81


def test_an_empty_log_has_the_same_columns() -> None:
    assert list(effort_table([])) == list(effort_table([EffortRow(action="paint")]))


def test_the_limit_of_a_pause_is_positive() -> None:
    with pytest.raises(SettingsError, match="idle"):
        Ledger(idle=0)
