"""Look at the masks of a set, and judge how they are coded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np

from imageseg.classes import MAX_CLASSES
from imageseg.datasets.findings import Finding, Repair
from imageseg.datasets.pairing import Pairing
from imageseg.datasets.palettes import Palette, palette_of
from imageseg.datasets.shifts import shifted_masks
from imageseg.errors import ImageReadError, MaskValueError
from imageseg.images import sniff
from imageseg.masks import (
    Census,
    Guess,
    MaskCoding,
    guess_coding,
    is_labelme,
    read_codes,
    read_labelme,
)
from imageseg.masks.coding import unpacked
from imageseg.masks.guess import holds_ids
from imageseg.tasks import Progress, Task

_FEW = 0.1  # a code that fewer masks hold is theirs, not the set's
_MANY = 0.25  # more masks with such codes are no exceptions


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """What the masks of a set hold.

    Attributes
    ----------
    masks
        The codes of each.
    palettes
        The colours of each that has any.
    unreadable
        Why a mask cannot be read.
    outlined
        The names in each labelme file.
    """

    masks: dict[Path, Census] = field(default_factory=dict)
    palettes: dict[Path, Palette] = field(default_factory=dict)
    unreadable: dict[Path, str] = field(default_factory=dict)
    outlined: dict[Path, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a set is coded.

    Attributes
    ----------
    coding
        Of the set, or None if nobody can tell.
    n_classes
        As given, or as found.
    findings
        What is odd about the codes.
    """

    coding: MaskCoding | None
    n_classes: int
    findings: tuple[Finding, ...]

    def coding_of(self, path: Path) -> MaskCoding | None:
        """Return the coding of one mask: its own repair, or that of the set."""
        own = (f.repair for f in self.findings if f.path == path and f.repair)
        return next((repair.coding for repair in own), self.coding)


def survey_task(pairing: Pairing, coding: MaskCoding) -> Task[Survey]:
    """Count the codes of every mask; go on past those that cannot be read."""
    survey = Survey()
    colours = coding.kind == "colours"
    for i, pair in enumerate(pairing.pairs):
        yield Progress(done=i, total=len(pairing.pairs), message=pair.image.name)
        for path in pair.masks:
            try:
                if is_labelme(path):
                    drawn = read_labelme(path).outlines
                    survey.outlined[path] = tuple(outline.name for outline in drawn)
                    continue
                census = Census.of(read_codes(path, as_colours=colours))
                survey.masks[path] = census
                survey.palettes[path] = {} if colours else palette_of(path, census)
            except ImageReadError as error:
                survey.unreadable[path] = error.reason
    return survey


def judge(
    masks: Mapping[Path, Census], n_classes: int | None, coding: MaskCoding
) -> Verdict:
    """Tell how a set is coded, and which masks do not fit.

    Parameters
    ----------
    masks
        The codes of every mask.
    n_classes
        If it is known.
    coding
        ``auto`` to find out.
    """
    found: MaskCoding | None = coding
    count, findings = n_classes or 0, []
    if coding.kind == "auto":
        shifted = shifted_masks(masks)
        masks = {path: c for path, c in masks.items() if path not in shifted}
        guess = _guess(masks, n_classes)
        found, count = guess.coding, guess.n_classes
        findings = [*_of_the_set(guess), *shifted.values()]
    if found is not None:
        count = count or _classes_of(found, masks)
        for path, census in masks.items():
            findings += _of_a_mask(path, census, found, count)
    return Verdict(coding=found, n_classes=count, findings=tuple(findings))


def _guess(masks: Mapping[Path, Census], n_classes: int | None) -> Guess:
    """Guess from all masks, or, if that fails, without what few of them hold."""
    if not masks:
        coding = MaskCoding(kind="ids")
        return Guess(coding=coding, sure=True, n_classes=n_classes or 0, reason="")
    total = reduce(add, masks.values())
    guess = guess_coding(total, n_classes)
    if guess.sure:
        return guess
    holders = Counter(code for c in masks.values() for code in c.codes.tolist())
    usual = np.array([holders[c] >= _FEW * len(masks) for c in total.codes.tolist()])
    if usual.all() or total.coloured:
        return guess
    rare = total.codes[~usual]
    if sum(np.isin(rare, c.codes).any() for c in masks.values()) > _MANY * len(masks):
        return guess  # each class may be rare, as in PASCAL VOC
    common = guess_coding(total.of_codes(usual), n_classes)
    return common if common.sure else guess


