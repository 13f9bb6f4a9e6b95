"""Covers by one model after another, and whether more annotation changes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imageseg.guidance import StopAdvice
    from imageseg.model import SegmentationModel


@dataclass(slots=True, eq=False)
class _Covers:
    """What one model says: shares of each class, by image."""

    model: SegmentationModel
    annotated: int
    shares: dict[str, dict[str, float]] = field(default_factory=dict)


class Rounds:
    """The covers of the same images by the models that were in use, in turn."""

    def __init__(self) -> None:
        self._rounds: list[_Covers] = []

    def clear(self) -> None:
        """Forget everything."""
        self._rounds.clear()

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
            self._rounds.append(_Covers(model, annotated))
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


def stop_text(advice: StopAdvice) -> str:
    """Say whether to stop, for people."""
    if advice.stop:
        return f"{advice.text.removesuffix('.')}: you may stop."
    return advice.text
