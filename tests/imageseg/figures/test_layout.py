"""Pictures keep their proportions and stay on the page."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from imageseg.figures.layout import Row, picture_grid, picture_table
from imageseg.figures.style import Key


def blank(height: int, width: int) -> np.ndarray:
    return np.zeros((height, width, 3), np.uint8)


@pytest.mark.parametrize("shape", [(8, 8), (4, 12), (12, 4), (3, 60)])
def test_a_picture_is_not_distorted(shape: tuple[int, int]) -> None:
    figure = picture_grid([blank(*shape)], ["x"])
    FigureCanvasAgg(figure).draw()

    box = figure.axes[0].get_window_extent()
    assert box.width / box.height == pytest.approx(shape[1] / shape[0], rel=0.02)


def test_a_grid_breaks_into_rows() -> None:
    figure = picture_grid([blank(4, 4)] * 5, list("abcde"), columns=2)

    tops = [round(axes.get_position().y1, 6) for axes in figure.axes]
    assert len(set(tops)) == 3
    assert tops[0] == tops[1] > tops[2] == tops[3] > tops[4]


def test_texts_stay_on_the_page_and_apart() -> None:
    name = "a_very_long_name_of_an_image_from_a_camera_0001.jpg"
    row = Row.of(name, ["canopy closure of the plot 0.37"] * 6, [blank(9, 8)] * 2)
    legend = [[Key(f"class number {i}", "#ff0000") for i in range(9)]]
    titles = ["image", "a very long title of a narrow column"]
    figure = picture_table(titles, [row, row], legend=legend, grey="p")

    renderer = FigureCanvasAgg(figure).get_renderer()
    page = figure.bbox
    boxes = [text.get_window_extent(renderer) for text in figure.texts]
    assert all(page.x0 <= b.x0 and b.x1 <= page.x1 for b in boxes)
    assert all(page.y0 <= b.y0 and b.y1 <= page.y1 for b in boxes)
    boxes += [axes.get_window_extent(renderer) for axes in figure.axes]
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])


def test_only_what_print_needs_is_kept() -> None:
    row = Row.of("x", [], [blank(4000, 3000)])

    assert max(row.pictures[0].shape) < 1024
