"""Percentages of lightness, saturation and hue as imageseg means them."""

from __future__ import annotations

import colorsys
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from imageseg.augmentation.modulate import modulate, modulated

BROWN = np.array([[[200, 100, 50]]], np.uint8)
BYTE = st.integers(0, 255)
PERCENT = st.floats(0, 200)


def by_hand(rgb: tuple[int, ...], b: float, s: float, h: float) -> list[float]:
    """Do one colour with the standard library."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(v / 255 for v in rgb))
    hue = (hue + (h - 100) * 1.8 / 360) % 1
    lightness = min(lightness * b / 100, 1)
    saturation = min(saturation * s / 100, 1)
    return [255 * v for v in colorsys.hls_to_rgb(hue, lightness, saturation)]


@pytest.mark.parametrize(
    ("percents", "expected"),
    [
        ({"brightness": 110}, (208, 114, 67)),
        ({"hue": 120}, (200, 190, 50)),
        ({"hue": 80}, (200, 50, 90)),
        ({}, (200, 100, 50)),
        ({"brightness": 0}, (0, 0, 0)),
        ({"brightness": 200}, (253, 249, 247)),
        ({"saturation": 0}, (125, 125, 125)),
    ],
    ids=["lighter", "towards green", "towards red", "same", "black", "double", "grey"],
)
def test_one_colour_by_the_book(
    percents: dict[str, float], expected: tuple[int, ...]
) -> None:
    """The first three were computed with ImageMagick."""
    assert modulate(BROWN, **percents)[0, 0].tolist() == list(expected)


@given(rgb=st.tuples(BYTE, BYTE, BYTE), b=PERCENT, s=PERCENT, h=PERCENT)
def test_any_colour_is_that_of_the_standard_library(
    rgb: tuple[int, ...], b: float, s: float, h: float
) -> None:
    found = modulate(np.array([[rgb]], np.uint8), b, s, h)[0, 0]

    np.testing.assert_allclose(found, by_hand(rgb, b, s, h), atol=0.501)


@given(h=st.floats(0, 200))
def test_turning_the_hue_there_and_back_changes_nothing(h: float) -> None:
    colours = torch.rand(1, 3, 50, dtype=torch.float64)
    same = torch.tensor(100.0)
    there = modulated(colours, same, same, torch.tensor(h, dtype=torch.float64))
    back = modulated(there, same, same, torch.tensor(200 - h, dtype=torch.float64))

    torch.testing.assert_close(back, colours, atol=1e-4, rtol=0)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_no_change_returns_the_very_values(dtype: Any, rng: Any) -> None:
    image = rng.integers(0, np.iinfo(dtype).max, (9, 7, 3), dtype, endpoint=True)
    same = modulate(image)

    np.testing.assert_array_equal(same, image)
    assert same.dtype == dtype


def test_grey_values_are_multiplied_and_have_no_hue() -> None:
    grey = np.array([[0, 100, 250]], np.uint8)

    assert modulate(grey, 110, 50, 20).tolist() == [[0, 110, 255]]
    as_colours = modulate(np.repeat(grey[..., None], 3, -1), 110, 50, 20)
    np.testing.assert_array_equal(as_colours[..., 0], [[0, 110, 255]])
    assert (as_colours == as_colours[..., :1]).all()


def test_stacks_and_floats_keep_shape_and_type(rng: Any) -> None:
    stack = rng.random((2, 4, 5, 3), dtype=np.float32)
    changed = modulate(stack, hue=150)

    assert changed.shape == stack.shape
    assert changed.dtype == np.float32
    np.testing.assert_allclose(
        changed[1], modulate(stack[1], hue=150), rtol=1e-5, atol=1e-6
    )
