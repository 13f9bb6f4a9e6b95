"""Axes of files become ours, and parts are those of the whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseg.images.layout import Layout, lengths, resolve


@pytest.mark.parametrize(
    ("axes", "shape", "ours", "colour", "moved"),
    [
        ("YX", (6, 9), "YX", "grey", "YX"),
        ("YXS", (6, 9, 3), "YXC", "rgb", "YXS"),
        ("SYX", (3, 6, 9), "YXC", "rgb", "YXS"),
        ("CYX", (3, 6, 9), "YXC", "channels", "YXC"),
        ("CYX", (4, 6, 9), "YXC", "channels", "YXC"),
        ("CYX", (1, 6, 9), "YX", "grey", "YX"),
        ("ZCYX", (5, 2, 6, 9), "ZYXC", "channels", "ZYXC"),
        ("TZCYX", (1, 5, 1, 6, 9), "ZYX", "grey", "ZYX"),
        ("ZTYX", (5, 4, 6, 9), "TZYX", "grey", "TZYX"),
        ("TCZYX", (4, 2, 5, 6, 9), "TZYXC", "channels", "TZYXC"),
        ("IYX", (5, 6, 9), "ZYX", "grey", "IYX"),
        ("QYXS", (5, 6, 9, 3), "ZYXC", "rgb", "QYXS"),
        ("QIYX", (4, 5, 6, 9), "QZYX", "grey", "QIYX"),
        ("TIYX", (4, 5, 6, 9), "TZYX", "grey", "TIYX"),
        ("QZYX", (4, 5, 6, 9), "QZYX", "grey", "QZYX"),
        ("CYXS", (2, 6, 9, 3), "ZYXC", "rgb", "CYXS"),
        ("YXZ", (6, 9, 5), "ZYX", "grey", "ZYX"),
        ("YX", (1, 1), "YX", "grey", "YX"),
    ],
)
def test_channels_go_last_and_time_before_slices(
    axes: str, shape: tuple[int, ...], ours: str, colour: str, moved: str
) -> None:
    stored = np.arange(np.prod(shape)).reshape(shape)
    layout = Layout.of(axes, shape)
    expected = (
        np.einsum(f"{axes}->{moved}", stored.squeeze())
        if (stored.squeeze().ndim == len(axes))
        else stored.reshape(layout.shape)
    )

    assert (layout.axes, layout.colour) == (ours, colour)
    assert layout.shape == expected.shape
    np.testing.assert_array_equal(layout.take(stored), expected)


@pytest.mark.parametrize("samples", [2, 4])
def test_alpha_is_left_out_of_samples_but_not_of_channels(samples: int) -> None:
    stored = np.arange(54 * samples).reshape(6, 9, samples)
    shown = Layout.of("YXS", stored.shape).take(stored)

    np.testing.assert_array_equal(shown, stored[..., :-1].squeeze())
    np.testing.assert_array_equal(Layout.of("YXC", stored.shape).take(stored), stored)


@pytest.mark.parametrize(
    ("axes", "shape"), [("X", (5,)), ("ZC", (2, 3)), ("YX", (0, 5))]
)
def test_what_has_no_rows_or_columns_is_no_image(
    axes: str, shape: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match="are no image"):
        Layout.of(axes, shape)


@st.composite
def selections(draw: st.DrawFn) -> tuple[str, tuple[int, ...], Any]:
    """Draw stored axes, their lengths, and an index into the image of them."""
    axes = "".join(draw(st.permutations("TZCYX")))
    shape = tuple(draw(st.integers(1, 5)) for _ in axes)
    ours = Layout.of(axes, shape).shape
    entry = [
        st.integers(-n, n - 1) | st.slices(n).filter(lambda s: (s.step or 1) > 0)
        for n in ours
    ]
    key = [draw(e) for e in entry[: draw(st.integers(0, len(ours)))]]
    if len(key) < len(ours) and draw(st.booleans()):
        key.append(Ellipsis)
    return axes, shape, tuple(key)


@given(selections())
def test_a_part_is_that_of_the_whole(case: tuple[str, tuple[int, ...], Any]) -> None:
    axes, shape, key = case
    stored = np.arange(np.prod(shape)).reshape(shape)
    layout = Layout.of(axes, shape)
    selection = resolve(key, layout.shape)

    part = layout.take(stored, selection)

    expected = layout.take(stored)[key]
    np.testing.assert_array_equal(part, expected)
    assert lengths(selection) == expected.shape
    assert part.flags.writeable
    assert not np.shares_memory(part, stored) or part.flags.c_contiguous


def test_parts_come_in_the_byte_order_of_this_computer() -> None:
    part = Layout.of("YX", (2, 3)).take(np.ones((2, 3), ">u2"))

    assert part.dtype.isnative
    assert part.sum() == 6


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ((0, 0, 0), "does not fit 2 axes"),
        ((..., ...), "does not fit 2 axes"),
        (5, "5 is outside an axis of 4"),
        (-5, "-5 is outside"),
        (slice(None, None, -1), "backwards"),
        ([1, 2], "no integer, slice or ellipsis"),
        (None, "no integer, slice or ellipsis"),
    ],
    ids=str,
)
def test_other_indices_are_refused(key: object, text: str) -> None:
    with pytest.raises(IndexError, match=text):
        resolve(key, (4, 6))
