"""Covers by one model after another, and whether more annotation changes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from imageseg.project.fields import (
    Fields,
    MalformedError,
    anything_named,
    integer,
    named,
    number,
    text,
)

if TYPE_CHECKING:
    from imageseg.guidance import StopAdvice
    from imageseg.model import SegmentationModel

_KEPT = 8  # rounds in a project; advice looks at fewer


@dataclass(slots=True, eq=False)
class Covers:
    """What one model says: shares of each class, by image.

    Of one that is not open, only its id in the lineage is known.
    """

    model: SegmentationModel | None
    annotated: int
    shares: dict[str, dict[str, float]] = field(default_factory=dict)
    id: str = ""


class Rounds:
    """The covers of the same images by the models that were in use, in turn."""

    def __init__(self) -> None:
        self._rounds: list[Covers] = []

    def clear(self) -> None:
        """Forget everything."""
        self._rounds.clear()

    @property
    def size(self) -> tuple[int, ...]:
        """How many images each model has said something of."""
        return tuple(len(covers.shares) for covers in self._rounds)

    def told(
        self, id_of: Callable[[SegmentationModel | None], str]
    ) -> list[dict[str, Any]]:
        """Return what is worth keeping, as JSON.

        Parameters
        ----------
        id_of
            Gives the id of a model in the lineage; those without are left out.
        """
        found = [(covers.id or id_of(covers.model), covers) for covers in self._rounds]
        told = [
            {
                "model": model_id,
                "annotated": covers.annotated,
                "shares": {
                    image: {name: round(share, 6) for name, share in shares.items()}
                    for image, shares in covers.shares.items()
                },
            }
            for model_id, covers in found
            if model_id
        ]
        return told[-_KEPT:]

    def restore(self, rounds: Sequence[Covers]) -> None:
        """Go back to what `told` returned, as `covers` reads it."""
        self._rounds = list(rounds)

    def recognise(self, model: SegmentationModel, model_id: str) -> None:
        """Take note that a model of the lineage has been opened."""
        for covers in self._rounds:
            if covers.id == model_id:
                covers.model = model

    def add(
        self,
        model: SegmentationModel,
        image: str,
        shares: dict[str, float],
        annotated: int,
    ) -> None:
        """Take note of the shares of the classes in an image.

        Parameters
        ----------
        model
            Who says so. One that was in use before is gone back to: what came after
            it is forgotten.
        image
            Its name.
        shares
            By class, 0 to 1.
        annotated
            Images annotated when the model came into use.
        """
        known = [covers.model for covers in self._rounds]
        if not any(model is other for other in known):
            self._rounds.append(Covers(model, annotated))
        while self._rounds[-1].model is not model:
            self._rounds.pop()
        self._rounds[-1].shares[image] = shares

    @property
    def common(self) -> set[str]:
        """Images that all models have said something of."""
        found = [set(covers.shares) for covers in self._rounds]
        return set.intersection(*found) if found else set()

    def advice(self) -> StopAdvice:
        """Tell whether to stop, by the class whose cover is the least settled."""
        from imageseg.guidance import Round, advise  # noqa: PLC0415  heavy

        names = [set(s) for covers in self._rounds for s in covers.shares.values()]
        classes = sorted(set.intersection(*names)) if names else []
        found = [
            advise(
                [
                    Round(
                        covers.annotated,
                        {image: s[name] for image, s in covers.shares.items()},
                    )
                    for covers in self._rounds
                ]
            )
            for name in classes
        ]
        return max(found, key=lambda advice: advice.bound or 0.0, default=advise([]))


def covers(value: object) -> Covers:
    """Read what `Rounds.told` returns of a model; no model is open yet."""
    fields = Fields(anything_named(value), "", [])
    try:
        return Covers(
            None,
            fields.need("annotated", integer()),
            fields.need("shares", named(named(number(0, 1)))),
            fields.need("model", text),
        )
    except MalformedError as error:
        raise MalformedError(f"the covers by a model ({error})") from error


def stop_text(advice: StopAdvice) -> str:
    """Say whether to stop, for people."""
    if advice.stop:
        return f"{advice.text.removesuffix('.')}: you may stop."
    return advice.text
