"""Figures of many files: drawn from what models say, page by page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from imageseg.density import WHOLE, Region, measure_density, parse_region
from imageseg.errors import ImageSegError
from imageseg.figures import (
    Compared,
    FigureFiles,
    SheetItem,
    overlay_figure,
    uncertainty_figure,
)
from imageseg.figures.comparison import comparison_figure, comparison_row
from imageseg.figures.layout import ROWS_PER_PAGE, Row
from imageseg.figures.mosaic import mosaic_figures
from imageseg.figures.naming import protect_inputs, unique_names
from imageseg.figures.overlay import check_opacity
from imageseg.figures.pictures import image_picture, shrunk
from imageseg.figures.sheets import contact_sheet, sheet_row
from imageseg.figures.uncertainty import Measure
from imageseg.images import (
    ChannelChoice,
    ValueScale,
    read_image,
    read_seen,
    split_planes,
)
from imageseg.inference import Prediction, predict_task
from imageseg.model import SegmentationModel
from imageseg.settings import PredictSettings
from imageseg.tasks import Progress, Task, as_part
from imageseg.training import AnySample
from imageseg.units import PixelSize

if TYPE_CHECKING:
    from matplotlib.figure import Figure

T = TypeVar("T")
Seen = tuple[NDArray[Any], Prediction]
"""What was predicted, and the picture of it."""

_MOST_NOTES = 6  # lines beside a picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What came of drawing many files.

    Attributes
    ----------
    files
        Written, in order.
    failures
        What was wrong, by the name of the image or table.
    """

    files: tuple[Path, ...]
    failures: dict[str, str]


def sheets_task(
    paths: Sequence[Path],
    model: SegmentationModel,
    out: FigureFiles,
    *,
    region: str | float | Region = WHOLE,
    settings: PredictSettings | None = None,
    choice: ChannelChoice | None = None,
) -> Task[Drawn]:
    """Predict files and write contact sheets, ``sheet_01`` and so on.

    Parameters
    ----------
    paths
        Image files; of stacks the middle plane is drawn.
    model
        Predicts them all.
    out
        Takes the pages.
    region
        Where the density beside each image is measured; outside, classes are grey.
    settings
        How to predict.
    choice
        Which channels are read and drawn; None leaves it to the model, see
        `seen_channels`.

    Raises
    ------
    SettingsError
        The region makes no sense, or `out` is the folder of an image.
    OSError
        A page cannot be written; the ones before stay.
    """
    region = parse_region(region)
    protect_inputs(paths, out.folder)
    scheme = model.spec.scheme

    def row(i: int) -> Task[Row]:
        image, prediction = yield from _predict_file(paths[i], model, settings, choice)
        inside = region.mask((image.shape[0], image.shape[1]))
        item = SheetItem(
            name=paths[i].name,
            image=image,
            probabilities=prediction.probabilities,
            labels=prediction.labels * inside,
            notes=_density_notes(prediction, region),
        )
        return sheet_row(item, scheme)

    def save(page: list[Row], number: int) -> Path:
        return out.save(f"sheet_{number:02}", contact_sheet(page, scheme))

    return (yield from _draw(list(map(str, paths)), row, save, ROWS_PER_PAGE))


