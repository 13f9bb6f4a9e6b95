"""What the command line shows: progress, tables, JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from imageseg.tasks import Progress, Task, drain

if TYPE_CHECKING:
    import pandas as pd

R = TypeVar("R")


def show_progress(task: Task[R], *, quiet: bool = False) -> R:
    """Drain a task behind a progress bar on standard error."""
    if quiet or not sys.stderr.isatty():
        return drain(task)
    from rich.console import Console  # noqa: PLC0415  only for people
    from rich.progress import Progress as Bar  # noqa: PLC0415

    with Bar(console=Console(stderr=True), transient=True) as bar:
        line = bar.add_task("starting", total=None)

        def report(step: Progress) -> None:
            # A bar whose total changes, as between parts, forgets its speed.
            total = 1.0 if step.total else None
            bar.update(
                line, completed=step.fraction, total=total, description=step.message
            )

        return drain(task, report)


def print_table(table: pd.DataFrame, *, as_json: bool) -> None:
    """Print a table for people or as JSON records."""
    if as_json:
        print(table.to_json(orient="records", indent=2))
        return
    print(table.to_string(index=False, float_format=lambda v: f"{v:.3f}", na_rep="-"))


def print_values(values: object, *, as_json: bool, text: str) -> None:
    """Print a text, or the values behind it as JSON."""
    print(json.dumps(values, indent=2, ensure_ascii=False) if as_json else text)


def print_markdown(text: str) -> None:
    """Print Markdown, laid out on a terminal and as it is elsewhere."""
    if not sys.stdout.isatty():
        print(text)
        return
    from rich.console import Console  # noqa: PLC0415  only for people
    from rich.markdown import Markdown  # noqa: PLC0415

    Console().print(Markdown(text))


def complain(messages: Sequence[str]) -> None:
    """Name what failed, on standard error."""
    for message in messages:
        print(f"imageseg: {message}", file=sys.stderr)


def failure(path: object, reason: object) -> str:
    """Return a sentence about a file; errors of reading it name it themselves."""
    text = str(reason)
    return text if str(path) in text else f"{path}: {text}"


def say(message: str) -> None:
    """Tell people where something was written, on standard error."""
    print(message, file=sys.stderr)


def count(n: int, noun: str) -> str:
    """Return ``1 image`` or ``3 images``."""
    return f"{n} {noun}" + ("" if n == 1 else "s")
