"""Write the masks of a data set anew, with what a check proposed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from imageseg.datasets.findings import Repair, Report
from imageseg.datasets.pairing import Pair
from imageseg.errors import ImageReadError, SettingsError, ShapeMismatchError
from imageseg.images import write_labels
from imageseg.masks import Labels, read_mask
from imageseg.tasks import Progress, Task

_EXIF_ORIENTATION = 0x0112


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """What was written and what could not be.

    Attributes
    ----------
    written
        The new mask of each image.
    left_out
        Why an image has none.
    """

    written: dict[Path, Path]
    left_out: dict[Path, str]


def repair_task(report: Report, out: Path) -> Task[Repaired]:
    """Write every mask of a checked set as labels into a new folder.

    Labels are 0 = not annotated, k = class k; the files of one mask become one.
    What the check called an error is repaired where a program can; what it only
    suspects is left as it is. No input is touched.

    Parameters
    ----------
    report
        From `check_task`.
    out
        A folder that does not exist yet, or is empty.

    Raises
    ------
    SettingsError
        `out` holds something, or the coding of the set is not known.
    """
    if report.coding is None:
        raise SettingsError("mask coding", "auto", "given by name to repair the set")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise SettingsError("repair folder", str(out), "new or empty")
    done = Repaired(written={}, left_out={})
    pairs = report.pairing.pairs
    names = _names(pairs)
    for i, pair in enumerate(pairs):
        yield Progress(done=i, total=len(pairs), message=pair.image.name)
        try:
            labels = _mended(pair, report)
        except (ImageReadError, ShapeMismatchError) as error:
            done.left_out[pair.image] = str(error)
            continue
        suffix = ".png" if labels.ndim == 2 else ".tif"
        path = out / (names[pair.image] + suffix)
        write_labels(path, labels)
        done.written[pair.image] = path
    return done


def _names(pairs: Sequence[Pair]) -> dict[Path, str]:
    """Return a stem for every image; images of one stem take their folders' names."""
    stems = Counter(pair.image.stem.casefold() for pair in pairs)
    return {
        image: image.stem
        if stems[image.stem.casefold()] == 1
        else "_".join(image.with_suffix("").parts[-3:]).strip("/\\")
        for image, _ in pairs
    }


def _mended(pair: Pair, report: Report) -> Labels:
    repairs = {path: _repair_of(path, report) for path in pair.masks}
    parts = [_read(path, repair, report) for path, repair in repairs.items()]
    if len({part.shape for part in parts}) > 1:
        raise ShapeMismatchError(f"The masks of {pair.image} differ in size.")
    whole = repairs[pair.masks[0]]  # sizes are compared after the union
    return _resized(_turned(np.maximum.reduce(parts), whole.orientation), whole.shape)


def _repair_of(path: Path, report: Report) -> Repair:
    """Return all repairs of one mask as one."""
    whole = Repair(coding=report.coding)
    for finding in report.errors:
        if finding.path == path and finding.repair is not None:
            own = finding.repair
            whole = Repair(
                coding=own.coding or whole.coding,
                orientation=max(own.orientation, whole.orientation),
                shape=own.shape or whole.shape,
            )
    return whole


def _read(path: Path, repair: Repair, report: Report) -> Labels:
    if repair.coding is None:
        raise ImageReadError(path, "nobody can tell how it is coded.")
    return read_mask(
        path, repair.coding, n_classes=report.n_classes, names=report.names
    )


def _turned(labels: Labels, orientation: int) -> Labels:
    """Apply an EXIF orientation to the rows and columns."""
    if orientation == 1:
        return labels
    planes = [
        _turned_plane(plane, orientation)
        for plane in labels.reshape(-1, *labels.shape[-2:])
    ]
    return np.stack(planes).reshape(*labels.shape[:-2], *planes[0].shape)


def _turned_plane(plane: Labels, orientation: int) -> Labels:
    picture = Image.fromarray(plane)
    picture.getexif()[_EXIF_ORIENTATION] = orientation
    return np.asarray(ImageOps.exif_transpose(picture))


def _resized(labels: Labels, shape: tuple[int, ...] | None) -> Labels:
    """Bring the rows and columns to another size by nearest neighbour."""
    if shape is None:
        return labels
    rows, columns = (
        ((np.arange(new) + 0.5) * old / new).astype(int)
        for old, new in zip(labels.shape[-2:], shape[-2:], strict=True)
    )
    return labels[..., rows[:, None], columns]
