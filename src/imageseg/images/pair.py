"""Pair images with their masks by name, never by position."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MASK_SUFFIXES = ("", "_mask", "-mask", "_labels", "_label", "_annotation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Which mask belongs to which image, and what is left over.

    Attributes
    ----------
    pairs
        (image, mask) in the order of the images.
    images_without_mask, masks_without_image
        Files that found no partner.
    ambiguous
        Images with more than one candidate mask, or whose mask would fit another
        image too; they are not paired.
    """

    pairs: tuple[tuple[Path, Path], ...]
    images_without_mask: tuple[Path, ...]
    masks_without_image: tuple[Path, ...]
    ambiguous: tuple[Path, ...]


def pair_by_stem(
    images: Sequence[Path],
    masks: Sequence[Path],
    *,
    suffixes: Sequence[str] = MASK_SUFFIXES,
) -> Pairing:
    """Pair ``1.tif`` with ``1.png`` or ``1_mask.tif``.

    Parameters
    ----------
    images, masks
        Files. One that is in both lists (one folder for both) is an image if
        another is named as its mask, else a mask.
    suffixes
        What a mask's stem may have after the stem of its image.
    """
    images, masks = _told_apart(images, masks, suffixes)
    by_stem: dict[str, list[Path]] = defaultdict(list)
    for mask in masks:
        by_stem[mask.stem].append(mask)
    candidates = {
        image: [m for suffix in suffixes for m in by_stem[image.stem + suffix]]
        for image in images
    }
    claims = Counter(mask for found in candidates.values() for mask in found)
    sure = {
        image: found[0]
        for image, found in candidates.items()
        if len(found) == 1 and claims[found[0]] == 1
    }
    used = set(sure.values())
    return Pairing(
        pairs=tuple(sure.items()),
        images_without_mask=tuple(i for i, found in candidates.items() if not found),
        masks_without_image=tuple(mask for mask in masks if mask not in used),
        ambiguous=tuple(
            i for i, found in candidates.items() if found and i not in sure
        ),
    )


def _told_apart(
    images: Sequence[Path], masks: Sequence[Path], suffixes: Sequence[str]
) -> tuple[list[Path], list[Path]]:
    """Make an image or a mask of each file that is in both lists."""
    stems = {mask.stem for mask in masks}
    photographs = {
        path
        for path in set(images) & set(masks)
        if any(path.stem + suffix in stems for suffix in suffixes if suffix)
    }
    own = set(masks) - photographs
    return (
        [path for path in images if path not in own],
        [path for path in masks if path in own],
    )
