"""A model that is proposed, and what speaks for it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imageseg.evaluation import Judgement
    from imageseg.interactive import Answer
    from imageseg.model import SegmentationModel
    from imageseg.project import ModelEntry


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """A trained model, and what speaks for it.

    Attributes
    ----------
    answer
        The model, and its scores on what was held out.
    before
        The same of the model that training started from; None for a new one.
    judgement
        Both models image by image; None while that is not known.
    said
        What spoke for it when it was written into a project, which keeps no more.
    """

    answer: Answer
    before: Answer | None = None
    judgement: Judgement | None = None
    said: str = ""

    @property
    def model(self) -> SegmentationModel:
        """The trained model."""
        return self.answer.model

    @property
    def text(self) -> str:
        """How good the model is and what that rests on, for people."""
        answer = self.answer
        if self.judgement is not None:
            return self.judgement.text
        if self.said:
            return self.said
        if answer.scores is None:
            return f"It has no score: {answer.held_out or 'nothing is held out'}."
        old = self.before.scores if self.before is not None else None
        parts = []
        for k, name in enumerate(answer.model.spec.scheme.names):
            if math.isnan(answer.scores.dice[k]):
                parts.append(f"{name} not held out")
                continue
            was = f" (was {old.dice[k]:.2f})" if old is not None else ""
            parts.append(f"{name} {answer.scores.dice[k]:.2f}{was}")
        return f"Dice: {', '.join(parts)}, on {answer.held_out}."


def proposal_of(entry: ModelEntry, model: SegmentationModel) -> Proposal:
    """Propose a model of a project again, with what the project tells of it."""
    from imageseg.interactive import Answer  # noqa: PLC0415  heavy: torch

    answer = Answer(model=model, kind=entry.kind, scores=None, held_out=entry.held_out)
    return Proposal(answer, said=entry.note or _scores_text(entry))


def _scores_text(entry: ModelEntry) -> str:
    """Say what a model reached; empty if nothing is known."""
    dice = {k: v for k, v in entry.scores.get("dice", {}).items() if v is not None}
    if not dice:
        return ""
    told = ", ".join(f"{name} {value:.2f}" for name, value in dice.items())
    return f"Dice: {told}, on {entry.held_out or 'what was held out'}."
