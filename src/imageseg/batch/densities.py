"""The density table of many files, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import pandas as pd

from imageseg.batch.measure import Extras, Found, Pixels, Regions, measure_image
from imageseg.batch.outputs import Outputs, beside, protect, write_prediction
from imageseg.density import WHOLE, Region, parse_region
from imageseg.figures.naming import unique_names
from imageseg.files import DISK_FULL
from imageseg.images import (
    ChannelChoice,
    NamesOf,
    describe_image,
    read_seen,
    with_channel_axis,
)
from imageseg.inference import Prediction, predict_task
from imageseg.model import SegmentationModel
from imageseg.parallel import EXPECTED
from imageseg.settings import PredictSettings
from imageseg.tables import GrowingTable, Row
from imageseg.tasks import Progress, Task, as_part


@dataclass(frozen=True, slots=True, kw_only=True)
class RowProgress(Progress):
    """Progress after a file, with the finished rows of it."""

    found: Found


def density_table_task(  # noqa: PLR0913  what is measured and written
    paths: Sequence[Path],
    model: SegmentationModel,
    *,
    region: str | float | Region | Regions = WHOLE,
    extras: Extras | None = None,
    settings: PredictSettings | None = None,
    outputs: Outputs | None = None,
    choice: ChannelChoice | None = None,
    names: NamesOf | None = None,
) -> Task[pd.DataFrame]:
    """Predict files and measure their densities.

    Closing the task leaves what is finished: pictures, and rows of the tables.

    Parameters
    ----------
    paths
        Image files.
    model
        Predicts them all.
    region
        Where to measure, see `parse_region`; or a function of a file and its
        pixels that returns the regions of it.
    extras
        What else to measure. With a lens, the region is its circle unless
        another one is given.
    settings
        How to predict.
    outputs
        What to write; None writes nothing.
    choice
        Which channels are read, of all files; None leaves it to the model, see
        `seen_channels`. Overlays show these, and what is measured in pixels is
        measured in these.
    names
        Finds what people call the channels of a file; None: as it does itself.

    Yields
    ------
    Progress
        Within files; a `RowProgress` after each.

    Returns
    -------
    table
        One row a file and region, of time series also a time point, in the order
        given; a file that failed has one row with its reason in the column
        ``error`` and no fractions. If outputs are written, ``output`` is the name
        of the label image.

    Raises
    ------
    SettingsError
        The region makes no sense, or an output would overwrite an input.
    OSError
        The disk is full, or the table cannot be written.
    """
    outputs = outputs or Outputs()
    plan = _Plan(
        model=model,
        regions=_regions(region),
        extras=extras or Extras(),
        settings=settings,
        outputs=outputs,
        choice=choice,
        names=names,
    )
    protect(paths, outputs)
    return (yield from _measure_all(plan, paths))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What is the same for all files."""

    model: SegmentationModel
    regions: Regions
    extras: Extras
    settings: PredictSettings | None
    outputs: Outputs
    choice: ChannelChoice | None
    names: NamesOf | None

    def read(self, path: Path) -> Pixels:
        """Read what the model sees of a file."""
        spec = self.model.spec
        known = self.names(path) if self.names else ()
        return read_seen(path, spec.channels, spec.channel_names, self.choice, known)


@dataclass(frozen=True, slots=True)
class _Tables:
    """The tables that grow while files are done."""

    densities: GrowingTable
    slices: GrowingTable
    rings: GrowingTable

    @classmethod
    def open(cls, stack: ExitStack, path: Path | None) -> Self:
        """Begin them; leaving the stack writes them for the last time."""
        slices, rings = (path and beside(path, what) for what in ("slices", "rings"))
        return cls(
            stack.enter_context(GrowingTable(path)),
            stack.enter_context(GrowingTable(slices, pd.DataFrame)),
            stack.enter_context(GrowingTable(rings, pd.DataFrame)),
        )

    def add(self, found: Found) -> None:
        self.densities.add(found.rows)
        self.slices.add(found.slices)
        self.rings.add(found.rings)


def _measure_all(plan: _Plan, paths: Sequence[Path]) -> Task[pd.DataFrame]:
    names = unique_names(paths)
    with ExitStack() as stack:
        tables = _Tables.open(stack, plan.outputs.table)
        for i, (path, name) in enumerate(zip(paths, names, strict=True)):
            task = _one_file(plan, path, name)
            try:
                found = yield from as_part(task, i, len(paths), label=path.name)
            except EXPECTED as failure:
                if getattr(failure, "errno", None) in DISK_FULL:
                    raise  # all the others would fail, after long work
                found = Found(rows=[{"error": str(failure)}])
            found = found.of(image=str(path), model=plan.model.spec.name)
            tables.add(found)
            yield RowProgress(
                done=i + 1, total=len(paths), message=path.name, found=found
            )
        return tables.densities.frame()


def _one_file(plan: _Plan, path: Path, name: str) -> Task[Found]:
    image = plan.read(path)
    seen = with_channel_axis(image, describe_image(path).axes)
    prediction = yield from predict_task(plan.model, seen, plan.settings)
    written = _write(plan.outputs, path, name, image, prediction)
    found = measure_image(path, image, prediction, plan.regions, plan.extras)
    return replace(found, rows=[written | row for row in found.rows])


def _write(
    outputs: Outputs, path: Path, name: str, image: Pixels, prediction: Prediction
) -> Row:
    """Write what is wanted and return the column that tells its name."""
    if outputs.folder is None:
        return {}
    labels, *_ = write_prediction(
        outputs.folder,
        name,
        image,
        prediction,
        probabilities=outputs.probabilities,
        info=describe_image(path),
    )
    return {"output": labels.name}


def _regions(region: str | float | Region | Regions) -> Regions:
    if callable(region):
        return region
    same = [parse_region(region)]
    return lambda _path, _image: same
