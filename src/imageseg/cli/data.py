"""Annotated data for training and evaluation, from the command line's files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from imageseg.cli.console import complain, say, show_progress
from imageseg.errors import ImageReadError, SettingsError
from imageseg.tasks import Progress, Task

if TYPE_CHECKING:
    from imageseg.datasets import Pairing
    from imageseg.masks import MaskCoding
    from imageseg.training import FileSample, Sample


def load_samples(
    images: Sequence[Path],
    masks: Sequence[Path],
    *,
    n_classes: int,
    coding: MaskCoding | str = "auto",
    names: Sequence[str] = (),
) -> list[Sample]:
    """Read and pair images and masks; name what has no partner.

    Raises
    ------
    ImageReadError
        A file cannot be read, or nothing pairs.
    SettingsError
        The coding of the masks is to be named.
    """
    pairing = find_pairs(images, masks)
    coding = _known_coding(pairing, coding, n_classes)
    return show_progress(_samples_task(pairing, n_classes, coding, names))


def file_samples(
    images: Sequence[Path],
    masks: Sequence[Path],
    *,
    n_classes: int,
    coding: MaskCoding | str = "auto",
    names: Sequence[str] = (),
    groups: str = "",
) -> list[FileSample]:
    """Pair images and masks that stay in their files until they are needed.

    Parameters
    ----------
    groups
        A regular expression on the names: images whose first parenthesis holds the
        same are of one group.

    Raises
    ------
    ImageReadError
        A file cannot be read, or nothing pairs.
    SettingsError
        The coding of the masks is to be named; a name does not match `groups`.
    """
    pairing = find_pairs(images, masks)
    coding = _known_coding(pairing, coding, n_classes)
    return show_progress(_look_task(pairing, n_classes, coding, names, groups))


def _look_task(
    pairing: Pairing,
    n_classes: int,
    coding: MaskCoding,
    names: Sequence[str],
    groups: str,
) -> Task[list[FileSample]]:
    """Look at every file once, so that a bad one is known before training."""
    from imageseg.masks import read_mask  # noqa: PLC0415  heavy
    from imageseg.training import FileSample, ReadCache  # noqa: PLC0415

    cache, samples = ReadCache(), []
    for i, (file, masks) in enumerate(pairing.pairs):
        yield Progress(done=i, total=len(pairing.pairs), message=file.name)
        read = partial(read_mask, masks, coding, n_classes=n_classes, names=names)
        group = group_of(file.stem, groups)
        sample = FileSample(file, read, tuple(masks), file.stem, group, cache)
        sample.look()
        samples.append(sample)
    return samples


def group_of(name: str, groups: str) -> str:
    """Return the group of an image; empty without groups.

    Raises
    ------
    SettingsError
        The expression is none, has no parentheses, or does not match.
    """
    if not groups:
        return ""
    try:
        found = re.search(groups, name)
        return str(found[1]) if found else _no_group(groups, name)
    except (re.error, IndexError) as error:
        raise SettingsError(
            "--groups", groups, "a regular expression with parentheses: '^(plot\\d+)_'"
        ) from error


def _no_group(groups: str, name: str) -> str:
    raise SettingsError("--groups", groups, f"in every name, but {name!r} has no match")


def _known_coding(
    pairing: Pairing, coding: MaskCoding | str, n_classes: int
) -> MaskCoding:
    """Return how masks are read, guessed if it is not said."""
    from imageseg.masks import MaskCoding, guess_task  # noqa: PLC0415  heavy

    if isinstance(coding, str):
        coding = MaskCoding.parse(coding)
    if coding.kind == "auto":
        guess = show_progress(guess_task(pairing.masks, n_classes))
        coding = guess.coding or coding
        if guess.odd:
            say(f"Masks are read as {coding}: {guess.reason}.")
    return coding


def find_pairs(images: Sequence[Path], masks: Sequence[Path]) -> Pairing:
    """Pair images and masks; name what has no partner.

    Raises
    ------
    ImageReadError
        Nothing pairs.
    """
    from imageseg.datasets import find_samples  # noqa: PLC0415  heavy

    pairing = find_samples(images, masks)
    complain(pairing.messages())
    if not pairing.pairs:
        raise ImageReadError(
            images[0], "no image has a mask of the same name (1.jpg, 1_mask.png)."
        )
    return pairing


def _samples_task(
    pairing: Pairing, n_classes: int, coding: MaskCoding, names: Sequence[str]
) -> Task[list[Sample]]:
    from imageseg.images import read_image  # noqa: PLC0415  heavy
    from imageseg.masks import read_mask  # noqa: PLC0415
    from imageseg.training import Sample  # noqa: PLC0415

    samples = []
    for i, (file, masks) in enumerate(pairing.pairs):
        yield Progress(done=i, total=len(pairing.pairs), message=file.name)
        labels = read_mask(masks, coding, n_classes=n_classes, names=names)
        samples.append(Sample(read_image(file), labels, file.stem))
    return samples
