"""Tiles partition a plane and carry enough context."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseg.errors import SettingsError
from imageseg.inference.tiles import tile_grid


@st.composite
def grids(draw: st.DrawFn) -> dict[str, object]:
    """Draw the arguments of a grid."""
    dims = draw(st.sampled_from([2, 2, 3]))
    stride = draw(st.sampled_from([1, 2, 4, 16] if dims == 2 else [1, 2, 4]))
    longest = 12 if dims == 2 else 6
    units = draw(st.lists(st.integers(1, longest), min_size=dims, max_size=dims))
    return {
        "shape": tuple(side * stride for side in units),
        "size": draw(st.integers(1, 150)),
        "halo": draw(st.integers(0, 70)),
        "stride": stride,
    }


@given(grids())
def test_inner_parts_cover_every_pixel_exactly_once(grid: dict) -> None:
    covered = np.zeros(grid["shape"], int)
    for tile in tile_grid(**grid):
        covered[tile.inner] += 1

    assert (covered == 1).all()


@given(grids())
def test_outer_parts_lie_in_the_plane_and_reach_the_halo_or_its_edge(
    grid: dict,
) -> None:
    for tile in tile_grid(**grid):
        for outer, inner, side in zip(
            tile.outer, tile.inner, grid["shape"], strict=True
        ):
            assert 0 <= outer.start <= inner.start < inner.stop <= outer.stop <= side
            assert outer.start == 0 or inner.start - outer.start >= grid["halo"]
            assert outer.stop == side or outer.stop - inner.stop >= grid["halo"]


@given(grids())
def test_every_edge_lies_on_the_pooling_grid(grid: dict) -> None:
    for tile in tile_grid(**grid):
        for part in (*tile.outer, *tile.inner):
            assert part.start % grid["stride"] == 0
            assert part.stop % grid["stride"] == 0


@given(grids())
def test_no_inner_part_is_larger_than_asked_or_empty(grid: dict) -> None:
    largest = max(grid["size"], grid["stride"])
    for tile in tile_grid(**grid):
        assert all(0 < s.stop - s.start <= largest for s in tile.inner)


@given(grids())
def test_the_local_part_of_the_outer_is_the_inner(grid: dict) -> None:
    plane = np.arange(np.prod(grid["shape"])).reshape(grid["shape"])
    for tile in tile_grid(**grid):
        np.testing.assert_array_equal(plane[tile.outer][tile.local], plane[tile.inner])


def test_tiles_are_about_equally_large() -> None:
    sides = {
        t.inner[1].stop - t.inner[1].start
        for t in tile_grid((16, 1040), size=512, halo=16, stride=16)
    }

    assert sides <= {336, 352}  # 1040 = 3 spans, never 512 + 512 + 16


def test_a_plane_smaller_than_a_tile_is_one_tile() -> None:
    (tile,) = tile_grid((32, 48), size=1024, halo=112, stride=16)

    assert tile.inner == tile.outer == (slice(0, 32), slice(0, 48))


@pytest.mark.parametrize("shape", [(33, 32), (32, 40), (32, 32, 15)])
def test_sides_off_the_pooling_grid_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(SettingsError, match="multiples of 16"):
        tile_grid(shape, size=64, halo=16, stride=16)
