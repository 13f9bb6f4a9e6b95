"""Which image, and which area of it, training patches are drawn from.

Fine-tuning goes over all annotations every time, but a fixed number of patches cannot
dwell on everything. A share of them is drawn from the images given last, another from
the areas that the model gets wrong at present; the rest comes evenly from all, so that
no image is ever seen less often than that rest allows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from imageseg.model import class_probabilities
from imageseg.settings import TrainSettings
from imageseg.training.sample import AnnotatedPart

Place = NDArray[np.int32]

_HALF_LIFE = 3  # images: so many later ones halve how often one counts as recent
_NEW = 0.5  # weight of the last loss of an area against what was known of it
_FLOOR = 1e-7  # Keras' clip of probabilities
_LEAST_LOSS = 1e-3  # an area that is perfect is still looked at now and then


class Replay:
    """Draws parts and areas, and follows how well the areas are known.

    Areas are the cells of a grid as large as a patch. Their losses come from the
    training steps themselves, so that following them costs no network call. An area
    that was not drawn yet counts as the hardest one known, so that each is tried
    (Schaul et al. 2016, arXiv 1511.05952, section 3.3).

    Parameters
    ----------
    parts
        Annotated planes or volumes, in the order in which they were worked on, the
        last one most recently.
    places
        For each part, some of its annotated pixels (N, D).
    sides
        Of a patch.
    settings
        The shares `recent` and `hard`.
    """

    def __init__(
        self,
        parts: Sequence[AnnotatedPart],
        places: Sequence[Place],
        sides: Sequence[int],
        settings: TrainSettings,
    ) -> None:
        self._count = len(parts)
        self._shares = settings.recent, settings.hard
        self._recent = _recency([part.name for part in parts])
        self._sides = np.asarray(sides)
        self._areas = _areas(places, self._sides)
        self._keys = list(self._areas)
        self._numbers = {key: n for n, key in enumerate(self._keys)}
        self._losses = np.full(len(self._areas), np.nan)
        self._drawn: list[int] = []

    def draw(self, rng: np.random.Generator) -> tuple[int, Place | None]:
        """Return the number of a part, and a pixel if its area was drawn too."""
        recent, hard = self._shares
        turn = rng.random()
        if turn < hard:
            return self._draw_hard(rng)
        if turn < hard + recent:
            return int(rng.choice(self._count, p=self._recent)), None
        return int(rng.integers(self._count)), None

    def begin_batch(self) -> None:
        """Forget where the last batch was drawn."""
        self._drawn = []

    def note(self, part: int, place: Place) -> None:
        """Remember where a patch of the batch was drawn."""
        self._drawn.append(self._numbers.get(self._key(part, place), -1))

    def learn(self, losses: Sequence[float]) -> None:
        """Take the losses of the last batch, NaN where nothing is annotated."""
        for number, loss in zip(self._drawn, losses, strict=True):
            if number < 0 or not np.isfinite(loss):
                continue
            known = self._losses[number]
            mixed = loss if np.isnan(known) else _NEW * loss + (1 - _NEW) * known
            self._losses[number] = mixed

    def chances(self) -> NDArray[np.float64]:
        """Return how likely each area is to be drawn as a hard one."""
        known = self._losses[~np.isnan(self._losses)]
        losses = np.nan_to_num(self._losses, nan=known.max() if known.size else 1.0)
        losses = np.maximum(losses, _LEAST_LOSS)
        chances: NDArray[np.float64] = losses / losses.sum()
        return chances

    def state(self) -> list[float | None]:
        """Return what is known of the areas, for JSON."""
        return [None if np.isnan(loss) else float(loss) for loss in self._losses]

    def restore(self, state: Sequence[float | None]) -> None:
        """Go on from such a state."""
        self._losses = np.array(
            [np.nan if loss is None else loss for loss in state], np.float64
        )

    def _draw_hard(self, rng: np.random.Generator) -> tuple[int, Place]:
        number = int(rng.choice(len(self._losses), p=self.chances()))
        key = self._keys[number]
        places = self._areas[key]
        return key[0], places[rng.integers(len(places))]

    def _key(self, part: int, place: Place) -> tuple[int, ...]:
        return (part, *(place // self._sides).tolist())


def patch_losses(logits: Tensor, labels: Tensor) -> list[float]:
    """Return the mean -log p of the true class of each patch.

    Parameters
    ----------
    logits
        (N, K', …), one map for two classes.
    labels
        (N, …); a patch without annotated pixels has NaN.
    """
    log_p = class_probabilities(logits.detach()).clamp_min(_FLOOR).log()
    target = labels.long() - 1
    cost = F.nll_loss(log_p, target, ignore_index=-1, reduction="none").flatten(1)
    annotated = (target >= 0).flatten(1).sum(1)
    means: list[float] = (cost.sum(1) / annotated).tolist()
    return means


def _recency(names: Sequence[str]) -> NDArray[np.float64]:
    """Return chances that halve every few images back; planes share their image's."""
    last = {name: i for i, name in enumerate(names)}
    newest_first = sorted(last, key=last.__getitem__, reverse=True)
    age = {name: i for i, name in enumerate(newest_first)}
    planes = Counter(names)
    weights = np.array([0.5 ** (age[n] / _HALF_LIFE) / planes[n] for n in names])
    chances: NDArray[np.float64] = weights / weights.sum()
    return chances


def _areas(
    places: Sequence[Place], sides: NDArray[np.intp]
) -> dict[tuple[int, ...], Place]:
    """Group pixels by the cell of the grid that they lie in."""
    areas = {}
    for part, own in enumerate(places):
        cells, inverse = np.unique(own // sides, axis=0, return_inverse=True)
        order = np.argsort(inverse.reshape(-1), kind="stable")
        ends = np.cumsum(np.bincount(inverse.reshape(-1)))[:-1]
        for cell, group in zip(cells, np.split(own[order], ends), strict=True):
            areas[part, *cell.tolist()] = group
    return areas
