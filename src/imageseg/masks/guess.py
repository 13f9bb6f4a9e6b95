"""Tell from the codes of all masks which coding explains them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imageseg.masks.census import AROUND, MOST_CODES, Census
from imageseg.masks.coding import MaskCoding, singles
from imageseg.masks.presets import PRESETS

MOST_IDS = 40
"""Largest id that is taken for a class without being told how many there are."""

_WHITE = (255, 65535)
_AREA = 16  # flat pixels that are no chance of a soft edge


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """What a census says about the coding.

    Attributes
    ----------
    coding
        The one that fits, if any does.
    sure
        Whether it may be used without asking.
    n_classes
        How many classes it tells apart; 0 if nobody knows.
    reason
        What was seen, for people.
    odd
        Whether people should be told, even if it is sure.
    """

    coding: MaskCoding | None
    sure: bool
    n_classes: int
    reason: str
    odd: bool = False


def guess_coding(census: Census, n_classes: int | None = None) -> Guess:
    """Tell which coding explains all masks of a set.

    Parameters
    ----------
    census
        Of all masks together: a single one may lack classes.
    n_classes
        Number of classes, if it is known.
    """
    rules = (
        (_coloured,)
        if census.coloured
        else (_ids, _void, _objects, _two, _few, _blurred)
    )
    found = (rule(census, n_classes) for rule in rules)
    return next(filter(None, found), None) or Guess(
        coding=None,
        sure=False,
        n_classes=n_classes or 0,
        reason=f"{_seen(census, n_classes)}; no coding explains them",
    )


def _seen(census: Census, n_classes: int | None) -> str:
    classes = f" for {n_classes} classes" if n_classes else ""
    if census.codes.size > 8:
        levels = f"{census.codes.size} different values up to {census.largest}"
        return f"the masks hold {levels}{classes}"
    values = ", ".join(map(str, census.codes.tolist()))
    return f"the masks hold the values {values}{classes}"


def _ids(census: Census, n_classes: int | None) -> Guess | None:
    """Recognise 0 … K-1 and 1 … K, also with absent classes."""
    top, low = census.largest, census.smallest
    if n_classes is None:
        gapless = census.codes.size == top - low + 1 and top <= MOST_IDS
        if not gapless or low > 1:
            return None
        n_classes = max(top + 1 - low, 2)
    if low < 0 or top > n_classes:
        return None
    one_based = top == n_classes
    doubtful = one_based and low == 0 and census.span < top
    meaning = "1 is class 1" if one_based else "0 is class 1"
    if one_based and low == 0:
        meaning = "0 is read as not annotated, 1 as class 1"
    if doubtful:
        meaning = (
            f"none holds both 0 and {top}: perhaps some begin at 0, others at 1; "
            "else 0 is not annotated"
        )
    return Guess(
        coding=MaskCoding(kind="labels" if one_based else "ids"),
        sure=not doubtful,
        n_classes=n_classes,
        reason=f"{_seen(census, n_classes)}; {meaning}",
        odd=one_based,
    )


def _void(census: Census, n_classes: int | None) -> Guess | None:
    """Recognise 0 … K-1 with one value apart, such as 255, for what is unknown.

    Beside white, classes may be absent: the sets of PASCAL VOC hold 0, 15, 255.
    """
    *ids, apart = census.codes.tolist() or [0]
    if ids in ([], [0]) or ids[0] < 0 or apart < ids[-1] + 2:
        return None
    if ids != list(range(len(ids))) and (apart not in _WHITE or ids[-1] > MOST_IDS):
        return None
    if n_classes is None:
        n_classes = ids[-1] + 1
    if ids[-1] >= n_classes:
        return None
    return Guess(
        coding=MaskCoding(kind="ids", void=(apart,)),
        sure=False,
        n_classes=n_classes,
        reason=f"{_seen(census, n_classes)}; {apart} may mean 'not annotated'",
    )


def _objects(census: Census, n_classes: int | None) -> Guess | None:
    """Recognise objects that are numbered one by one."""
    top = census.largest
    gapless = census.codes.size == top + 1 and census.smallest == 0
    if n_classes not in {None, 2} or not gapless or top in _WHITE:
        return None
    return Guess(
        coding=MaskCoding(kind="binary", threshold=1),
        sure=False,
        n_classes=2,
        reason=f"{_seen(census, n_classes)} without a gap: probably numbered objects",
    )


def _two(census: Census, n_classes: int | None) -> Guess | None:
    """Recognise black and white, sharp or soft."""
    top, low = census.largest, census.smallest
    if n_classes not in {None, 2} or low < 0 or not 128 <= top < MOST_CODES:
        return None
    peaks = census.peaks()
    between = any(AROUND < peak < top - AROUND for peak in peaks)
    if between or holds_ids(census) or (top not in _WHITE and top not in peaks):
        return None
    grey = census.codes.size - int(np.isin(census.codes, (0, top)).sum())
    threshold = 128 if top < 256 or not grey else (top + 1) // 2
    return Guess(
        coding=MaskCoding(kind="binary", threshold=threshold),
        sure=True,
        n_classes=2,
        reason=f"the masks hold {grey} grey levels besides black and white; "
        f"{threshold} and above is class 2"
        if grey
        else "the masks are black and white",
        odd=grey > 0,
    )


def holds_ids(census: Census) -> bool:
    """Tell whether grey masks hold areas that neither JPEG nor soft edges explain.

    JPEG puts noise around white as much as around black. Soft edges are no areas.
    """
    low, top = census.smallest, census.largest
    inner = (census.codes > low) & (census.codes < top)
    if census.codes.size > MOST_IDS or not inner.any():
        return False
    codes, flat, counts = (
        part[inner] for part in (census.codes, census.flat, census.counts)
    )
    if codes[-1] <= MOST_IDS < top:
        return bool(flat.any())
    far = (codes > low + AROUND) & (codes < top - AROUND)
    return bool((far & (flat >= _AREA) & (2 * flat >= counts)).any())


def _few(census: Census, n_classes: int | None) -> Guess | None:
    """Recognise codes that are no range: 0, 128, 255."""
    count = census.codes.size
    if not 2 <= count <= MOST_IDS or census.smallest < 0:
        return None
    if (n_classes or count) != count:
        return None
    if n_classes is None and np.diff(census.codes).min() < AROUND:
        return None
    return Guess(
        coding=MaskCoding(kind="values", codes=singles(census.codes)),
        sure=False,
        n_classes=count,
        reason=f"{_seen(census, n_classes)}; probably one value a class, in order",
    )


def _blurred(census: Census, n_classes: int | None) -> Guess | None:
    """Recognise codes that went through JPEG or a smooth resize."""
    if census.largest >= MOST_CODES or census.smallest < 0:
        return None
    if census.codes.size < 3 or np.median(np.diff(census.codes)) > 1:
        return None  # blurred codes have all levels around them
    peaks = census.peaks()
    if len(peaks) < 2 or (n_classes or len(peaks)) != len(peaks):
        return None
    reach = (int(np.diff(peaks).min()) + 1) // 2
    return Guess(
        coding=MaskCoding(kind="values", codes=singles(peaks), tolerance=max(reach, 1)),
        sure=False,
        n_classes=len(peaks),
        reason=f"{_seen(census, n_classes)}, most of them near "
        f"{', '.join(map(str, peaks))}: a JPEG or a smooth resize has blurred them",
    )


def _coloured(census: Census, n_classes: int | None) -> Guess | None:
    """Recognise a published colour table, or a few colours."""
    colours = set(census.codes.tolist())
    for table in PRESETS.values():
        if colours <= {*table.colours, *table.void}:
            return Guess(
                coding=MaskCoding.preset(table.name),
                sure=False,
                n_classes=len(table.colours),
                reason=f"the masks are coloured as in {table.name!r}",
            )
    shown = ", ".join(f"#{c:06x}" for c in _most_frequent(census, 12))
    count = len(colours)
    fits = count <= MOST_IDS and (n_classes or count) == count
    return Guess(
        coding=MaskCoding(kind="colours", codes=singles(sorted(colours)))
        if fits
        else None,
        sure=False,
        n_classes=n_classes or (count if fits else 0),
        reason=f"the masks are coloured: {shown}{', …' if count > 12 else ''}",
    )


def _most_frequent(census: Census, n: int) -> list[int]:
    order = np.argsort(-census.counts, kind="stable")[:n]
    return [int(code) for code in census.codes[order]]
