"""Image, truth, prediction and errors, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from imageseg.classes import ClassScheme
from imageseg.figures import errormap
from imageseg.figures.layout import Row, pages, picture_table
from imageseg.figures.pictures import (
    Labels,
    check_plane,
    image_picture,
    label_picture,
    subject,
)
from imageseg.figures.style import class_keys

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TITLES = ("image", "truth", "prediction", "errors")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Compared:
    """An image with its true and its predicted labels.

    Attributes
    ----------
    name
        Of the image.
    image
        (Y, X) or (Y, X, C).
    truth, predicted
        (Y, X); 0 is not annotated.
    """

    name: str
    image: NDArray[Any]
    truth: Labels
    predicted: Labels


def comparison_figures(
    items: Iterable[Compared], scheme: ClassScheme
) -> Iterator[Figure]:
    """Draw eight images a page; the items of one page are held at a time.

    A row shows the image, its truth, the prediction and the errors: of two classes
    the true and false positives and negatives of the open one (else the second); of
    more the pixels of a wrong class.

    Parameters
    ----------
    items
        From any iterator.
    scheme
        Their classes.

    Yields
    ------
    page
        A figure.

    Raises
    ------
    ShapeMismatchError
        An item's arrays differ in size, or are stacks.
    """
    rows = (comparison_row(item, scheme) for item in items)
    return pages(rows, lambda page: comparison_figure(page, scheme))


def comparison_figure(rows: Sequence[Row], scheme: ClassScheme) -> Figure:
    """Draw one page of rows."""
    kinds = (errormap.RIGHT, errormap.WRONG)
    errors = errormap.OUTCOMES if len(scheme) == 2 else kinds
    legend = [class_keys(scheme), [*errors, errormap.OPEN]]
    return picture_table(_TITLES, rows, legend=legend)


def comparison_row(item: Compared, scheme: ClassScheme) -> Row:
    """Reduce an item to what is printed of it."""
    check_plane(item.image, item.truth, item.predicted)
    scores = errormap.scores(item.truth, item.predicted, scheme)
    if len(scheme) == 2:
        about = subject(scheme)
        errors = errormap.error_map(item.truth, item.predicted, about.id)
        notes = [about.name, errormap.dice_text(scores.dice[about.id - 1])]
    else:
        errors = errormap.wrong_class_map(item.truth, item.predicted)
        notes = [f"mean {errormap.dice_text(scores.mean_dice)}"]
    shown = [label_picture(labels, scheme) for labels in (item.truth, item.predicted)]
    return Row.of(item.name, notes, [image_picture(item.image), *shown, errors])
