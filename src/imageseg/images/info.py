"""What image files are, without reading them: one by one and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from imageseg.errors import ImageReadError
from imageseg.images.lazy import open_image
from imageseg.images.sources import ImageInfo
from imageseg.tasks import Progress, Task, drain

if TYPE_CHECKING:
    import pandas as pd

_COUNTS = ("width", "height", "planes", "channels", "bytes")
_LENGTHS = ("pixel_x", "pixel_y", "pixel_z")
_COLUMNS = (
    *("image", "format", "width", "height", "planes", "axes", "channels"),
    *("channel_names", "colour", "dtype", "bytes", *_LENGTHS, "pixel_unit", "error"),
)


def describe_image(path: Path | str) -> ImageInfo:
    """Read the header of an image.

    Raises
    ------
    ImageReadError
        The file is missing, damaged, or of no known format.
    """
    with open_image(path) as image:
        return image.info


def image_table(paths: Sequence[Path | str]) -> pd.DataFrame:
    """Describe many images; `image_table_task` tells the columns."""
    return drain(image_table_task(paths))


def image_table_task(paths: Sequence[Path | str]) -> Task[pd.DataFrame]:
    """Describe many images by their headers.

    Parameters
    ----------
    paths
        Image files.

    Yields
    ------
    Progress
        After each file.

    Returns
    -------
    table
        One row a file in the order given: path, format, width and height in px,
        number of planes (slices and time points together), axes, channels and their
        names, colour, dtype, bytes on disk, sides of a pixel in their unit where the
        file tells them; a file that cannot be read has its reason in the column
        ``error``.
    """
    import pandas as pd  # noqa: PLC0415  heavy

    rows = []
    for i, path in enumerate(map(Path, paths), start=1):
        rows.append(_row(path))
        yield Progress(done=i, total=len(paths), message=path.name)
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    kinds = dict.fromkeys(_COUNTS, "Int64") | dict.fromkeys(_LENGTHS, "float64")
    return table.astype(kinds)


def _row(path: Path) -> dict[str, object]:
    try:
        info = describe_image(path)
        return {"image": str(path), "error": ""} | _described(info)
    except ImageReadError as failure:
        return {"image": str(path), "error": str(failure)}


def _described(info: ImageInfo) -> dict[str, object]:
    y, size = info.axes.index("Y"), info.pixel_size
    return {
        "format": info.format,
        "width": info.shape[y + 1],
        "height": info.shape[y],
        "planes": info.planes,
        "axes": info.axes,
        "channels": info.channels,
        "channel_names": ", ".join(info.channel_names),
        "colour": info.colour,
        "dtype": str(info.dtype),
        "bytes": info.bytes,
        "pixel_x": size and size.x,
        "pixel_y": size and size.y,
        "pixel_z": size and size.z,
        "pixel_unit": size and size.unit,
    }
