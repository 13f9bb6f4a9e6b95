"""The pixel classifier, which answers within a second or two."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from imageseg.annotations import check_annotations
from imageseg.classes import ClassScheme
from imageseg.forest import INSTANT, ForestSettings
from imageseg.interactive.answer import Answer
from imageseg.model import SegmentationModel
from imageseg.settings import Normalisation
from imageseg.tasks import Task
from imageseg.training.forest import (
    draw_pixels_task,
    grow_forest_task,
    untaught_forest,
)
from imageseg.training.pixels import DrawnPixels
from imageseg.training.sample import AnySample


def instant_task(
    samples: Sequence[AnySample],
    scheme: ClassScheme,
    forest: ForestSettings = INSTANT,
    *,
    normalisation: Normalisation = "percentile",
    seed: int = 0,
) -> Task[Answer]:
    """Teach the pixel classifier all strokes.

    Each image is scaled by its own percentiles unless told otherwise: exposures
    differ, and strokes on two images say little of the light in a third. The scores
    are those of trees on pixels that they have not seen.

    Raises
    ------
    NotEnoughAnnotationsError
        Nothing, or one class only, is annotated.
    ShapeMismatchError
        An image and its labels do not fit.
    """
    learner = InstantLearner(samples, scheme, forest, normalisation, seed)
    return (yield from learner.answer_task())


class InstantLearner:
    """Teaches the pixel classifier, and knows what it has learned from.

    Parameters
    ----------
    samples, scheme, forest, normalisation, seed
        As of `instant_task`, which says what is raised.
    """

    def __init__(
        self,
        samples: Sequence[AnySample],
        scheme: ClassScheme,
        forest: ForestSettings,
        normalisation: Normalisation = "percentile",
        seed: int = 0,
    ) -> None:
        counts = sum((sample.counts for sample in samples), np.zeros(256, np.int64))
        check_annotations([np.flatnonzero(counts).astype(np.uint8)], scheme)
        self._samples, self._seed = samples, seed
        self._made = samples, forest, scheme, normalisation, "instant model"
        self._pixels: DrawnPixels | None = None

    def answer_task(self) -> Task[Answer]:
        """Learn all strokes."""
        model = untaught_forest(*self._made)
        pixels = yield from draw_pixels_task(self._samples, model, seed=self._seed)
        grown = yield from grow_forest_task(model, pixels, seed=self._seed)
        self._pixels = pixels
        return Answer(
            model=grown.model,
            kind="instant",
            scores=grown.scores,
            held_out=grown.held_out,
        )

    def describe_task(self) -> Task[None]:
        """Find out what pixels look like, for samples that have a memory of it.

        `answer_task` and others after it then have less to do.
        """
        model = untaught_forest(*self._made)
        yield from draw_pixels_task(self._samples, model, seed=self._seed)

    def without_task(
        self, held_out: Sequence[NDArray[np.bool_]]
    ) -> Task[SegmentationModel]:
        """Learn once more, without some of the strokes.

        What pixels look like is known from `answer_task`, which comes first.

        Parameters
        ----------
        held_out
            Of each annotated plane, in the order of the samples, which pixels not to
            learn from.
        """
        if self._pixels is None:
            raise RuntimeError("answer_task comes first")
        model, drawn = untaught_forest(*self._made), self._pixels
        kept = drawn.without(held_out)
        if kept.is_sparse_beside(drawn):  # as a whole mask among strokes is held out
            kept = yield from draw_pixels_task(
                self._samples, model, held_out, seed=self._seed
            )
        grown = yield from grow_forest_task(model, kept, seed=self._seed)
        return grown.model
