"""What is said to people while a model is still learning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from imageseg.metrics import Scores
from imageseg.model import SegmentationModel
from imageseg.tasks import Progress
from imageseg.training import HeldOut

Kind = Literal["instant", "start", "network"]
"""Who answers: the pixel classifier, the model that training starts from, or the
network that is being trained."""


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
    """

    model: SegmentationModel
    kind: Kind
    scores: Scores | None
    held_out: str

    @property
    def dice(self) -> float:
        """Mean Dice of the classes that are held out; NaN without scores."""
        return float("nan") if self.scores is None else self.scores.mean_dice

    def better_than(self, other: Answer | None) -> bool:
        """Say whether it should speak instead of another.

        Without scores nothing is known, and who speaks goes on.
        """
        return other is None or self.dice > other.dice


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
