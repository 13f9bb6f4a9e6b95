"""Pair images with their masks by name, never by position."""

from __future__ import annotations

from collections import defaultdict
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
        Images with more than one candidate mask; they are not paired.
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
        Files; a file that is in both lists counts as a mask.
    suffixes
        What a mask's stem may have after the stem of its image.
    """
    by_stem: dict[str, list[Path]] = defaultdict(list)
    for mask in masks:
        by_stem[mask.stem].append(mask)
    own = set(masks)
    pairs, missing, ambiguous = [], [], []
    for image in (path for path in images if path not in own):
        candidates = [m for suffix in suffixes for m in by_stem[image.stem + suffix]]
        if len(candidates) == 1:
            pairs.append((image, candidates[0]))
        else:
            (ambiguous if candidates else missing).append(image)
    used = {mask for _, mask in pairs}
    return Pairing(
        pairs=tuple(pairs),
        images_without_mask=tuple(missing),
        masks_without_image=tuple(mask for mask in masks if mask not in used),
        ambiguous=tuple(ambiguous),
    )
