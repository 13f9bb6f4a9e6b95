"""What to hold out from a model that has learned before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from imageseg.model import SegmentationModel
from imageseg.training.sample import AnnotatedPart
from imageseg.training.split import FEWEST_IMAGES


def unlearned_images(
    start: SegmentationModel, parts: Sequence[AnnotatedPart], share: float
) -> tuple[str, ...]:
    """Choose images to validate on that the model to go on from has not learned.

    Held out anew, images that it learned in an earlier round would flatter it beside
    a pixel classifier that has not seen them. The first ones are chosen, so they stay
    the same from one round to the next, and later ones are learned.

    Parameters
    ----------
    start
        The model.
    parts
        All that is annotated.
    share
        Of the images to hold out.

    Returns
    -------
    names
        None, if the model has learned none of the images, or all of them; if there
        are so few that blocks are held out; if images come in groups; or if a class
        would be left to nobody.
    """
    names = list(dict.fromkeys(part.name for part in parts))
    learned = set(start.spec.provenance.get("images", ())) & set(names)
    grouped = any(part.group not in ("", part.name) for part in parts)
    if share <= 0 or grouped or not learned or len(names) < FEWEST_IMAGES:
        return ()
    wanted = max(1, round(share * len(names)))
    chosen: list[str] = []
    for name in names:
        held = [*chosen, name]
        if name not in learned and _leaves_all_classes(parts, held):
            chosen = held
        if len(chosen) == wanted:
            break
    return tuple(chosen)


def _leaves_all_classes(parts: Sequence[AnnotatedPart], held: Sequence[str]) -> bool:
    kept = _counts([part for part in parts if part.name not in held])
    return bool(((kept > 0) == (_counts(parts) > 0)).all())


def _counts(parts: Sequence[AnnotatedPart]) -> NDArray[np.int64]:
    """Count the annotated pixels of each class."""
    counts: NDArray[np.int64] = np.sum(
        [part.counts for part in parts], axis=0, initial=0
    )
    return counts[1:]
