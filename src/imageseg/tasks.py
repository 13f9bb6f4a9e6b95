"""Long work as generators: each step reports progress and may be cancelled.

A task never calls back: the command line, the plugin, tests and notebooks all
drain the same generator, and closing it is cancelling it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

R = TypeVar("R")

_PART = 1000  # progress inside a part is counted in thousandths


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a task has come.

    Attributes
    ----------
    done, total
        Steps finished and steps in all; `total` is 0 while it is unknown.
    message
        What is being done, for people: ``"tile 14 of 20"``.
    """

    done: int
    total: int
    message: str = ""

    @property
    def fraction(self) -> float:
        """Share of the work that is done, 0 to 1."""
        return min(self.done / self.total, 1.0) if self.total else 0.0


Task = Generator[Progress, None, R]
"""Long work that ends in an `R`."""


def drain(task: Task[R], on_progress: Callable[[Progress], None] | None = None) -> R:
    """Run a task to its end and return its result.

    Parameters
    ----------
    task
        The generator to run.
    on_progress
        Called with every report; what it raises cancels the task.
    """
    try:
        while True:
            progress = next(task)
            if on_progress is not None:
                on_progress(progress)
    except StopIteration as stop:
        result: R = stop.value
        return result
    finally:
        task.close()


def as_part(task: Task[R], part: int, parts: int, *, label: str = "") -> Task[R]:
    """Run a task as one of several parts of a longer one.

    Parameters
    ----------
    task
        The task; its result is returned.
    part, parts
        Which part it is, from 0, and of how many.
    label
        Put before its messages.
    """
    try:
        while True:
            step = next(task)
            yield Progress(
                done=round(_PART * (part + step.fraction)),
                total=_PART * parts,
                message=f"{label}: {step.message}" if label else step.message,
            )
    except StopIteration as stop:
        result: R = stop.value
        return result
    finally:
        task.close()
