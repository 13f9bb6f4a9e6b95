"""Read mask files as labels: 0 = not annotated, k = class k."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from imageseg.classes import MAX_CLASSES
from imageseg.errors import (
    ImageReadError,
    MaskValueError,
    SettingsError,
    ShapeMismatchError,
)
from imageseg.images import read_image, read_values
from imageseg.masks.census import Census
from imageseg.masks.coding import Labels, MaskCoding, is_share
from imageseg.masks.guess import Guess, guess_coding
from imageseg.masks.labelme import is_labelme, read_labelme
from imageseg.tasks import Progress, Task, drain

MaskFiles = Path | Sequence[Path]
"""One mask file, or the several that make up the mask of one image."""


def read_labels(
    masks: Sequence[MaskFiles],
    n_classes: int,
    *,
    coding: MaskCoding | str = "auto",
    names: Sequence[str] = (),
) -> list[Labels]:
    """Read the masks of one data set; `LabelReader` reads them one by one.

    Parameters
    ----------
    masks
        All masks of the set: ``auto`` needs to see them together, because a
        single mask may lack classes.
    n_classes
        Number of classes.
    coding
        How codes mean classes, as `MaskCoding` or as its text.
    names
        Class names in order of their ids; labelme files call classes by name.

    Returns
    -------
    labels
        One (Y, X) or (Z, Y, X) array an image.

    Raises
    ------
    ImageReadError
        A file cannot be read or holds a value outside the coding.
    ShapeMismatchError
        The files of one mask differ in size.
    SettingsError
        ``auto`` cannot tell the coding, or `coding` is none.
    """
    return list(LabelReader(masks, n_classes, coding=coding, names=names))


class LabelReader(Sequence[Labels]):
    """The masks of a data set, each read when it is asked for.

    Attributes
    ----------
    coding
        As given, or as found by looking once at every mask.
    """

    def __init__(
        self,
        masks: Sequence[MaskFiles],
        n_classes: int,
        *,
        coding: MaskCoding | str = "auto",
        names: Sequence[str] = (),
    ) -> None:
        self._masks = masks
        self._n_classes = n_classes
        self._names = names
        self.coding = choose_coding(masks, n_classes, coding=coding)

    def __len__(self) -> int:
        return len(self._masks)

    @overload
    def __getitem__(self, index: int) -> Labels: ...
    @overload
    def __getitem__(self, index: slice) -> list[Labels]: ...
    def __getitem__(self, index: int | slice) -> Labels | list[Labels]:
        """Read one mask, or some."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        return read_mask(
            self._masks[index],
            self.coding,
            n_classes=self._n_classes,
            names=self._names,
        )


def read_mask(
    files: MaskFiles,
    coding: MaskCoding,
    *,
    n_classes: int = MAX_CLASSES,
    names: Sequence[str] = (),
    shape: tuple[int, ...] | None = None,
) -> Labels:
    """Read the mask of one image.

    Parameters
    ----------
    files
        Several files are united: in each pixel the class of the highest id wins,
        whatever the order of the files, and background last.
    coding
        How codes mean classes.
    n_classes
        A code of a higher class is an error.
    names
        Class names for labelme files.
    shape
        Rows and columns of the image (and planes before them), to be checked.

    Raises
    ------
    ImageReadError
        A file cannot be read or holds a code outside the coding.
    ShapeMismatchError
        The files differ in size, or from `shape`.
    """
    labels: Labels | None = None
    for path in as_files(files):
        found = _read_one(path, coding, n_classes, names)
        shape = shape or found.shape
        if found.shape != shape:
            raise ShapeMismatchError(
                f"{path} has {size_text(found.shape)}, what it belongs to has "
                f"{size_text(shape)}. imageseg prepare --check says what to do."
            )
        labels = found if labels is None else np.maximum(labels, found)
    if labels is None:
        raise SettingsError("mask files", files, "at least one")
    return labels


