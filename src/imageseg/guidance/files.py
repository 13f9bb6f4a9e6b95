"""Look at many image files once, and tell which to annotate next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from imageseg.classes import ClassScheme
from imageseg.density import WHOLE, Region
from imageseg.guidance.images import (
    ImageSummary,
    image_table,
    rank_images,
    summarise_image,
)
from imageseg.guidance.regions import RegionToSee, rank_regions, region_table
from imageseg.images import (
    ChannelChoice,
    NamesOf,
    describe_image,
    read_seen,
    with_channel_axis,
)
from imageseg.inference import predict_task
from imageseg.model import SegmentationModel
from imageseg.parallel import EXPECTED
from imageseg.settings import PredictSettings
from imageseg.tasks import Task, as_part

RegionOf = Callable[[Path, NDArray[Any]], Region]
"""Finds the region of a file that is measured."""

LabelsOf = Callable[[Path], NDArray[Any] | None]
"""Returns what is annotated of a file; None if nothing is."""

MOST = 5
"""Regions that are kept of each image."""


@dataclass(frozen=True, slots=True, eq=False)
class FilesToSee:
    """Many files in the order in which they are worth looking at.

    Attributes
    ----------
    scheme
        The classes that were predicted.
    summaries
        Of the files, by their paths.
    regions
        The best of each file.
    errors
        Why a file has no summary.
    """

    scheme: ClassScheme
    summaries: list[ImageSummary] = field(default_factory=list)
    regions: dict[str, list[RegionToSee]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def images(self) -> pd.DataFrame:
        """Return one row a file, the one to annotate next first; see `image_table`."""
        return image_table(rank_images(self.summaries), self.scheme)

    def places(self) -> pd.DataFrame:
        """Return one row a region, those of the next file first."""
        order = [ranked.image for ranked in rank_images(self.summaries)]
        tables = [region_table(self.regions[image], image) for image in order]
        found = [table for table in tables if len(table)]
        return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def rank_files_task(  # noqa: PLR0913  what is seen, and what is known of it
    paths: Sequence[Path],
    model: SegmentationModel,
    settings: PredictSettings | None = None,
    *,
    region: RegionOf | None = None,
    annotated: LabelsOf | None = None,
    choice: ChannelChoice | None = None,
    names: NamesOf | None = None,
) -> Task[FilesToSee]:
    """Predict files one at a time and rank them by their effect on the mean cover.

    Parameters
    ----------
    paths
        Image files.
    model
        Predicts them.
    settings
        How to predict.
    region
        Finds where the density is measured; everywhere if not given.
    annotated
        Finds what is annotated, and has no effect any more.
    choice
        Which channels are read; None leaves it to the model, see `seen_channels`.
    names
        Finds what people call the channels of a file; None: as it does itself.

    Returns
    -------
    files
        What cannot be read is among its errors.
    """
    spec = model.spec
    found = FilesToSee(spec.scheme)

    def read(path: Path) -> NDArray[Any]:
        known = names(path) if names else ()
        return read_seen(path, spec.channels, spec.channel_names, choice, known)

    for i, path in enumerate(paths):
        looking = _look_task(path, model, settings, read, region, annotated)
        try:
            task = as_part(looking, i, len(paths), label=path.name)
            summary, regions = yield from task
        except EXPECTED as error:
            found.errors[str(path)] = str(error)
            continue
        found.summaries.append(summary)
        found.regions[summary.image] = regions
    return found


def _look_task(
    path: Path,
    model: SegmentationModel,
    settings: PredictSettings | None,
    read: Callable[[Path], NDArray[Any]],
    region: RegionOf | None,
    annotated: LabelsOf | None,
) -> Task[tuple[ImageSummary, list[RegionToSee]]]:
    image = read(path)
    seen = with_channel_axis(image, describe_image(path).axes)
    prediction = yield from predict_task(model, seen, settings)
    where = WHOLE if region is None else region(path, image)
    known = None if annotated is None else annotated(path)
    summary = summarise_image(str(path), prediction, region=where, annotated=known)
    regions = rank_regions(prediction, region=where, annotated=known, most=MOST)
    return summary, regions
