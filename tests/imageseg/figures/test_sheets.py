"""Contact sheets: eight images a page, read from any iterator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from imageseg.classes import ClassScheme
from imageseg.errors import ShapeMismatchError
from imageseg.figures import SheetItem, contact_sheets

TWO = ClassScheme.from_names(["leaf", "sky"])
THREE = ClassScheme.from_names(["a", "b", "c"])


def item(i: int, scheme: ClassScheme = TWO) -> SheetItem:
    rng = np.random.default_rng(i)
    p = rng.dirichlet(np.ones(len(scheme)), (6, 8)).astype(np.float32)
    probabilities = p.transpose(2, 0, 1)
    return SheetItem(
        name=f"{i}.png",
        image=rng.integers(0, 256, (6, 8, 3), dtype=np.uint8),
        probabilities=probabilities,
        labels=(probabilities.argmax(0) + 1).astype(np.uint8),
        notes=(f"openness 0.{i:02}",),
    )


@pytest.mark.parametrize(
    ("images", "rows"),
    [(0, []), (1, [1]), (8, [8]), (9, [8, 1]), (16, [8, 8])],
    ids=["none", "one", "a page", "one more", "two pages"],
)
def test_eight_images_fill_a_page(images: int, rows: list[int]) -> None:
    pages = list(contact_sheets(map(item, range(images)), TWO))

    grey_scale = 1
    assert [len(page.axes) for page in pages] == [3 * n + grey_scale for n in rows]


def test_rows_have_names_densities_titles_and_a_legend() -> None:
    (page,) = contact_sheets([item(3), item(4)], TWO)

    texts = [text.get_text() for text in page.texts]
    assert texts[:3] == ["image", "p(sky)", "classes"]
    assert texts[3:7] == ["3.png", "openness 0.03", "4.png", "openness 0.04"]
    assert {"leaf", "sky", "0", "1"} <= set(texts)


def test_a_row_shows_image_probability_and_classes() -> None:
    one = item(5)
    (page,) = contact_sheets([one], TWO)

    image, probability, classes = (a.images[0].get_array() for a in page.axes[:3])
    np.testing.assert_array_equal(image, one.image)
    expected = np.repeat(one.probabilities[1][..., None], 3, axis=-1) * 255
    np.testing.assert_allclose(probability, expected, atol=0.51)
    sky = np.array([0xE6, 0x9F, 0x00])
    np.testing.assert_array_equal((classes == sky).all(-1), one.labels == 2)


def test_more_classes_have_a_column_each() -> None:
    one = item(6, THREE)
    (page,) = contact_sheets([one], THREE)

    titles = [text.get_text() for text in page.texts[:5]]
    assert titles == ["image", "classes", "p(a)", "p(b)", "p(c)"]
    shown = page.axes[3].images[0].get_array()[..., 0]
    np.testing.assert_allclose(shown, one.probabilities[1] * 255, atol=0.51)


def test_pictures_stand_beside_each_other_without_overlap() -> None:
    (page,) = contact_sheets([item(1), item(2)], TWO)

    boxes = [axes.get_position() for axes in page.axes]
    for i, box in enumerate(boxes):
        assert box.x0 > 0
        assert box.x1 < 1
        assert box.y0 > 0
        assert box.y1 < 1
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])


def test_images_are_asked_for_page_by_page() -> None:
    asked = []

    def stream() -> Iterator[SheetItem]:
        for i in range(20):
            asked.append(i)
            yield item(i)

    pages = contact_sheets(stream(), TWO)
    assert asked == []
    next(pages)
    assert len(asked) == 8


def test_an_item_of_other_classes_is_named() -> None:
    with pytest.raises(ShapeMismatchError, match=r"3\.png has probabilities of 2"):
        next(contact_sheets([item(3)], THREE))


def test_an_item_of_another_size_is_refused() -> None:
    odd = replace(item(3), labels=np.ones((3, 3), np.uint8))
    with pytest.raises(ShapeMismatchError, match="one plane"):
        next(contact_sheets([odd], TWO))
