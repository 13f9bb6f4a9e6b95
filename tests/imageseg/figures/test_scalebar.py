"""Scale bars have round lengths and a known place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseg.figures.scalebar import draw_scale_bar, round_length
from imageseg.figures.style import axes_at, new_figure
from imageseg.units import PixelSize


@pytest.mark.parametrize(
    ("longest", "length"),
    [(1, 1), (1.9, 1), (2, 2), (49, 20), (50, 50), (0.3, 0.2), (0.001, 0.001)],
)
def test_lengths_are_1_2_or_5(longest: float, length: float) -> None:
    assert round_length(longest) == pytest.approx(length)


@given(st.floats(1e-6, 1e6))
def test_the_length_is_never_much_shorter_than_possible(longest: float) -> None:
    assert longest / 2.5 * (1 - 1e-6) <= round_length(longest) <= longest * (1 + 1e-6)


def test_pixels_that_are_no_squares_are_drawn_so() -> None:
    axes = axes_at(new_figure(3, 3), 0.5, 0.5, (2, 2))
    draw_scale_bar(axes, PixelSize(2.0, 0.5, unit="mm"), (100, 400))

    assert axes.get_aspect() == 4.0
    assert axes.patches[0].get_width() == pytest.approx(50 / 0.5)
    assert axes.texts[0].get_text() == "50 mm"
