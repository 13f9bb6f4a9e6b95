"""People see progress and tables; programs read JSON."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from imageseg.cli.console import (
    complain,
    count,
    print_table,
    print_values,
    say,
    show_progress,
)
from imageseg.tasks import Progress

if TYPE_CHECKING:
    from imageseg.tasks import Task

TABLE = pd.DataFrame({"image": ["å.png", "b.png"], "sky": [1 / 3, float("nan")]})


def counting(closed: list[bool]) -> Task[str]:
    try:
        yield Progress(done=0, total=0, message="looking")
        yield Progress(done=1, total=2, message="half")
        yield Progress(done=2, total=2, message="all")
    finally:
        closed.append(True)
    return "result"


@pytest.mark.parametrize("quiet", [False, True])
@pytest.mark.parametrize("terminal", [False, True])
def test_a_task_is_drained_behind_a_bar_or_without(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    quiet: bool,
    terminal: bool,
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    monkeypatch.setenv("TTY_INTERACTIVE", "1")
    closed: list[bool] = []

    assert show_progress(counting(closed), quiet=quiet) == "result"

    captured = capsys.readouterr()
    assert closed == [True]
    assert captured.out == ""
    if quiet or not terminal:
        assert captured.err == ""


def test_the_bar_tells_what_is_being_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")

    show_progress(counting([]))

    assert "all" in capsys.readouterr().err


def test_a_table_is_aligned_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(TABLE, as_json=False)

    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [["image", "sky"], ["å.png", "0.333"], ["b.png", "-"]]


def test_a_table_is_records_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(TABLE, as_json=True)

    records = json.loads(capsys.readouterr().out)
    assert records[0]["image"] == "å.png"
    assert records[0]["sky"] == pytest.approx(1 / 3)
    assert records[1]["sky"] is None


def test_values_are_a_text_or_json(capsys: pytest.CaptureFixture[str]) -> None:
    print_values({"name": "forêt"}, as_json=False, text="a model")
    print_values({"name": "forêt"}, as_json=True, text="a model")

    text, *rest = capsys.readouterr().out.splitlines()
    assert text == "a model"
    assert json.loads("\n".join(rest)) == {"name": "forêt"}


def test_messages_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    complain(["one", "two"])
    say("done")

    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "imageseg: one\nimageseg: two\ndone\n"


@pytest.mark.parametrize(
    ("n", "text"), [(0, "0 images"), (1, "1 image"), (2, "2 images")]
)
def test_things_are_counted_in_english(n: int, text: str) -> None:
    assert count(n, "image") == text
