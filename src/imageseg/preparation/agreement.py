"""One valid region for all photographs of a size, before they are prepared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial

from imageseg.errors import SettingsError
from imageseg.geometry import Box, Circle
from imageseg.images import check_finite, read_image
from imageseg.parallel import map_ordered
from imageseg.preparation.consensus import consensus
from imageseg.preparation.crop import Region
from imageseg.preparation.framing import find_region
from imageseg.preparation.resize import Shape
from imageseg.preparation.settings import PrepareSettings
from imageseg.preparation.sources import Source
from imageseg.tasks import Progress, Task

DIFFERS = "its own valid region differs from the agreed one"
NOT_FOUND = "no valid region found in it; the agreed one is used"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The valid regions agreed on.

    Attributes
    ----------
    regions
        One for each size of photographs.
    remarks
        What is odd about a photograph, by its name.
    """

    regions: dict[Shape, Region] = field(default_factory=dict)
    remarks: dict[str, str] = field(default_factory=dict)


def agree_task(
    sources: Sequence[Source], settings: PrepareSettings, jobs: int
) -> Task[Agreement]:
    """Find the region of every photograph and take the median of each size.

    Raises
    ------
    SettingsError
        None of the photographs has a valid region.
    """
    found: defaultdict[Shape, dict[str, Box | Circle]] = defaultdict(dict)
    remarks = {}
    look = partial(_look, settings)
    with closing(map_ordered(look, sources, jobs)) as results:
        for i, (source, result) in enumerate(zip(sources, results, strict=True)):
            if isinstance(result, Exception):
                remarks[source.name] = NOT_FOUND
            else:
                shape, region = result
                found[shape][source.name] = region
            yield Progress(done=i + 1, total=len(sources), message=source.image.name)
    if not found:
        raise SettingsError(
            "valid region", settings.valid_region, "given in pixels: none is found"
        )
    agreed = {shape: consensus(regions) for shape, regions in found.items()}
    differing = (name for one in agreed.values() for name in one.outliers)
    return Agreement(
        regions={shape: one.region for shape, one in agreed.items()},
        remarks=remarks | dict.fromkeys(differing, DIFFERS),
    )


def _look(settings: PrepareSettings, source: Source) -> tuple[Shape, Box | Circle]:
    image = read_image(source.image)
    check_finite(image)
    return image.shape[:2], find_region(image, settings)
