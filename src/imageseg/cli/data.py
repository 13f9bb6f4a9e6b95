"""Annotated data for training and evaluation, from the command line's files."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from imageseg.cli.console import complain, say, show_progress
from imageseg.errors import ImageReadError, SettingsError

if TYPE_CHECKING:
    from imageseg.classes import ClassScheme
    from imageseg.datasets import Pairing
    from imageseg.masks import MaskCoding
    from imageseg.training import FileSample


def file_samples(
    options: argparse.Namespace,
    scheme: ClassScheme,
    *,
    images: Sequence[Path] | None = None,
    masks: Sequence[Path] = (),
) -> list[FileSample]:
    """Pair images and masks that stay in their files until they are needed.

    Parameters
    ----------
    options
        Of `add_data` and `add_channels`, and of `add_groups` if the verb has it.
    scheme
        The classes.
    images, masks
        Others in place of those of the options.

    Raises
    ------
    ImageReadError
        A file cannot be read, or nothing pairs.
    ShapeMismatchError
        A channel is not there.
    SettingsError
        The coding of the masks is to be named; a name does not match ``--groups``.
    """
    from imageseg.masks import LabelReader  # noqa: PLC0415  heavy
    from imageseg.training import file_samples_task  # noqa: PLC0415

    if images is None:
        images, masks = options.images, options.masks
    pairing = find_pairs(images, masks)
    coding = _known_coding(pairing, options.coding, len(scheme))
    labels = LabelReader(pairing.masks, len(scheme), coding=coding, names=scheme.names)
    groups = partial(group_of, groups=getattr(options, "groups", ""))
    task = file_samples_task(
        pairing.pairs,
        labels,
        group_of=groups,
        choice=getattr(options, "channels", None),
    )
    return show_progress(task)


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
