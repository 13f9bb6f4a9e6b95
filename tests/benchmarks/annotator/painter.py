"""A simulated annotator: strokes drawn from true masks, and the seconds they take.

Labels are 0 where nothing is painted and k + 1 on class k. Everything is decided by
the seed. The annotator makes no mistakes: paint never leaves its class. What a stroke
and an image cost is a rough model of a person, not a measurement.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from brush import Brush, Canvas, Mask, Place, Where, depth_of
from scipy import ndimage as ndi

SECONDS_PER_STROKE = 2.0
SECONDS_PER_IMAGE = 3.0
BRUSH = Brush()
_REGIONS = 20  # of a class that are looked at


@dataclass(frozen=True, slots=True)
class Effort:
    """What a person did."""

    strokes: int = 0
    images: int = 0

    @property
    def seconds(self) -> float:
        """How long it took."""
        return SECONDS_PER_STROKE * self.strokes + SECONDS_PER_IMAGE * self.images

    def __add__(self, other: Effort) -> Effort:
        return Effort(self.strokes + other.strokes, self.images + other.images)


@dataclass(frozen=True, slots=True, eq=False)
class _Mistake:
    """A connected region that should be another class; large ones come first."""

    size: float
    truth: int
    region: Where


def strokes_for(seconds: float, images: int, classes: int) -> int:
    """Return the strokes per class and image that fit in so much work."""
    spare = seconds - SECONDS_PER_IMAGE * images
    return max(1, int(spare / (SECONDS_PER_STROKE * images * classes)))


def draw_strokes(
    mask: Mask, classes: int, per_class: int, seed: int
) -> tuple[Mask, Effort]:
    """Draw strokes in each class that the mask holds, spread over the image."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(mask.shape, np.uint8)
    present = [k for k in range(classes) if (mask == k).any()]
    for k in present:
        canvas = Canvas(mask == k, BRUSH, rng)
        starts: list[Place] = []
        for _ in range(per_class):
            starts.append(canvas.start_apart(starts))
            canvas.paint(labels, k + 1, starts[-1])
    return labels, Effort(per_class * len(present), 1)


def correct(
    mask: Mask, prediction: Mask, strokes: int, seed: int
) -> tuple[Mask, Effort]:
    """Draw strokes of the true class on the largest mistakes.

    Mistakes are ranked by what is left of them after one pixel is peeled off, so long
    thin ones along borders come last, as they do for a person. One that is larger than
    two strokes may get several.
    """
    rng = np.random.default_rng(seed)
    labels = np.zeros(mask.shape, np.uint8)
    mistakes = _mistakes(mask, prediction)
    drawn = 0
    while mistakes and drawn < strokes:
        worst = mistakes.pop(0)
        value = worst.truth + 1
        canvas = Canvas(mask == worst.truth, BRUSH, rng)
        before = labels == value
        canvas.paint(labels, value, _deepest(worst.region, rng), worst.region)
        drawn += 1
        painted = (labels == value) & ~before
        around = ndi.binary_dilation(painted, iterations=max(1, int(BRUSH.width)))
        rest = worst.region & ~around
        left = int(_peeled(rest).sum())
        if left > 2 * BRUSH.width * BRUSH.length:
            mistakes.append(_Mistake(left, worst.truth, rest))
            mistakes.sort(key=lambda m: -m.size)
    return labels, Effort(drawn, 1)


def _mistakes(mask: Mask, prediction: Mask) -> list[_Mistake]:
    found: list[_Mistake] = []
    for k in np.unique(mask):
        wrong = (mask == k) & (prediction != k)
        parts, count = ndi.label(wrong)
        if not count:
            continue
        numbers = np.arange(1, count + 1)
        peeled = ndi.sum_labels(_peeled(wrong), parts, numbers)
        size = peeled + 1e-3 * ndi.sum_labels(wrong, parts, numbers)
        found += [
            _Mistake(float(size[i]), int(k), parts == i + 1)
            for i in np.argsort(-size)[:_REGIONS]
        ]
    return sorted(found, key=lambda m: -m.size)


def _peeled(region: Where) -> Where:
    peeled: Where = ndi.binary_erosion(region)
    return peeled


def _deepest(region: Where, rng: np.random.Generator) -> Place:
    """Draw one of the places that are farthest from the border of a region."""
    depth = depth_of(region)
    ys, xs = np.nonzero(depth >= 0.7 * depth.max())
    i = rng.integers(len(ys))
    return int(ys[i]), int(xs[i])
