"""Pages of pictures: rows with names, and grids with titles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Self

from imageseg.figures.pictures import Picture, shrunk
from imageseg.figures.style import (
    GAP,
    LINE,
    MARGIN,
    Legend,
    axes_at,
    draw_grey_scale,
    draw_legend,
    fitted,
    frame,
    legend_height,
    new_figure,
    write_at,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROWS_PER_PAGE = 8
_ROW = 1.25  # inches
_TEXT = 1.55
_WIDEST_CELL = 1.6  # width by height, of a table's cells
_NARROWEST = 4.0  # longer by shorter side, of a grid's cells
_TITLE = 0.22


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One image in a table of pictures.

    Attributes
    ----------
    name
        At the left.
    notes
        Lines below the name: densities, scores.
    pictures
        One a column, (Y, X, 3).
    """

    name: str
    notes: tuple[str, ...]
    pictures: tuple[Picture, ...]

    @classmethod
    def of(cls, name: str, notes: Sequence[str], pictures: Iterable[Picture]) -> Self:
        """Keep of the pictures what print needs."""
        return cls(name, tuple(notes), tuple(shrunk(p) for p in pictures))


def pages(
    rows: Iterable[Row], draw: Callable[[Sequence[Row]], Figure]
) -> Iterator[Figure]:
    """Draw rows page by page, holding those of one page at a time."""
    rows = iter(rows)
    while page := list(islice(rows, ROWS_PER_PAGE)):
        yield draw(page)


def picture_table(
    titles: Sequence[str], rows: Sequence[Row], *, legend: Legend, grey: str = ""
) -> Figure:
    """Lay out rows of pictures under column titles, with a legend below.

    Parameters
    ----------
    titles
        One a column.
    rows
        From the top.
    legend
        Of the colours.
    grey
        What grey values of 0 to 1 stand for; without it there is no scale.
    """
    cell = (_ROW * _aspect([row.pictures[0] for row in rows], _WIDEST_CELL), _ROW)
    columns = (cell[0] + GAP) * len(titles) - GAP
    width = _TEXT + columns + 2 * MARGIN
    bottom = MARGIN + _TITLE + (_ROW + GAP) * len(rows)
    below = _footer_height(legend, width - 2 * MARGIN, grey)
    figure = new_figure(width, bottom + below + MARGIN)
    lefts = [MARGIN + _TEXT + (cell[0] + GAP) * i for i in range(len(titles))]
    for left, title in zip(lefts, titles, strict=True):
        write_at(figure, left, MARGIN, fitted(title, cell[0]))
    for i, row in enumerate(rows):
        top = MARGIN + _TITLE + (_ROW + GAP) * i
        _write_row(figure, row, top)
        for left, picture in zip(lefts, row.pictures, strict=True):
            show(axes_at(figure, left, top, cell), picture)
    _draw_footer(figure, legend, grey, bottom)
    return figure


def picture_grid(
    pictures: Sequence[Picture],
    titles: Sequence[str],
    *,
    columns: int = 1,
    side: float = 2.4,
    legend: Legend = (),
    grey: str = "",
) -> Figure:
    """Lay out pictures in a grid, each below its title, with a legend below all.

    Parameters
    ----------
    pictures, titles
        One title a picture; row by row.
    columns
        Pictures beside each other.
    side
        Longer side of a cell, inches.
    legend, grey
        As in `picture_table`.
    """
    columns = min(columns, len(pictures))
    aspect = _aspect(pictures, _NARROWEST)
    cell = (side * min(aspect, 1), side * min(aspect, 1) / aspect)
    width = max((cell[0] + GAP) * columns - GAP, side) + 2 * MARGIN
    step = _TITLE + cell[1] + GAP
    bottom = MARGIN + step * -(-len(pictures) // columns)
    below = _footer_height(legend, width - 2 * MARGIN, grey)
    figure = new_figure(width, bottom + below + MARGIN)
    for i, (picture, title) in enumerate(zip(pictures, titles, strict=True)):
        left = MARGIN + (cell[0] + GAP) * (i % columns)
        top = MARGIN + step * (i // columns)
        write_at(figure, left, top, fitted(title, cell[0]))
        show(axes_at(figure, left, top + _TITLE, cell), shrunk(picture))
    _draw_footer(figure, legend, grey, bottom)
    return figure


def show(axes: Axes, picture: Picture) -> None:
    """Show a picture in its own proportions, framed."""
    axes.imshow(picture)
    axes.set_anchor("NW")
    frame(axes)


def _aspect(pictures: Sequence[Picture], limit: float) -> float:
    """Return the width of cells by their height: the widest picture's, in limits."""
    widest = max(p.shape[1] / p.shape[0] for p in pictures)
    return float(min(max(widest, 1 / limit), limit))


def _write_row(figure: Figure, row: Row, top: float) -> None:
    lines = (fitted(line, _TEXT - GAP) for line in (row.name, *row.notes))
    write_at(figure, MARGIN, top, *lines)


def _footer_height(legend: Legend, width: float, grey: str) -> float:
    return legend_height(legend, width) + (LINE if grey else 0.0)


def _draw_footer(figure: Figure, legend: Legend, grey: str, top: float) -> None:
    if grey:
        draw_grey_scale(figure, MARGIN, top, grey)
        top += LINE
    if legend:
        width = float(figure.get_size_inches()[0]) - 2 * MARGIN
        draw_legend(figure, legend, MARGIN, top, width)
