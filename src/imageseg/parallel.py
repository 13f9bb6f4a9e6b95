"""One function over many items, several at a time, in constant memory.

Threads, because what takes the time here - decoding, resizing, compressing -
runs in Pillow, zlib and numpy, which let other threads work meanwhile.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from imageseg.errors import ImageSegError, SettingsError

T = TypeVar("T")
R = TypeVar("R")

EXPECTED = (ImageSegError, OSError, MemoryError)
"""What may go wrong with one item and leaves the others alone."""

_AHEAD = 2  # items begun for each worker: enough to keep it busy


def map_ordered(
    function: Callable[[T], R], items: Iterable[T], jobs: int = 1
) -> Generator[R | Exception, None, None]:
    """Yield the result of each item in the order of the items.

    An item that fails with one of the `EXPECTED` exceptions yields it in place
    of a result, and the others go on; any other exception is a fault of the
    program and is raised. Closing the generator waits for the items begun and
    begins no others.

    Parameters
    ----------
    function
        Called once an item; by several threads at once if `jobs` is above 1.
    items
        Taken only a few ahead of what has been yielded.
    jobs
        How many at a time; 1 works in the calling thread, 0 takes every CPU.

    Raises
    ------
    SettingsError
        `jobs` is negative.
    """
    if jobs < 0:
        raise SettingsError("jobs", jobs, "0 (every CPU) or more")
    jobs = jobs or os.cpu_count() or 1
    if jobs == 1:
        for item in items:
            yield _attempt(function, item)
    else:
        yield from _in_threads(function, items, jobs)


def _in_threads(
    function: Callable[[T], R], items: Iterable[T], jobs: int
) -> Generator[R | Exception, None, None]:
    pool = ThreadPoolExecutor(jobs, thread_name_prefix="imageseg")
    waiting: deque[Future[R | Exception]] = deque()
    rest = iter(items)
    try:
        while True:
            for item in islice(rest, _AHEAD * jobs - len(waiting)):
                waiting.append(pool.submit(_attempt, function, item))
            if not waiting:
                return
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _attempt(function: Callable[[T], R], item: T) -> R | Exception:
    try:
        return function(item)
    except EXPECTED as error:
        return error