def choose_coding(
    masks: Sequence[MaskFiles],
    n_classes: int,
    *,
    coding: MaskCoding | str = "auto",
) -> MaskCoding:
    """Return the coding that was asked for; ``auto`` looks at every mask once.

    Raises
    ------
    ImageReadError
        A mask cannot be read.
    SettingsError
        ``auto`` cannot tell the coding, or `coding` is none.
    """
    if isinstance(coding, str):
        coding = MaskCoding.parse(coding)
    if coding.kind != "auto":
        return coding
    return drain(guess_task(masks, n_classes)).coding or MaskCoding(kind="ids")


def guess_task(masks: Sequence[MaskFiles], n_classes: int | None = None) -> Task[Guess]:
    """Look at every mask and tell how the set is coded.

    Parameters
    ----------
    masks
        All masks of the set.
    n_classes
        Number of classes, if it is known.

    Raises
    ------
    ImageReadError
        A mask cannot be read.
    SettingsError
        No coding explains all masks, or more than one might.
    """
    total, example, rank = None, None, (False, -1)
    for i, mask in enumerate(masks):
        yield Progress(done=i, total=len(masks), message=f"mask {i + 1}")
        for path in filter(lambda path: not is_labelme(path), as_files(mask)):
            census = Census.of(read_codes(path))
            total = census if total is None else total + census
            if (census.coloured, census.largest) > rank:
                rank, example = (census.coloured, census.largest), path
    if total is None:
        coding = MaskCoding(kind="ids")
        return Guess(coding=coding, sure=True, n_classes=n_classes or 0, reason="")
    guess = guess_coding(total, n_classes)
    if not guess.sure:
        proposal = f", perhaps {str(guess.coding)!r}" if guess.coding else ""
        raise SettingsError(
            "mask coding",
            "auto",
            f"given by name{proposal}: {guess.reason} (see {example})",
        )
    return guess


def read_codes(path: Path, *, as_colours: bool = False) -> NDArray[Any]:
    """Read what a mask file stores: whole numbers, fractions of 1, or colours.

    Parameters
    ----------
    path
        The file.
    as_colours
        Whether a palette's colours count rather than its indices.

    Returns
    -------
    codes
        (Y, X) or (Z, Y, X); coloured masks have (…, 3); grey saved as RGB counts
        as grey.

    Raises
    ------
    ImageReadError
        The file cannot be read, or holds other fractions.
    """
    values = read_image(path) if as_colours else read_values(path)
    if values.ndim >= 3 and values.shape[-1] == 3 and _is_grey(values):
        values = values[..., 0]
    if values.dtype.kind == "f":
        whole = np.isfinite(values).all() and not (values % 1).any()
        if not whole and not is_share(values):
            raise ImageReadError(path, "it holds fractions, no class numbers.")
    return values


def as_files(files: MaskFiles) -> tuple[Path, ...]:
    """Return the files of one mask."""
    return (files,) if isinstance(files, Path) else tuple(files)


def size_text(shape: tuple[int, ...]) -> str:
    """Return a size as people write it: width × height, and planes."""
    *planes, height, width = shape
    return f"{width}×{height} px" + "".join(f" in {n} planes" for n in planes)


def _is_grey(values: NDArray[Any]) -> bool:
    return bool((values == values[..., :1]).all())


def _read_one(
    path: Path, coding: MaskCoding, n_classes: int, names: Sequence[str]
) -> Labels:
    if is_labelme(path):
        return read_labelme(path).labels(names)
    colours = coding.kind == "colours"
    values = read_codes(path, as_colours=colours)
    if values.ndim >= 3 and values.shape[-1] == 3 and not colours:
        raise ImageReadError(
            path,
            "it is a coloured picture, no mask of numbers. Give the colours of the "
            "classes as mask coding.",
        )
    try:
        return coding.decode(values, n_classes)
    except MaskValueError as error:
        raise ImageReadError(path, str(error)) from error
