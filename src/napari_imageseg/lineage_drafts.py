"""Which models of a session are to be in its project."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from napari_imageseg.keeping import LineageDraft, ModelDraft, Receipt
from napari_imageseg.models import ModelChoice
from napari_imageseg.proposals import Proposal
from napari_imageseg.stopping import Rounds
from napari_imageseg.workbench import Workbench

if TYPE_CHECKING:
    from imageseg.interactive import Answer
    from imageseg.model import SegmentationModel


class LineageDrafter:
    """Drafts the models in use and proposed.

    Parameters
    ----------
    bench
        What the parts of a session share.
    models
        The models.
    rounds
        What they have said of covers.
    """

    def __init__(self, bench: Workbench, models: ModelChoice, rounds: Rounds) -> None:
        self._bench = bench
        self._models = models
        self._rounds = rounds
        self._known: list[tuple[SegmentationModel, str]] = []
        self._drafted: Proposal | None = None  # to stay proposed during a training
        self._left: Proposal | None = None  # was so, until somebody said no
        self._pending = 0  # of those known, how many the last draft told of
        models.candidate_changed.connect(self._on_candidate)

    @property
    def state(self) -> object:
        """What is compared to know whether anything changed."""
        return self._models.base, self._proposal

    def id_of(self, model: SegmentationModel | None) -> str:
        """Return the id of a model in the lineage; empty if it never had one."""
        return next((id_ for known, id_ in self._known if known is model), "")

    def know(self, model: SegmentationModel, model_id: str) -> None:
        """Take note of the id that a model has in the lineage."""
        self._known.append((model, model_id))
        self._rounds.recognise(model, model_id)

    def forget(self) -> None:
        """Know nothing: the next project is another one."""
        self._known.clear()
        self._drafted = self._left = None

    def hurry(self) -> None:
        """Have the best that a training has proposed written before it has ended."""
        self._drafted = self._models.candidate

    def draft(self) -> LineageDraft:
        """Freeze what is to be written; `settle` says what became of it."""
        base, self._drafted = self._models.base, self._proposal
        proposal, models = self._drafted, []
        if base is not None:
            models.append(self._model(base))
        if proposal is not None:
            models.append(self._model(proposal.model, proposal.answer))
        self._pending = len(self._known)
        return LineageDraft(
            models=tuple(models),
            known=tuple(self._known),
            in_use=base,
            proposed=None if proposal is None else proposal.model,
            said="" if proposal is None else proposal.text,
        )

    def settle(self, receipt: Receipt) -> None:
        """Take note of the ids of the last draft; others may be known since."""
        self._known[: self._pending] = receipt.models

    def _on_candidate(self) -> None:
        """Let go at once of a proposal that is discarded, until undo brings it back."""
        found = self._models.candidate
        if found is None:
            self._left, self._drafted = self._drafted or self._left, None
        elif found is self._left or not self._bench.runners.training.busy:
            self._drafted = found

    @property
    def _proposal(self) -> Proposal | None:
        """What is to be proposed when the project is opened next.

        A training proposes something better after every other epoch: until it ends,
        what was drafted last stays, unless `hurry` says otherwise.
        """
        found = self._models.candidate
        if found is not None and self._bench.runners.training.busy:
            found = self._drafted
        return None if found is None or found.model is self._models.base else found

    def _model(
        self, model: SegmentationModel, answer: Answer | None = None
    ) -> ModelDraft:
        """Return a model in use, or one that is proposed as an answer."""
        labels = self._bench.labels.of(model)
        return ModelDraft(
            model=model,
            parent=self._models.parent_of(model),
            accepted=answer is None,
            labels=labels or tuple(range(1, len(model.spec.scheme) + 1)),
            scores=_scores(answer),
            held_out="" if answer is None else answer.held_out,
        )


def _scores(answer: Answer | None) -> dict[str, Any]:
    """Return what is known of an answer, as the lineage tells it."""
    if answer is None or answer.scores is None:
        return {}
    values = answer.scores.dice.round(4).tolist()
    known = [None if math.isnan(value) else value for value in values]
    return {"dice": dict(zip(answer.model.spec.scheme.names, known, strict=True))}