def _of_the_set(guess: Guess) -> list[Finding]:
    soft = guess.coding is not None and guess.coding.kind == "binary"
    if guess.sure and (soft or not guess.odd):
        return []  # of soft masks each is remarked
    if guess.coding is None:
        advice = "Say with --coding what stands for each class, or mend the masks."
    elif guess.sure:
        advice = f"They are read as {guess.coding}; name another --coding if not meant."
    else:
        advice = f"If so, read them with --coding '{guess.coding}'."
    return [
        Finding(
            severity="remark" if guess.sure else "error",
            kind="mask coding",
            path=None,
            what=guess.reason,
            advice=advice,
            repair=Repair(coding=guess.coding) if guess.coding else None,
        )
    ]


def _classes_of(coding: MaskCoding, masks: Mapping[Path, Census]) -> int:
    """Return how many classes a coding tells apart, given what the masks hold."""
    if coding.codes:
        return len(coding.codes)
    if coding.kind == "binary":
        return 2
    used = [code for c in masks.values() for code in c.codes if code not in coding.void]
    first = 1 if coding.kind == "ids" else 0
    return min(int(max(used, default=0)) + first, MAX_CLASSES)


def _of_a_mask(
    path: Path, census: Census, coding: MaskCoding, n_classes: int
) -> Iterator[Finding]:
    if census.coloured and coding.kind != "colours":
        yield _misfit(path, census, n_classes, "it is coloured")
        return
    codes = unpacked(census.codes) if census.coloured else census.codes
    try:
        coding.decode(codes[None], n_classes)
    except MaskValueError as error:
        what = f"it holds {', '.join(error.codes)}: no class of {coding}"
        yield _misfit(path, census, n_classes, what)
        return
    if coding.kind != "binary":
        return
    if coding.threshold > 1 and holds_ids(census):
        what = f"it holds areas of other values than black and white: {_inner(census)}"
        yield _misfit(path, census, n_classes, what)
        return
    yield from _of_black_and_white(path, census, coding)


def _inner(census: Census) -> str:
    inner = census.codes[1:-1].tolist()
    return ", ".join(map(str, inner[:5])) + (", …" if len(inner) > 5 else "")


def _misfit(path: Path, census: Census, n_classes: int, what: str) -> Finding:
    """Name a mask that the coding of the set does not explain."""
    own = guess_coding(census, n_classes)
    advice = "Correct the mask, or name a coding that holds for all."
    if own.coding is not None:
        sure = "by itself it reads" if own.sure else "it may be meant"
        advice = f"Look at it: {sure} as {own.coding}."
    return Finding(
        severity="error",
        kind="stray values",
        path=path,
        what=what,
        advice=advice,
        repair=Repair(coding=own.coding) if own.sure else None,
    )


def _of_black_and_white(
    path: Path, census: Census, coding: MaskCoding
) -> Iterator[Finding]:
    top = census.largest
    if 0 < top < coding.threshold:
        own = MaskCoding(kind="binary", threshold=1, inverted=coding.inverted)
        yield Finding(
            severity="error",
            kind="other values",
            path=path,
            what=f"its largest value is {top}: all of it would be the dark class",
            advice="If all above 0 is meant, read this one with "
            f"--coding {own}; --repair does.",
            repair=Repair(coding=own),
        )
    sharp = np.isin(census.codes, (0, 255, top))
    if not sharp.all() and coding.threshold > 1:
        share = census.counts[~sharp].sum() / census.pixels
        jpeg = ": its content is JPEG" if sniff(path) == "jpeg" else ""
        yield Finding(
            severity="remark",
            kind="grey levels",
            path=path,
            what=f"{(~sharp).sum()} levels between black and white in "
            f"{share:.1%} of the pixels{jpeg}",
            advice=f"Values from {coding.threshold} on are the bright class; save "
            "masks as PNG, and resize them by nearest neighbour.",
            repair=Repair(coding=coding),
        )
