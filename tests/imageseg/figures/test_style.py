"""Texts fit, legends break into lines, and names are drawn as they stand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg

from imageseg.figures.style import (
    LINE,
    Key,
    draw_legend,
    fitted,
    legend_height,
    new_figure,
    plain,
    text_width,
    write_at,
)


@settings(deadline=None)  # fonts are found once
@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=60))
def test_shortened_texts_keep_their_ends(text: str) -> None:
    short = fitted(text, 1.0)

    assert text_width(short) <= 1.0
    head, cut, tail = short.partition("…")
    assert text.startswith(head)
    assert text.endswith(tail)
    assert bool(cut) == (short != text)


def test_the_width_is_that_of_the_drawn_text() -> None:
    figure = new_figure(4, 1)
    canvas = FigureCanvasAgg(figure)
    write_at(figure, 0.1, 0.1, "background 0.37")

    drawn = figure.texts[0].get_window_extent(canvas.get_renderer()).width / figure.dpi
    assert text_width("background 0.37") == pytest.approx(drawn, abs=0.03)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a$x^2$b", r"a\$x^2\$b"),
        ("森.png", "□.png"),
        ("two\nlines", "two□lines"),
        ("µm – ‹ü›", "µm – ‹ü›"),
    ],
)
def test_texts_are_no_formulas_and_miss_no_glyphs(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_a_narrow_legend_has_more_lines() -> None:
    keys = [Key(f"class {i}", "#ff0000") for i in range(6)]

    assert legend_height([keys], 20) == LINE
    assert legend_height([keys], 0.1) == pytest.approx(6 * LINE)
    assert legend_height([keys, keys], 20) == 2 * LINE
    assert legend_height([], 20) == 0


def test_no_entry_of_a_legend_is_cut_off() -> None:
    figure = new_figure(3, 2)
    keys = [Key(f"a rather long class {i}", "#ff0000") for i in range(5)]
    draw_legend(figure, [keys], 0.2, 0.2, 2.6)

    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [text.get_window_extent(renderer) for text in figure.texts]
    assert all(box.x1 <= 2.8 * figure.dpi for box in boxes)
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])
