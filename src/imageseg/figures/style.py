"""How all figures look: sizes, colours, texts, legends, scales."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.patches import Rectangle
from matplotlib.textpath import TextPath

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from imageseg.classes import ClassScheme

FONT = 8.0  # pt
INK, FAINT = "#222222", "#8a8a8a"
NEUTRAL = "#9c9c9c"
"""Of pixels that nobody annotated, and of what is in no class."""

MARGIN, GAP, LINE = 0.15, 0.08, 0.17  # inches
_ASCENT = 0.12
_PATCH = 0.18, 0.1  # width and height of a colour in a legend


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of a legend.

    Attributes
    ----------
    text
        What the colour stands for.
    colour
        ``#rrggbb``.
    """

    text: str
    colour: str


Legend = Sequence[Sequence[Key]]
"""Groups of keys; each begins a new line."""


def class_keys(scheme: ClassScheme) -> list[Key]:
    """Return the legend of a scheme: names and colours."""
    return [Key(c.name, c.colour) for c in scheme]


def new_figure(width: float, height: float) -> Figure:
    """Return an empty white figure of a size in inches, which no window manages."""
    return Figure(figsize=(width, height), facecolor="white")


def axes_at(figure: Figure, left: float, top: float, size: tuple[float, float]) -> Axes:
    """Add axes at inches from the left and the top; `size` is (width, height)."""
    width, height = (float(side) for side in figure.get_size_inches())
    box = (
        left / width,
        1 - (top + size[1]) / height,
        size[0] / width,
        size[1] / height,
    )
    return figure.add_axes(box)


def write_at(
    figure: Figure, left: float, top: float, *lines: str, colour: str = INK
) -> None:
    """Write lines whose first begins at inches from the left and the top."""
    width, height = (float(side) for side in figure.get_size_inches())
    for i, line in enumerate(lines):
        baseline = top + LINE * i + _ASCENT
        figure.text(
            left / width, 1 - baseline / height, plain(line), size=FONT, color=colour
        )


def legend_height(legend: Legend, width: float) -> float:
    """Return the inches that a legend takes below pictures of this width."""
    return LINE * len(_lines(legend, width))


def draw_legend(
    figure: Figure, legend: Legend, left: float, top: float, width: float
) -> None:
    """Draw a legend, in as many lines as the width in inches asks for."""
    page = tuple(float(side) for side in figure.get_size_inches())
    for i, line in enumerate(_lines(legend, width)):
        for start, key in line:
            lower = top + LINE * i + _ASCENT + 0.01
            figure.add_artist(
                Rectangle(
                    ((left + start) / page[0], 1 - lower / page[1]),
                    _PATCH[0] / page[0],
                    _PATCH[1] / page[1],
                    facecolor=key.colour,
                    edgecolor=FAINT,
                    linewidth=0.5,
                )
            )
            write_at(figure, left + start + _PATCH[0] + GAP, top + LINE * i, key.text)


def draw_grey_scale(figure: Figure, left: float, top: float, text: str) -> None:
    """Draw that black stands for 0 and white for 1, one line high."""
    start = left + text_width(text) + 2 * GAP
    for place, word in ((left, text), (start, "0"), (start + 1.0 + 3 * GAP, "1")):
        write_at(figure, place, top, word)
    axes = axes_at(figure, start + 2 * GAP, top + 0.02, (1.0, _PATCH[1] + 0.01))
    axes.imshow(np.linspace(0, 1, 256)[None], cmap="gray", aspect="auto")
    frame(axes)


def frame(axes: Axes) -> None:
    """Leave nothing of the axes but a thin frame."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set(linewidth=0.4, color=FAINT)


def clear_spines(axes: Axes) -> None:
    """Leave the left and the lower axis of a plot, thin."""
    for name, spine in axes.spines.items():
        spine.set(visible=name in {"left", "bottom"}, linewidth=0.6, color=INK)
    axes.tick_params(labelsize=FONT, width=0.6, length=3, colors=INK)


def fitted(text: str, width: float) -> str:
    """Shorten a text in its middle until it fits into inches: names differ at ends."""
    if text_width(text) <= width:
        return text
    lengths = range(2, len(text))
    fitting = bisect_right(lengths, width, key=lambda n: text_width(_cut(text, n)))
    return _cut(text, lengths[max(fitting - 1, 0)])


@lru_cache(maxsize=4096)
def text_width(text: str) -> float:
    """Return how wide a text is drawn, inches."""
    if not text.strip():
        return 0.0
    return float(TextPath((0, 0), plain(text), size=FONT).get_extents().x1) / 72


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Return a text that is drawn as it stands: no formulas, no missing glyphs.

    Matplotlib warns of characters that its default font lacks; they become boxes here.
    """
    known = _known_characters()
    shown = "".join(c if ord(c) in known else "□" for c in text)
    return shown.replace("$", r"\$")


def _cut(text: str, length: int) -> str:
    """Leave so many letters, one of them an ellipsis."""
    head = length // 2
    return f"{text[:head]}…{text[len(text) - (length - 1 - head) :]}"


def _lines(legend: Legend, width: float) -> list[list[tuple[float, Key]]]:
    """Fill lines with keys and where they start; every group begins a line."""
    lines: list[list[tuple[float, Key]]] = []
    for group in legend:
        start = width  # no line is begun yet
        for key in group:
            needed = _PATCH[0] + GAP + text_width(key.text)
            if start + needed > width:
                lines.append([])
                start = 0.0
            lines[-1].append((start, key))
            start += needed + 2 * GAP
    return lines


@cache
def _known_characters() -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties())).get_charmap())
