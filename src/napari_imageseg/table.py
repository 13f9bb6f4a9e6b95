"""The density table as columns over image items."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imageseg.classes import ClassScheme
from napari_imageseg.items import ImageItem

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its title and the text of an image in it.

    Attributes
    ----------
    text
        What stands in the cell of an image.
    numeric
        Set right-aligned in figures of one width.
    colour
        Of the class it stands for.
    """

    title: str
    text: Callable[[ImageItem], str]
    numeric: bool = False
    colour: str = ""


def columns_of(items: Sequence[ImageItem], scheme: ClassScheme) -> list[Column]:
    """Return the columns that these images need: classes, quantities, provenance."""
    columns = [Column(title="image", text=lambda item: item.name)]
    columns += [_class_column(c.name, c.colour) for c in scheme]
    names = {
        name: None for item in items if item.density for name in item.density.quantities
    }
    columns += [_quantity_column(name) for name in names]
    columns += [
        Column(title="region", text=_region),
        Column(title="annotated", text=_annotated, numeric=True),
        Column(title="model", text=lambda item: item.predicted_by),
    ]
    if any(item.error for item in items):
        columns.append(Column(title="problem", text=lambda item: item.error))
    return columns


def to_frame(items: Sequence[ImageItem]) -> pd.DataFrame:
    """Return the table as it is saved: shares from 0 to 1, as the command line's."""
    from imageseg.tables import density_frame  # noqa: PLC0415  pandas is heavy

    return density_frame(table_rows(items))


def table_rows(items: Sequence[ImageItem]) -> list[dict[str, object]]:
    """Return the rows of the table as it is saved."""
    return [
        {"image": str(item.path or item.name), "model": item.predicted_by}
        | (item.density.row() if item.density else {})
        | {"annotated_fraction": item.annotated_share, "error": item.error}
        for item in items
    ]


def percent(share: float) -> str:
    """Return a share as people read it: ``"87.4 %"``."""
    return "–" if share != share else f"{100 * share:.1f} %"  # noqa: PLR0124  NaN


def _class_column(name: str, colour: str) -> Column:
    def text(item: ImageItem) -> str:
        shares = item.density.fractions if item.density else {}
        return percent(shares[name]) if name in shares else "–"

    return Column(title=name, text=text, numeric=True, colour=colour)


def _quantity_column(name: str) -> Column:
    def text(item: ImageItem) -> str:
        values = item.density.quantities if item.density else {}
        return percent(values[name]) if name in values else "–"

    return Column(title=name, text=text, numeric=True)


def _region(item: ImageItem) -> str:
    if item.density is None:
        return "–"
    labelled = sum(item.density.counts.values())
    if not item.density.unlabelled:
        return str(item.density.region)
    share = percent(labelled / (labelled + item.density.unlabelled))
    return f"{item.density.region}, {share} of it predicted"


def _annotated(item: ImageItem) -> str:
    return percent(item.annotated_share)