def comparisons_task(
    samples: Sequence[AnySample],
    model: SegmentationModel,
    out: FigureFiles,
    *,
    settings: PredictSettings | None = None,
) -> Task[Drawn]:
    """Predict annotated images and write rows of image, truth, prediction, errors.

    Parameters
    ----------
    samples
        Images with labels; of stacks the middle plane is drawn.
    model, out, settings
        As in `sheets_task`; pages are called ``compare_01`` and so on.
    """
    scheme = model.spec.scheme

    def row(i: int) -> Task[Row]:
        sample = samples[i].seen_by(model.spec)
        image, prediction = yield from _predict(sample.image, model, settings)
        planes = sample.labels.reshape(-1, *sample.labels.shape[-2:])
        truth, predicted = planes[len(planes) // 2], prediction.labels
        return comparison_row(
            Compared(name=sample.name, image=image, truth=truth, predicted=predicted),
            scheme,
        )

    def save(page: list[Row], number: int) -> Path:
        return out.save(f"compare_{number:02}", comparison_figure(page, scheme))

    names = [sample.name for sample in samples]
    return (yield from _draw(names, row, save, ROWS_PER_PAGE))


def overlays_task(  # noqa: PLR0913  what is drawn, and how
    paths: Sequence[Path],
    model: SegmentationModel,
    out: FigureFiles,
    *,
    opacity: float = 0.45,
    pixel_size: PixelSize | None = None,
    settings: PredictSettings | None = None,
    choice: ChannelChoice | None = None,
) -> Task[Drawn]:
    """Predict files and write overlays with legends, ``NAME_overlay``.

    Parameters
    ----------
    paths, model, out, settings, choice
        As in `sheets_task`.
    opacity, pixel_size
        As in `overlay_figure`.
    """
    check_opacity(opacity)

    def figure(name: str, image: NDArray[Any], prediction: Prediction) -> Figure:
        return overlay_figure(
            image,
            prediction.labels,
            prediction.scheme,
            opacity=opacity,
            pixel_size=pixel_size,
            name=name,
        )

    seen = partial(_predict_file, model=model, settings=settings, choice=choice)
    return (yield from _one_each(paths, seen, out, "overlay", figure))


def uncertainties_task(
    paths: Sequence[Path],
    model: SegmentationModel,
    out: FigureFiles,
    *,
    measure: Measure = "confidence",
    settings: PredictSettings | None = None,
    choice: ChannelChoice | None = None,
) -> Task[Drawn]:
    """Predict files and write where the model hesitates, ``NAME_uncertainty``.

    Parameters
    ----------
    paths, model, out, settings, choice, measure
        As in `sheets_task` and `uncertainty_map`.
    """

    def figure(name: str, image: NDArray[Any], prediction: Prediction) -> Figure:
        return uncertainty_figure(
            image, prediction.probabilities, measure=measure, name=name
        )

    seen = partial(_predict_file, model=model, settings=settings, choice=choice)
    return (yield from _one_each(paths, seen, out, "uncertainty", figure))


def mosaics_task(
    paths: Sequence[Path], out: FigureFiles, *, columns: int = 6, rows: int = 7
) -> Task[Drawn]:
    """Write pages of small images with their names, ``mosaic_01`` and so on.

    Parameters
    ----------
    paths
        Images or tiles; of stacks the middle plane is drawn.
    out
        Takes the pages.
    columns, rows
        Of a page.
    """
    protect_inputs(paths, out.folder)

    def tile(i: int) -> Task[tuple[str, NDArray[Any]]]:
        yield Progress(done=0, total=1)
        image = read_image(paths[i])
        plane = _middle_plane(image, 3 if image.shape[-1] == 3 else 1)
        return paths[i].name, shrunk(image_picture(plane))

    def save(page: list[tuple[str, NDArray[Any]]], number: int) -> Path:
        (figure,) = mosaic_figures(page, columns=columns, rows=rows)
        return out.save(f"mosaic_{number:02}", figure)

    return (yield from _draw(list(map(str, paths)), tile, save, columns * rows))


def _one_each(
    paths: Sequence[Path],
    predict: Callable[[Path], Task[Seen]],
    out: FigureFiles,
    suffix: str,
    figure: Callable[[str, NDArray[Any], Prediction], Figure],
) -> Task[Drawn]:
    """Write one figure an image."""
    protect_inputs(paths, out.folder)
    names = unique_names(paths)

    def one(i: int) -> Task[tuple[str, Figure]]:
        image, prediction = yield from predict(paths[i])
        return names[i], figure(paths[i].name, image, prediction)

    def save(page: list[tuple[str, Figure]], _: int) -> Path:
        ((name, drawn),) = page
        return out.save(f"{name}_{suffix}", drawn)

    return (yield from _draw(list(map(str, paths)), one, save, 1))


def _draw(
    names: Sequence[str],
    make: Callable[[int], Task[T]],
    save: Callable[[list[T], int], Path],
    per_page: int,
) -> Task[Drawn]:
    """Make items one by one, go past those that fail, and save page by page."""
    files: list[Path] = []
    failures: dict[str, str] = {}
    page: list[T] = []
    for i, name in enumerate(names):
        try:
            page.append((yield from as_part(make(i), i, len(names), label=name)))
        except (ImageSegError, OSError) as failure:
            failures[name] = str(failure)
        if page and (len(page) == per_page or i + 1 == len(names)):
            files.append(save(page, len(files) + 1))
            page = []
        yield Progress(done=i + 1, total=len(names), message=name)
    return Drawn(files=tuple(files), failures=failures)


def _predict_file(
    path: Path,
    model: SegmentationModel,
    settings: PredictSettings | None,
    choice: ChannelChoice | None,
) -> Task[Seen]:
    spec = model.spec
    image = read_seen(path, spec.channels, spec.channel_names, choice)
    return (yield from _predict(image, model, settings))


def _predict(
    image: NDArray[Any], model: SegmentationModel, settings: PredictSettings | None
) -> Task[Seen]:
    """Return the middle plane and its prediction, on the scale of the whole stack."""
    plane = _middle_plane(image, model.spec.channels)
    scale = ValueScale.of(image, model.spec.normalisation)
    prediction = yield from predict_task(model, plane, settings, scale=scale)
    return plane, prediction


def _middle_plane(image: NDArray[Any], channels: int) -> NDArray[Any]:
    planes = split_planes(image, channels)
    return np.asarray(planes[len(planes) // 2])


def _density_notes(prediction: Prediction, region: Region) -> tuple[str, ...]:
    density = measure_density(prediction, region)
    shown = density.quantities or density.fractions
    lines = [f"{k} {v:.2f}" for k, v in shown.items() if not isnan(v)]
    return tuple(lines[:_MOST_NOTES])
