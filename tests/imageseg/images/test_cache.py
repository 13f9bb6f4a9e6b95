"""What was read last is kept, within a limit."""

from __future__ import annotations

import numpy as np

from imageseg.images import ReadCache


def test_a_cache_forgets_what_was_used_longest_ago() -> None:
    reads: list[str] = []

    def reading(key: str) -> np.ndarray:
        def read() -> np.ndarray:
            reads.append(key)
            return np.zeros(10, np.uint8)

        return cache.get(key, read)

    cache = ReadCache(room=25)
    for key in ("a", "b", "a", "c", "a", "b"):
        reading(key)

    assert reads == ["a", "b", "c", "b"]


def test_an_array_larger_than_the_room_is_not_kept() -> None:
    cache = ReadCache(room=5)
    arrays = [cache.get("a", lambda: np.zeros(10, np.uint8)) for _ in range(2)]

    assert arrays[0] is not arrays[1]
