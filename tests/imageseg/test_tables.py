"""Tables are readable everywhere and survive what goes wrong while they grow."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from imageseg import tables
from imageseg.tables import GrowingTable, density_frame, write_table

if TYPE_CHECKING:
    from pathlib import Path


def full_disk(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let a test set the time: it is the last of these numbers."""
    times = [100.0]
    monkeypatch.setattr(tables.time, "monotonic", lambda: times[-1])
    return times


def test_a_table_is_read_back_by_pandas_and_opens_in_spreadsheets(
    tmp_path: Path,
) -> None:
    table = pd.DataFrame(
        {
            "image": ["forêt, nord.png", 'gap "2".png'],
            "sky_fraction": [1 / 3, float("nan")],
            "error": ["", "line one\nline two"],
        }
    )

    path = write_table(str(tmp_path / "new" / "density.csv"), table)

    assert path == tmp_path / "new" / "density.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbfimage,")
    for encoding in ("utf-8", "utf-8-sig"):
        back = pd.read_csv(path, encoding=encoding, keep_default_na=False)
        assert list(back) == list(table)
        assert back["image"].tolist() == table["image"].tolist()
        assert back["error"].tolist() == table["error"].tolist()
    assert pd.read_csv(path)["sky_fraction"][0] == 1 / 3


def test_rows_need_not_have_the_same_columns() -> None:
    rows = [
        {"image": "a", "error": "gone"},
        {"image": "b", "error": "", "pixels": 12, "sky_fraction": 0.5},
    ]

    table = density_frame(rows)

    assert list(table) == ["image", "pixels", "sky_fraction", "error"]
    assert table["pixels"].tolist() == [pd.NA, 12]
    assert table["pixels"].dtype == "Int64"


def test_no_rows_are_a_table_too() -> None:
    assert list(density_frame([])) == ["image", "model", "error"]


def test_a_full_disk_leaves_the_old_table_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_table(tmp_path / "t.csv", pd.DataFrame({"a": [1]}))
    before = path.read_bytes()
    monkeypatch.setattr(pd.DataFrame, "to_csv", full_disk)

    with pytest.raises(OSError, match=r"make room .*What was there .*t\.csv") as e:
        write_table(path, pd.DataFrame({"a": [2]}))

    assert e.value.errno == errno.ENOSPC
    assert e.value.filename == str(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_table_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")

    with pytest.raises(OSError, match="file"):
        write_table(tmp_path / "file" / "t.csv", pd.DataFrame())


def test_a_growing_table_is_on_disk_at_once_and_then_every_two_seconds(
    tmp_path: Path, clock: list[float]
) -> None:
    path = tmp_path / "t.csv"
    with GrowingTable(path) as table:
        table.add([{"image": "a"}])
        assert len(pd.read_csv(path)) == 1

        clock.append(101.9)
        table.add([{"image": "b"}])
        assert len(pd.read_csv(path)) == 1

        clock.append(102.0)
        table.add([{"image": "c"}])
        assert len(pd.read_csv(path)) == 3

        table.add([{"image": "d"}])
    assert pd.read_csv(path)["image"].tolist() == ["a", "b", "c", "d"]


def test_a_table_that_takes_long_to_write_is_written_less_often(
    tmp_path: Path, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []

    def slow(_path: Path, table: pd.DataFrame) -> None:
        written.append(len(table))
        clock.append(clock[-1] + 1)

    monkeypatch.setattr(tables, "write_table", slow)
    with GrowingTable(tmp_path / "t.csv") as table:
        for _ in range(40):  # one row a second
            table.add([{"image": "a"}])
            clock.append(clock[-1] + 1)

    assert written == [1, 21, 40]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, GeneratorExit, ValueError])
def test_what_interrupts_leaves_the_finished_rows(
    tmp_path: Path, clock: list[float], interruption: type[BaseException]
) -> None:
    path = tmp_path / "t.csv"

    def work() -> None:
        with GrowingTable(path) as table:
            table.add([{"image": "a"}])
            table.add([{"image": "b"}])
            raise interruption

    with pytest.raises(interruption):
        work()

    assert len(pd.read_csv(path)) == 2


def test_without_rows_nothing_is_written(tmp_path: Path) -> None:
    with GrowingTable(tmp_path / "t.csv") as table:
        table.add([])

    assert not list(tmp_path.iterdir())


def test_without_a_path_rows_stay_in_memory() -> None:
    with GrowingTable(None) as table:
        table.add([{"image": "a"}])

    assert table.frame()["image"].tolist() == ["a"]
