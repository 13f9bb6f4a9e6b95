"""Write a fixed set of turned, mirrored and recoloured copies, as imageseg does.

For programs that cannot change images while they train. Split the images into
training and validation first: copies of one image must not stand on both sides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imageseg.augmentation.copies import Changes, Copy, CopySettings, copy_names
from imageseg.errors import ImageSegError, SettingsError, ShapeMismatchError
from imageseg.images import check_finite, open_image, write_image
from imageseg.images.write import refuse_leftovers
from imageseg.masks import Labels, read_codes, size_text
from imageseg.tables import GrowingTable, Row
from imageseg.tasks import Progress, Task

TABLE = "augmented.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyProgress(Progress):
    """Progress after a file, with its finished row of the table."""

    row: Row


def write_copies_task(
    pairs: Sequence[tuple[Path, Sequence[Path]]],
    settings: CopySettings,
    out: Path,
    *,
    labels: Sequence[Labels] | None = None,
) -> Task[pd.DataFrame]:
    """Write the copies of all images; masks move with them and keep their values.

    Images are read once each, one at a time. With masks, images go to the folder
    ``images`` and masks, under the same names, to ``masks``. The table
    ``augmented.csv`` grows beside them; what is finished stays when the task is
    cancelled.

    Parameters
    ----------
    pairs
        Images with the files of their masks, or with none.
    settings
        Which copies.
    out
        Folder to write to.
    labels
        Those of each image, to be written in place of its masks (0 = not
        annotated, k = class k); a `LabelReader` reads them one by one. None
        keeps the values of the masks.

    Yields
    ------
    Progress
        A `CopyProgress` after each copy.

    Returns
    -------
    table
        One row a copy, angle by angle, then flips, then flops: files read and
        written, rotation in degrees clockwise, flip, flop, changes in per cent
        (gaps where colours stayed), sizes in px, error.

    Raises
    ------
    SettingsError
        Copies would mix with the images or with those of an earlier run, or what
        is not annotated could not be told from a class.
    """
    _check(pairs, settings, out, labels)
    plan = _Plan(settings.copies, settings.changes(len(pairs)), out, labels)
    names = copy_names([image for image, _ in pairs], plan.copies)
    _check_leftovers(pairs, names, out)
    total = len(pairs) * len(plan.copies)
    with GrowingTable(out / TABLE) as table:
        for i, pair in enumerate(pairs):
            for row in _rows(plan, i, *pair, names[i]):
                table.add([row])
                yield CopyProgress(
                    done=len(table.rows), total=total, message=pair[0].name, row=row
                )
        by_copy = [table.rows[k :: len(plan.copies)] for k in range(len(plan.copies))]
        table.rows = [row for rows in by_copy for row in rows]
    return table.frame()


class _Plan(NamedTuple):
    """What is the same for all images."""

    copies: list[Copy]
    changes: Mapping[tuple[int, int], Changes]
    out: Path
    labels: Sequence[Labels] | None


class _Source(NamedTuple):
    """An image and its mask in memory."""

    image: NDArray[Any]
    mask: NDArray[Any] | None
    axes: str

    @property
    def rows(self) -> int:
        return self.axes.index("Y")


def _rows(
    plan: _Plan, i: int, image: Path, masks: Sequence[Path], names: Sequence[str]
) -> Iterator[Row]:
    """Write the copies of an image; those that fail become rows too."""
    source: _Source | None = None
    error = ""
    for k, (copy, name) in enumerate(zip(plan.copies, names, strict=True)):
        changes = plan.changes.get((i, k))
        row = _row(image, masks, copy, changes)
        if not error:
            try:
                source = source or _read(image, masks, plan.labels, i)
                row |= _write(source, copy, changes, plan.out, name)
            except (ImageSegError, OSError) as failure:
                error = str(failure)
        yield row | {"error": error}


def _row(
    image: Path, masks: Sequence[Path], copy: Copy, changes: Changes | None
) -> Row:
    brightness, saturation, hue = changes or (None, None, None)
    return {
        "image": None,
        "mask": None,
        "source": str(image),
        "mask_source": ";".join(map(str, masks)),
        "rotation": copy.rotation,
        "flip": copy.flip,
        "flop": copy.flop,
        "brightness_shift": brightness,
        "saturation_shift": saturation,
        "hue_shift": hue,
        "width": None,
        "height": None,
    }


def _read(
    image: Path, masks: Sequence[Path], labels: Sequence[Labels] | None, i: int
) -> _Source:
    with open_image(image) as file:
        pixels, axes = file.read(), file.info.axes
    check_finite(pixels)
    rows = axes.index("Y")
    if not masks:
        return _Source(pixels, None, axes)
    mask = read_codes(masks[0]) if labels is None else labels[i]
    shape, wanted = mask.shape[: rows + 2], pixels.shape[: rows + 2]
    if shape != wanted:
        raise ShapeMismatchError(
            f"{masks[0]} has {size_text(shape)}, its image {image.name} "
            f"{size_text(wanted)}. imageseg prepare --check says what to do."
        )
    return _Source(pixels, mask, axes)


def _write(
    source: _Source, copy: Copy, changes: Changes | None, out: Path, name: str
) -> Row:
    """Write a copy of an image, and of its mask; return what the table tells of it."""
    image = copy.apply(source.image, source.rows)
    if changes is not None:
        from imageseg.augmentation.modulate import modulate  # noqa: PLC0415  heavy

        image = modulate(image, *changes)
    folder = "images/" if source.mask is not None else ""
    row: Row = {"image": _save(out, folder + name, image, source.axes)}
    if source.mask is not None:
        mask = copy.apply(source.mask, source.rows, nearest=True)
        axes = source.axes[: mask.ndim]  # without channels
        row["mask"] = _save(out, f"masks/{name}", mask, axes)
    height, width = image.shape[source.rows : source.rows + 2]
    return row | {"width": width, "height": height}


def _save(out: Path, name: str, picture: NDArray[Any], axes: str) -> str:
    """Write a PNG if one can hold the picture, else a TIFF; return its name."""
    colour = picture.ndim == 3 and picture.shape[-1] == 3 and picture.dtype == np.uint8
    grey = picture.ndim == 2 and picture.dtype in (np.uint8, np.uint16)
    name = f"{name}.{'png' if colour or grey else 'tif'}"
    write_image(out / name, np.ascontiguousarray(picture), axes=axes)
    return name


def _check_leftovers(
    pairs: Sequence[tuple[Path, Sequence[Path]]],
    names: Sequence[Sequence[str]],
    out: Path,
) -> None:
    folders = [out / kind for kind in ("images", "masks")]
    if not all(masks for _, masks in pairs):
        folders.append(out)
    refuse_leftovers(out, folders, [name for some in names for name in some])


def _check(
    pairs: Sequence[tuple[Path, Sequence[Path]]],
    settings: CopySettings,
    out: Path,
    labels: Sequence[Labels] | None,
) -> None:
    folders = {out.resolve(), (out / "images").resolve(), (out / "masks").resolve()}
    for image, masks in pairs:
        if any(path.resolve().parent in folders for path in (image, *masks)):
            raise SettingsError(
                "output folder", str(out), "another folder than that of the images"
            )
    if labels is not None:
        return
    if any(len(masks) > 1 for _, masks in pairs):
        raise SettingsError(
            "mask coding", None, "given (--coding), to unite several masks"
        )
    if any(masks for _, masks in pairs) and not settings.is_lossless:
        raise SettingsError(
            "mask coding",
            None,
            "given (--coding) with such angles, as black corners are marked as not "
            "annotated",
        )
