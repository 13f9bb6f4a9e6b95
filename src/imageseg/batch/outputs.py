"""What a batch writes, and never over an input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import SettingsError
from imageseg.figures import draw_overlay
from imageseg.figures.naming import protect_inputs
from imageseg.images import ImageInfo, write_image, write_labels
from imageseg.inference import Prediction
from imageseg.units import PixelSize

BESIDES = ("slices", "rings", "summary")
"""Tables that lie beside the density table."""


class _Told(TypedDict):
    axes: str | None
    pixel_size: PixelSize | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """What is written, and where.

    Attributes
    ----------
    folder
        For labels and overlays; made if it is not there. None writes none.
    probabilities
        Whether class probabilities are written there too.
    table
        CSV file for the densities, kept up to date while they come; slices and
        gap fractions lie beside it, as ``TABLE_slices.csv``, ``TABLE_rings.csv``.
    """

    folder: Path | None = None
    probabilities: bool = False
    table: Path | None = None


def write_prediction(
    folder: Path,
    name: str,
    image: NDArray[Any],
    prediction: Prediction,
    *,
    probabilities: bool = False,
    info: ImageInfo | None = None,
) -> list[Path]:
    """Write label image, overlay and, if asked for, probabilities.

    Parameters
    ----------
    folder, name
        Where, and how the files' names begin.
    image, prediction
        The pixels, and what was predicted in them.
    probabilities
        Whether these are written too.
    info
        Of the image: labels of stacks get its axes and its pixel size.

    Returns
    -------
    files
        ``NAME_labels.png`` (``.tif`` for stacks), ``NAME_overlay.png`` (not for
        stacks), ``NAME_probabilities.tif``.
    """
    labels = prediction.labels
    flat = labels.ndim == 2
    files = [folder / f"{name}_labels.{'png' if flat else 'tif'}"]
    write_labels(files[0], labels, **_told(info, labels))
    if flat:
        files.append(folder / f"{name}_overlay.png")
        write_image(files[-1], draw_overlay(image, labels, prediction.scheme))
    if probabilities:
        files.append(folder / f"{name}_probabilities.tif")
        write_image(files[-1], prediction.probabilities)
    return files


def _told(info: ImageInfo | None, labels: NDArray[np.uint8]) -> _Told:
    """Return what labels share with their image, as far as it fits them."""
    axes = "" if info is None else info.axes.removesuffix("C")
    if info is None or len(axes) != labels.ndim:
        return {"axes": None, "pixel_size": None}
    return {"axes": axes, "pixel_size": info.pixel_size}


def beside(table: Path, what: str) -> Path:
    """Name a table that belongs to another: ``density_rings.csv``."""
    return table.with_stem(f"{table.stem}_{what}")


def protect(paths: Sequence[Path], outputs: Outputs) -> None:
    """Refuse to write over an image, or among images.

    Raises
    ------
    SettingsError
        An output would be one of the files, or lie in their folder.
    """
    if outputs.folder is not None:
        protect_inputs(paths, outputs.folder)
    if outputs.table is not None:
        _protect_from_tables(paths, outputs.table)


def _protect_from_tables(paths: Sequence[Path], table: Path) -> None:
    tables = [table, *(beside(table, what) for what in BESIDES)]
    written = {table.resolve() for table in tables}
    for path in paths:
        if path.resolve() in written:
            raise SettingsError("table", str(path), "another file than an image")
