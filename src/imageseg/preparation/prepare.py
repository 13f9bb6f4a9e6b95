"""Many image files, and their masks, brought into shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from imageseg.errors import SettingsError
from imageseg.geometry import Box
from imageseg.masks import Labels
from imageseg.parallel import map_ordered
from imageseg.preparation.agreement import Agreement, agree_task
from imageseg.preparation.crop import Region
from imageseg.preparation.one import NOTHING, Plan, Prepared, identity, prepare_one
from imageseg.preparation.settings import CIRCLE, PrepareSettings
from imageseg.preparation.sources import Source, check_folder
from imageseg.tables import GrowingTable, Row
from imageseg.tasks import Progress, Task

TABLE = "prepared.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedProgress(Progress):
    """Progress after a file, with its finished row of the table."""

    row: Row


def prepare_task(
    sources: Sequence[Source],
    settings: PrepareSettings,
    out: Path,
    *,
    labels: Sequence[Labels] | None = None,
    region: Region | None = None,
    jobs: int = 1,
) -> Task[pd.DataFrame]:
    """Crop, resize and tile images; their masks take exactly the same.

    With masks, images go to the folder ``images`` and masks, under the same
    names, to ``masks``. The table ``prepared.csv`` grows beside them; what is
    finished stays when the task is cancelled.

    Parameters
    ----------
    sources, settings, out
        What to prepare (`list_sources`), how, and the folder to write to.
    labels
        The labels of each source, read when asked for (`LabelReader`); written in
        place of the masks. None keeps the masks' values.
    region
        A box, circle or polygon to crop all images to, in place of the
        settings' valid region.
    jobs
        How many files at a time; 0 takes every CPU.

    Yields
    ------
    Progress
        While regions are found; a `PreparedProgress` after each file.

    Returns
    -------
    table
        One row a source: files read and written, sizes before and after
        (WIDTHxHEIGHT), the crop of the original (WIDTHxHEIGHT+LEFT+TOP), new
        pixels for an old one along x and y, number of tiles, their side and the
        way from one to the next in px, what was done at the edge, remark, error.

    Raises
    ------
    SettingsError
        Settings do not fit together, or results would mix with the images or
        with those of an earlier run.
    """
    check_folder(sources, out, tiled=settings.tile > 0)
    _check_marking(sources, settings, labels, region)
    agreement = Agreement()
    if settings.consensus and region is None:
        agreement = yield from agree_task(sources, settings, jobs)
    plan = Plan(
        sources=sources,
        settings=settings,
        out=out,
        labels=labels,
        region=settings.box if region is None else region,
        agreed=agreement.regions,
        inputs=frozenset(identity(p) for s in sources for p in (s.image, *s.masks)),
    )
    return (yield from _prepare_all(plan, agreement.remarks, jobs))


def _prepare_all(
    plan: Plan, remarks: Mapping[str, str], jobs: int
) -> Task[pd.DataFrame]:
    sources = plan.sources
    prepare = partial(prepare_one, plan)
    with (
        GrowingTable(plan.out / TABLE) as table,
        closing(map_ordered(prepare, range(len(sources)), jobs)) as results,
    ):
        for source, result in zip(sources, results, strict=True):
            row = _row(plan.settings, source, result, remarks.get(source.name, ""))
            table.add([row])
            yield PreparedProgress(
                done=len(table.rows),
                total=len(sources),
                message=source.image.name,
                row=row,
            )
    return table.frame()


def _row(
    settings: PrepareSettings,
    source: Source,
    result: Prepared | Exception,
    remark: str,
) -> Row:
    found, error = NOTHING, ""
    if isinstance(result, Exception):
        error = str(result)
    else:
        found = result.row()
    return {
        "source": str(source.image),
        "masks": ";".join(map(str, source.masks)),
        **found,
        "tile": settings.tile,
        "stride": settings.stride or settings.tile,
        "edge": settings.edge if settings.tile else "",
        "remark": remark,
        "error": error,
    }


def _check_marking(
    sources: Sequence[Source],
    settings: PrepareSettings,
    labels: Sequence[Labels] | None,
    region: Region | None,
) -> None:
    """Ask for labels where pixels of masks become "not annotated"."""
    if region is None:
        outlined = settings.valid_region == CIRCLE
    else:
        outlined = not isinstance(region, Box)
    padded = settings.tile > 0 and settings.edge != "drop"
    if labels is None and (outlined or padded) and any(s.masks for s in sources):
        raise SettingsError(
            "mask coding",
            "auto",
            "given, or the number of classes: pixels outside the image or its valid "
            "region become not annotated, which the values of these masks cannot say",
        )
