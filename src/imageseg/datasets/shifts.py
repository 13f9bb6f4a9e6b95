"""Masks that count classes from 1 among masks that count from 0, or the reverse."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from imageseg.datasets.findings import Finding, Repair
from imageseg.masks import Census, MaskCoding
from imageseg.masks.guess import MOST_IDS

_MOST = 0.8  # of the masks begin alike: the others are suspected


def shifted_masks(masks: Mapping[Path, Census]) -> dict[Path, Finding]:
    """Find masks whose first class has another number than in most masks.

    A mask that begins at 1 may merely lack the first class. It is shifted if it
    also holds one class more than all masks that begin at 0; the reverse likewise.

    Parameters
    ----------
    masks
        The codes of every mask.

    Returns
    -------
    findings
        An error for each such mask, with the coding that puts it right.
    """
    if any(c.coloured or c.largest > MOST_IDS for c in masks.values()):
        return {}
    for usual in (0, 1):
        tops = [c.largest for c in masks.values() if c.smallest == usual]
        if _MOST * len(masks) <= len(tops) < len(masks):
            return {
                path: _finding(path, census, usual)
                for path, census in masks.items()
                if _is_shifted(census, usual, max(tops))
            }
    return {}


def _is_shifted(census: Census, usual: int, top: int) -> bool:
    other = 1 - usual
    return census.smallest == other and census.largest == top + other - usual


def _finding(path: Path, census: Census, usual: int) -> Finding:
    own = MaskCoding(kind="labels" if usual == 0 else "ids")
    return Finding(
        severity="error",
        kind="shifted ids",
        path=path,
        what=f"it holds {census.smallest} to {census.largest}, while most masks begin "
        f"at {usual}: it seems to count classes from {1 - usual}",
        advice=f"Read this one with --coding {own}; --repair does.",
        repair=Repair(coding=own),
    )
