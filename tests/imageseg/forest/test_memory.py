"""Features that are not computed twice."""

from __future__ import annotations

import numpy as np
import pytest

from imageseg.forest import PixelMemory


class Describer:
    """Describes a pixel by its place, and counts those it was asked for."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, places: np.ndarray) -> np.ndarray:
        self.asked += len(places)
        return np.stack([places[:, 0] * 1000.0 + places[:, 1]] * 3, 1).astype("f4")


@pytest.fixture
def places(rng: np.random.Generator) -> np.ndarray:
    """Return 500 pixels of 100 × 100, in no order."""
    flat = rng.choice(10_000, 500, replace=False)
    return np.stack(np.unravel_index(flat, (100, 100)), 1)


def test_only_what_is_new_is_described(places) -> None:
    memory, describe = PixelMemory(), Describer()
    first = memory.features("a", places[:300], describe)
    both = memory.features("a", places, describe)
    again = memory.features("a", places[::-1], describe)

    assert describe.asked == 500
    np.testing.assert_array_equal(first, Describer()(places[:300]))
    np.testing.assert_array_equal(both, Describer()(places))
    np.testing.assert_array_equal(again, Describer()(places[::-1]))


def test_regions_do_not_mix(places) -> None:
    memory, describe = PixelMemory(), Describer()
    memory.features("a", places, describe)
    memory.features("b", places, describe)

    assert describe.asked == 1000


def test_what_was_used_longest_ago_is_forgotten(places) -> None:
    each = 500 * (8 + 12)  # bytes of a region
    memory, describe = PixelMemory(room=4 * each + 1), Describer()
    for region in "abcd":
        memory.features(region, places, describe)
    memory.features("a", places, describe)
    memory.features("e", places, describe)  # pushes b out
    assert describe.asked == 5 * 500

    memory.features("a", places, describe)
    assert describe.asked == 5 * 500
    memory.features("b", places, describe)
    assert describe.asked == 6 * 500


def test_what_is_only_looked_up_pushes_nothing_out(places) -> None:
    each = 500 * (8 + 12)  # bytes of a region
    memory, describe = PixelMemory(room=4 * each + 1), Describer()
    for region in "abcd":
        memory.features(region, places[:300], describe)
    asked = describe.asked
    for region in "aefgh":  # 200 of the first are new, and all of the others
        found = memory.features(region, places, describe, keep=False)
        np.testing.assert_array_equal(found, Describer()(places))
    assert describe.asked == asked + 200 + 4 * 500

    for region in "abcd":
        memory.features(region, places[:300], describe)
    assert describe.asked == asked + 200 + 4 * 500
    memory.features("a", places, describe, keep=False)
    assert describe.asked == asked + 2 * 200 + 4 * 500


def test_one_region_does_not_push_out_all_others(places) -> None:
    memory, describe = PixelMemory(room=500 * 12), Describer()
    memory.features("large", places, describe)
    memory.features("large", places, describe)

    assert describe.asked == 1000
