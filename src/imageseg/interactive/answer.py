"""What is said to people while a model is still learning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from imageseg.metrics import Scores
from imageseg.metrics.chance import dice_where_annotated, jackknife_error, t_quantile
from imageseg.model import SegmentationModel
from imageseg.tasks import Progress
from imageseg.training import HeldOut

Kind = Literal["instant", "start", "network"]
"""Who answers: the pixel classifier, the model that training starts from, or the
network that is being trained."""

SURE = 0.99
"""How sure it must be that a network is better than the pixel classifier: more than the
usual 0.95, because it is looked at after every epoch, and a network taught by few
strokes was worse on most real sets."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Answer:
    """A model that can be asked now.

    Attributes
    ----------
    model
        Nobody goes on changing it.
    kind
        What it is.
    scores
        On what was held out; None if nothing was.
    held_out
        What that is, for people: ``"3 held-out blocks"``.
    units
        What the scores are made of, (N, K, K): a confusion matrix for each image, or
        for each block where one image is all there is.
    """

    model: SegmentationModel
    kind: Kind
    scores: Scores | None
    held_out: str
    units: NDArray[np.int64] | None = None

    @property
    def dice(self) -> float:
        """Mean Dice of the classes that are held out; NaN without scores."""
        return float("nan") if self.scores is None else self.scores.mean_dice

    def better_than(self, other: Answer | None) -> bool:
        """Say whether it should speak instead of another.

        Without scores nothing is known, and who speaks goes on. A network takes over
        from the pixel classifier only if it is better by more than chance (`SURE`):
        a few held-out strokes show a difference of some hundredths where there is
        none, and one held-out image says little of others. Among networks, which learn
        the same way, the higher Dice decides.
        """
        if other is None or not self.dice > other.dice:
            return other is None
        if other.kind != "instant":
            return True
        if self.units is None or other.units is None:
            return False
        return _beyond_chance(other.units, self.units)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerProgress(Progress):
    """Progress with an answer that is better than those before it.

    Attributes
    ----------
    answer
        Who speaks from now on.
    """

    answer: Answer


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Taught:
    """What teaching ends with.

    Attributes
    ----------
    best
        Who speaks at the end.
    answers
        The last answer of each kind.
    split
        What the network learned from, and what was held out.
    """

    best: Answer
    answers: Mapping[Kind, Answer]
    split: HeldOut | None


def _beyond_chance(before: NDArray[np.int64], after: NDArray[np.int64]) -> bool:
    """Say whether the gain of mean Dice is more than chance; never in one unit.

    One-sided, by Student's t over units: what both models find hard, or easy, does
    not count against either.
    """
    if len(before) < 2:
        return False
    gain = dice_where_annotated(after.sum(0)) - dice_where_annotated(before.sum(0))
    limit = t_quantile(SURE, len(before) - 1) * jackknife_error(before, after)
    return gain > max(limit, 0.0)
