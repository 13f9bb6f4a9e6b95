"""Tasks report in order, end in a result, and clean up when they are cancelled."""

from __future__ import annotations

import pytest

from imageseg.tasks import Progress, Task, as_part, drain


def count(n: int, log: list[str]) -> Task[str]:
    try:
        for done in range(1, n + 1):
            yield Progress(done=done, total=n)
        return "finished"
    finally:
        log.append("closed")


def test_drain_returns_what_the_task_returns() -> None:
    log: list[str] = []

    assert drain(count(3, log)) == "finished"
    assert log == ["closed"]


def test_drain_passes_reports_on_in_order() -> None:
    seen: list[Progress] = []

    drain(count(3, []), seen.append)

    assert [p.done for p in seen] == [1, 2, 3]
    assert {p.total for p in seen} == {3}


def test_an_empty_task_still_has_a_result() -> None:
    assert drain(count(0, [])) == "finished"


def test_a_callback_that_raises_cancels_the_task() -> None:
    log: list[str] = []

    def stop(progress: Progress) -> None:
        if progress.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        drain(count(5, log), stop)

    assert log == ["closed"]


def test_an_error_in_the_task_reaches_the_caller() -> None:
    def fail() -> Task[None]:
        yield Progress(done=0, total=1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        drain(fail())


@pytest.mark.parametrize(
    ("done", "total", "fraction"),
    [(0, 4, 0.0), (1, 4, 0.25), (4, 4, 1.0), (5, 4, 1.0), (3, 0, 0.0)],
)
def test_the_fraction_never_leaves_zero_to_one(
    done: int, total: int, fraction: float
) -> None:
    assert Progress(done=done, total=total).fraction == fraction


def test_parts_of_a_longer_task_add_up() -> None:
    log: list[str] = []

    def both() -> Task[list[str]]:
        first = yield from as_part(count(2, log), 0, 2, label="first")
        second = yield from as_part(count(4, log), 1, 2)
        return [first, second]

    seen: list[Progress] = []

    assert drain(both(), seen.append) == ["finished", "finished"]
    assert [p.fraction for p in seen] == [0.25, 0.5, 0.625, 0.75, 0.875, 1.0]
    assert log == ["closed", "closed"]


def test_a_part_is_labelled_only_if_asked() -> None:
    def speak() -> Task[None]:
        yield Progress(done=1, total=1, message="hello")

    messages: list[str] = []
    for label in "", "part":
        drain(as_part(speak(), 0, 1, label=label), lambda p: messages.append(p.message))

    assert messages == ["hello", "part: hello"]


def test_cancelling_the_whole_closes_its_part() -> None:
    log: list[str] = []
    task = as_part(count(3, log), 0, 1)
    next(task)

    task.close()

    assert log == ["closed"]
