"""Find what stands out when the pairs of a set are compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imageseg.datasets.findings import Finding, Severity
from imageseg.datasets.pairing import Pair, Pairing

_ENOUGH = 5  # masks, to call one of them odd
_AGREED = 0.8
_RARE = 0.1


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Facts:
    """What one image and its mask say, to be compared with the others.

    Attributes
    ----------
    pair
        The files.
    counts
        (256,) pixels of each label.
    contrast
        By how many standard deviations class 2 is brighter than class 1; nan if
        one is missing.
    image, truth
        Digests of the image file and of the labels.
    """

    pair: Pair
    counts: NDArray[np.int64]
    contrast: float
    image: bytes
    truth: bytes

    @property
    def share(self) -> float:
        """Share of class 2 in the annotated pixels."""
        return float(self.counts[2] / max(self.counts[1:].sum(), 1))


def unpaired(pairing: Pairing) -> Iterator[Finding]:
    """Name every file that is left out."""
    cases: tuple[tuple[Severity, str, Sequence[Path], str, str], ...] = (
        (
            *("warning", "image without mask", pairing.images_without_mask),
            *("no mask has its name", "Rename the mask (1.jpg, 1_mask.png), or go on."),
        ),
        (
            *("warning", "mask without image", pairing.masks_without_image),
            *("no image has its name", "Rename it, or remove it."),
        ),
        (
            *("error", "ambiguous", pairing.ambiguous),
            *("several masks fit", "Keep one, number them (1_mask_1), or use a table."),
        ),
        (
            *("error", "absent", pairing.absent),
            *("the table names it, but it is not there", "Correct the table."),
        ),
        (
            *("error", "unreadable", pairing.unreadable),
            *("it is called an image, but its content is none", "Replace the file."),
        ),
    )
    for severity, kind, paths, what, advice in cases:
        for path in paths:
            yield Finding(
                severity=severity, kind=kind, path=path, what=what, advice=advice
            )


def compared(facts: Sequence[Facts], n_classes: int) -> list[Finding]:
    """Return what stands out: empty masks, absent classes, inverted masks, copies."""
    return [
        *_empty(facts),
        *_absent(facts, n_classes),
        *(_inverted(facts) if n_classes == 2 else ()),
        *_copies(facts),
    ]


def _empty(facts: Sequence[Facts]) -> Iterator[Finding]:
    """Name masks of one class: odd if they are few, or if they are all."""
    empty = [f for f in facts if np.count_nonzero(f.counts) == 1]
    everywhere = len(empty) == len(facts) > 0
    severity: Severity = "warning" if len(empty) < _RARE * len(facts) else "remark"
    for fact in empty:
        label = int(fact.counts.argmax())
        yield Finding(
            severity="error" if everywhere else severity,
            kind="empty mask",
            path=fact.pair.masks[0],
            what=f"all of it is class {label}" if label else "nothing is annotated",
            advice="No mask shows two classes: the coding or the masks are wrong."
            if everywhere
            else f"{len(empty)} of {len(facts)} masks are so: right, if the image "
            "shows nothing else.",
        )


def _absent(facts: Sequence[Facts], n_classes: int) -> Iterator[Finding]:
    counts = sum((f.counts for f in facts), np.zeros(256, np.int64))
    for label in range(1, n_classes + 1):
        if counts[label] == 0 and facts:
            yield Finding(
                severity="remark",
                kind="absent class",
                path=None,
                what=f"class {label} is in no mask",
                advice="It cannot be learned from this set.",
            )


def _inverted(facts: Sequence[Facts]) -> Iterator[Finding]:
    """Suspect masks that disagree with the brightness of their image.

    If in four of five pairs the same class is the brighter one, a mask is suspected
    in which it is the other, and by as much as half the median of all.
    """
    both = [f for f in facts if np.isfinite(f.contrast)]
    if len(both) < _ENOUGH:
        return
    contrasts = np.array([f.contrast for f in both])
    usual = np.sign(np.median(contrasts))
    if usual == 0 or np.mean(np.sign(contrasts) == usual) < _AGREED:
        return
    share = np.median([f.share for f in both])
    here = "darker" if usual > 0 else "brighter"
    for fact in both:
        if -usual * fact.contrast >= abs(np.median(contrasts)) / 2:
            yield Finding(
                severity="warning",
                kind="polarity",
                path=fact.pair.masks[0],
                what=f"class 2 is the {here} one, against the other masks, and covers "
                f"{fact.share:.0%} (their median is {share:.0%})",
                advice="Suspected to be inverted. Look at it; if so, swap its classes.",
            )


def _copies(facts: Sequence[Facts]) -> Iterator[Finding]:
    alike: dict[bytes, list[Facts]] = defaultdict(list)
    for fact in facts:
        alike[fact.image].append(fact)
    for first, *others in alike.values():
        for fact in others:
            differs = "" if fact.truth == first.truth else "; the masks differ"
            yield Finding(
                severity="warning",
                kind="duplicate",
                path=fact.pair.image,
                what=f"it is byte for byte {first.pair.image}{differs}",
                advice="Keep one; in training and test at once it flatters the score.",
            )
