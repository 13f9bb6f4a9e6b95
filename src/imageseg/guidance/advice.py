"""Whether more images would still change the mean cover.

After each round of annotation the model is trained anew, and the mean cover over all
images is computed again. Let d be its change in a round, and k the images annotated in
it. If changes are independent, of mean zero, and their variance grows with the images,

    s² = mean of d² / k over n rounds

estimates the variance of the change by one image, and m more images change the mean by

    |Δ| ≤ t s √m

with confidence c, where t is the (1 + c) / 2 quantile of Student's t with n degrees of
freedom: that is the ratio of a normal number to the root mean square of n independent
others (Student 1908, doi 10.1093/biomet/6.1.1). Changes usually shrink as annotations
grow, so that the bound is rather too wide; it does not hold for images of another kind
than those so far.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

FEWEST_CHANGES = 3
"""With two, Student's t is so wide that the bound says nothing."""

LATEST = 5
"""Rounds that count: older models say little of the present one."""


@dataclass(frozen=True, slots=True)
class Round:
    """The densities by one model.

    Attributes
    ----------
    annotated
        Images annotated when it was trained.
    covers
        Share of one class, 0 to 1, by image.
    """

    annotated: int
    covers: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class StopAdvice:
    """What more annotation would change.

    Attributes
    ----------
    more
        Images more.
    within
        Change that does not matter, 0 to 1.
    changes
        Of the mean cover, in the latest rounds.
    bound
        What `more` images change the mean cover by at most; None while it is not
        known.
    confidence
        Of the bound.
    """

    more: int
    within: float
    changes: tuple[float, ...]
    bound: float | None
    confidence: float

    @property
    def stop(self) -> bool:
        """Whether more images would change less than matters."""
        return self.bound is not None and self.bound < self.within

    @property
    def text(self) -> str:
        """For people, in percentage points."""
        images = f"{self.more} more image" + ("" if self.more == 1 else "s")
        if self.bound is None:
            missing = FEWEST_CHANGES - len(self.changes)
            return (
                f"Not known yet: the mean cover of the same images is needed from "
                f"{missing} more round{'' if missing == 1 else 's'} of training."
            )
        limit = f"{100 * self.within:g} point" + ("" if self.within == 0.01 else "s")
        if self.stop:
            return f"{images} would change the mean cover by less than {limit}."
        change = f"{100 * self.bound:.1f} points"
        return f"{images} may still change the mean cover by {change}."


def advise(
    rounds: Sequence[Round],
    *,
    more: int = 3,
    within: float = 0.01,
    confidence: float = 0.9,
) -> StopAdvice:
    """Tell whether to stop annotating.

    Parameters
    ----------
    rounds
        In order of time. The mean of each is taken over the images that all of the
        latest have.
    more
        Images that one would annotate.
    within
        Change that does not matter.
    confidence
        Of the bound, above 0 and below 1.
    """
    latest = rounds[-(LATEST + 1) :]
    means = _means(latest)
    changes = tuple(b - a for a, b in pairwise(means))
    bound = None
    if len(changes) >= FEWEST_CHANGES:
        images = [max(1, b.annotated - a.annotated) for a, b in pairwise(latest)]
        shares = [d**2 / k for d, k in zip(changes, images, strict=True)]
        bound = _bound(fmean(shares), len(shares), more, confidence)
    return StopAdvice(
        more=more,
        within=within,
        changes=changes,
        bound=bound,
        confidence=confidence,
    )


def _means(rounds: Sequence[Round]) -> list[float]:
    """Return the mean covers over the images that all rounds have."""
    common = set.intersection(*(set(r.covers) for r in rounds)) if rounds else set()
    if not common:
        return []
    return [fmean(r.covers[image] for image in sorted(common)) for r in rounds]


def _bound(variance: float, changes: int, more: int, confidence: float) -> float:
    from scipy.stats import t  # noqa: PLC0415  heavy

    return float(t.ppf((1 + confidence) / 2, changes)) * math.sqrt(variance * more)
