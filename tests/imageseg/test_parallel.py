"""Work in parallel keeps its order, its memory and its failures to themselves."""

from __future__ import annotations

import threading
import time
from itertools import count, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseg.errors import ImageReadError, SettingsError
from imageseg.parallel import map_ordered

JOBS = pytest.mark.parametrize("jobs", [1, 2, 5], ids="{} jobs".format)


@given(st.lists(st.integers(), max_size=40), st.integers(1, 4))
def test_results_are_those_of_a_plain_loop(items: list[int], jobs: int) -> None:
    assert list(map_ordered(str, items, jobs)) == [str(i) for i in items]


def test_slow_items_do_not_lose_their_place() -> None:
    def wait(seconds: float) -> float:
        time.sleep(seconds)
        return seconds

    waits = [0.03, 0.0, 0.02, 0.0]

    assert list(map_ordered(wait, waits, 4)) == waits


@JOBS
def test_one_item_that_fails_is_a_result_and_the_others_go_on(jobs: int) -> None:
    def refuse_two(number: int) -> int:
        if number == 2:
            raise ImageReadError("two.png", "it is damaged.")
        return number

    first, second, third = map_ordered(refuse_two, [1, 2, 3], jobs)

    assert (first, third) == (1, 3)
    assert isinstance(second, ImageReadError)


@JOBS
def test_a_fault_of_the_program_is_raised(jobs: int) -> None:
    with pytest.raises(ZeroDivisionError):
        list(map_ordered(lambda n: 1 // n, [1, 0, 1], jobs))


@JOBS
def test_few_items_are_taken_ahead_of_what_is_yielded(jobs: int) -> None:
    taken = []

    def endless():
        for number in count():
            taken.append(number)
            yield number

    results = map_ordered(str, endless(), jobs)
    assert list(islice(results, 100)) == [str(i) for i in range(100)]
    results.close()

    assert len(taken) <= 100 + 2 * jobs


def test_closing_begins_no_others_and_waits_for_those_begun() -> None:
    begun, ended = [], []

    def slow(number: int) -> int:
        begun.append(number)
        time.sleep(0.02)
        ended.append(number)
        return number

    results = map_ordered(slow, range(1000), 2)
    next(results)
    results.close()

    assert sorted(begun) == sorted(ended)
    assert len(begun) <= 6


def test_several_work_at_the_same_time() -> None:
    meeting = threading.Barrier(3, timeout=10)  # breaks unless three come

    assert len(list(map_ordered(lambda _: meeting.wait(), range(6), 3))) == 6


def test_one_job_works_in_the_calling_thread() -> None:
    threads = set(map_ordered(lambda _: threading.get_ident(), range(3), 1))

    assert threads == {threading.get_ident()}


def test_no_jobs_take_every_cpu_and_less_is_refused() -> None:
    assert list(map_ordered(str, [1, 2], 0)) == ["1", "2"]
    with pytest.raises(SettingsError, match="jobs is -1"):
        next(map_ordered(str, [1], -1))
