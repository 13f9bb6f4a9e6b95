"""Contact sheets: what a model made of many images, eight a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imageseg.classes import ClassScheme
from imageseg.errors import ShapeMismatchError
from imageseg.figures.layout import Row, pages, picture_table
from imageseg.figures.pictures import (
    Labels,
    check_plane,
    grey_picture,
    image_picture,
    label_picture,
    subject,
)
from imageseg.figures.style import class_keys

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SheetItem:
    """An image with what a model says about it.

    Attributes
    ----------
    name
        Of the image.
    image
        (Y, X) or (Y, X, C).
    probabilities
        (K, Y, X), 0 to 1.
    labels
        (Y, X).
    notes
        Short lines below the name: ``"openness 0.37"``.
    """

    name: str
    image: NDArray[Any]
    probabilities: NDArray[np.float32]
    labels: Labels
    notes: tuple[str, ...] = ()


def contact_sheets(items: Iterable[SheetItem], scheme: ClassScheme) -> Iterator[Figure]:
    """Draw eight images a page; the items of one page are held at a time.

    Of two classes a row shows the image, the probability of the open class (else the
    second) and the labels; of more, the image, the labels and the probability of
    every class.

    Parameters
    ----------
    items
        From any iterator; the next page's are asked for when it is drawn.
    scheme
        Their classes.

    Yields
    ------
    page
        A figure.

    Raises
    ------
    ShapeMismatchError
        An item is a stack, has maps of another size, or other classes.
    """
    rows = (sheet_row(item, scheme) for item in items)
    return pages(rows, lambda page: contact_sheet(page, scheme))


def contact_sheet(rows: Sequence[Row], scheme: ClassScheme) -> Figure:
    """Draw one page of rows."""
    names = scheme.names
    if len(names) == 2:
        titles = ["image", f"p({subject(scheme).name})", "classes"]
    else:
        titles = ["image", "classes", *(f"p({name})" for name in names)]
    legend = [class_keys(scheme)]
    return picture_table(titles, rows, legend=legend, grey="probability p")


def sheet_row(item: SheetItem, scheme: ClassScheme) -> Row:
    """Reduce an item to what is printed of it."""
    if len(item.probabilities) != len(scheme):
        raise ShapeMismatchError(
            f"{item.name} has probabilities of {len(item.probabilities)} classes, the "
            f"scheme has {len(scheme)}. Draw it with the classes of its model."
        )
    check_plane(item.image, item.labels, *item.probabilities)
    classes = label_picture(item.labels, scheme)
    maps = [grey_picture(p) for p in item.probabilities]
    about = maps[subject(scheme).id - 1]
    shown = [about, classes] if len(scheme) == 2 else [classes, *maps]
    return Row.of(item.name, item.notes, [image_picture(item.image), *shown])
