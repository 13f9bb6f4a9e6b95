"""Many files: predictions written, densities tabled, failures named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from imageseg.density import WHOLE, Region, measure_density, parse_region
from imageseg.errors import ImageSegError, SettingsError
from imageseg.images import read_image, write_image, write_labels
from imageseg.inference import Prediction, predict_task
from imageseg.model import SegmentationModel
from imageseg.overlay import draw_overlay
from imageseg.settings import PredictSettings
from imageseg.tables import density_frame
from imageseg.tasks import Progress, Task, as_part


@dataclass(frozen=True, slots=True, kw_only=True)
class RowProgress(Progress):
    """Progress after a file, with its finished row of the table."""

    row: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """What is written of every prediction, and where.

    Attributes
    ----------
    folder
        Made if it is not there.
    probabilities
        Whether class probabilities are written too.
    """

    folder: Path
    probabilities: bool = False


def density_table_task(
    paths: Sequence[Path],
    model: SegmentationModel,
    *,
    region: str | float | Region = WHOLE,
    settings: PredictSettings | None = None,
    outputs: Outputs | None = None,
) -> Task[pd.DataFrame]:
    """Predict files and measure their densities.

    Parameters
    ----------
    paths
        Image files.
    model
        Predicts them all.
    region
        Where to measure.
    settings
        How to predict.
    outputs
        Where to write labels and overlays; None writes nothing.

    Yields
    ------
    Progress
        Within files; a `RowProgress` after each.

    Returns
    -------
    table
        One row a file in the order given; a file that failed has its reason
        in the column ``error`` and no fractions.

    Raises
    ------
    SettingsError
        The region makes no sense, or an output would overwrite an input.
    """
    region = parse_region(region)
    names = _unique_names(paths)
    if outputs is not None:
        _protect(paths, outputs.folder)
    rows: list[dict[str, object]] = []
    for i, (path, name) in enumerate(zip(paths, names, strict=True)):
        row: dict[str, object] = {"image": str(path), "model": model.spec.name}
        task = _one_file(path, name, model, region, settings, outputs)
        try:
            row |= yield from as_part(task, i, len(paths), label=path.name)
            row["error"] = ""
        except (ImageSegError, OSError) as failure:
            row["error"] = str(failure)
        rows.append(row)
        yield RowProgress(done=i + 1, total=len(paths), message=path.name, row=rows[-1])
    return density_frame(rows)


def _one_file(
    path: Path,
    name: str,
    model: SegmentationModel,
    region: Region,
    settings: PredictSettings | None,
    outputs: Outputs | None,
) -> Task[dict[str, object]]:
    image = read_image(path)
    prediction = yield from predict_task(model, image, settings)
    if outputs is not None:
        write_prediction(outputs, name, image, prediction)
    return measure_density(prediction, region).row()


def write_prediction(
    outputs: Outputs, name: str, image: NDArray[Any], prediction: Prediction
) -> list[Path]:
    """Write label image, overlay and, if asked for, probabilities.

    Returns
    -------
    files
        ``NAME_labels.png`` (``.tif`` for stacks), ``NAME_overlay.png`` (not for
        stacks), ``NAME_probabilities.tif``.
    """
    labels = prediction.labels
    flat = labels.ndim == 2
    files = [outputs.folder / f"{name}_labels.{'png' if flat else 'tif'}"]
    write_labels(files[0], labels)
    if flat:
        files.append(outputs.folder / f"{name}_overlay.png")
        write_image(files[-1], draw_overlay(image, labels, prediction.scheme))
    if outputs.probabilities:
        files.append(outputs.folder / f"{name}_probabilities.tif")
        write_image(files[-1], prediction.probabilities)
    return files


def _unique_names(paths: Sequence[Path]) -> list[str]:
    """Name outputs by stem; equal stems get the name of their folder, then a number.

    Names that differ in case only are one file on some systems.
    """
    stems = Counter(path.stem.casefold() for path in paths)
    names: dict[str, str] = {}
    for path in paths:
        alone = stems[path.stem.casefold()] == 1
        base = path.stem if alone else f"{path.parent.name}_{path.stem}"
        numbered = (f"{base}_{i}" for i in count(2))
        name = next(n for n in chain([base], numbered) if n.casefold() not in names)
        names[name.casefold()] = name
    return list(names.values())


def _protect(paths: Sequence[Path], folder: Path) -> None:
    """Refuse to write among the inputs, where the next run would read it."""
    folder = folder.resolve()
    for path in paths:
        if folder == path.resolve().parent:
            raise SettingsError(
                "output folder", str(folder), "another folder than that of the images"
            )
