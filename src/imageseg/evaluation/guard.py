"""Whether a newly trained model may be proposed: better, no better, or forgetful.

The present model and the candidate predict the same annotated areas. A gain counts only
on pixels that the candidate did not learn from, where there are any, because a model
always does well on what it learned. A fall counts everywhere: on pixels that it did
learn from it is even stranger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imageseg.evaluation.pairs import Areas, areas_to_score, score_pair_task
from imageseg.inference import check_device_task
from imageseg.metrics import Scores
from imageseg.metrics.chance import dice_where_annotated, jackknife_error, t_quantile
from imageseg.model import SegmentationModel
from imageseg.networks.table import as_network
from imageseg.settings import PredictSettings
from imageseg.tasks import Task, as_part
from imageseg.training import AnySample, HeldOut
from imageseg.training.around import cut_out

Verdict = Literal["better", "no better", "forgets"]

FALL = 0.05
"""Loss of mean Dice on an image that matters, if it is no accident of the place. From a
perfect score it is reached when a class loses a tenth of its pixels, and so of its
density: 2 (A - x) / (2 A - x) = 0.95 where x = 0.095 A."""

FEW_FALL = 0.15
"""The same where fewer than `FEWEST_BLOCKS` blocks are annotated, so that nothing tells
what is accident."""

FEWEST_BLOCKS = 3
GAIN = 0.005
"""Gain of mean Dice from which a model is called better: less looks equal when written
with two digits."""

_RISK = 0.05  # that any image at all is said to have fallen by accident
_CHECKED = 2  # areas that the device is checked on


@dataclass(frozen=True, slots=True, eq=False)
class ImageChange:
    """One image under both models.

    Attributes
    ----------
    image
        Its name.
    held_out
        Whether the candidate did not learn from these pixels.
    known
        Whether the present model learned from this image.
    before, after
        Confusion matrices (B, K, K) of its blocks, by the present model and by the
        candidate, of annotated pixels only.
    """

    image: str
    held_out: bool
    known: bool
    before: NDArray[np.int64]
    after: NDArray[np.int64]

    @property
    def pixels(self) -> int:
        """Annotated pixels compared."""
        return int(self.after.sum())

    @property
    def dice(self) -> tuple[float, float]:
        """Mean Dice over the classes annotated in the image, before and after."""
        matrices = self.before.sum(0), self.after.sum(0)
        before, after = (dice_where_annotated(matrix) for matrix in matrices)
        return before, after

    @property
    def accuracy(self) -> tuple[float, float]:
        """Share of annotated pixels with the right class, before and after."""
        return Scores(self.before.sum(0)).accuracy, Scores(self.after.sum(0)).accuracy

    @property
    def change(self) -> float:
        """Gain of mean Dice."""
        return self.dice[1] - self.dice[0]

    @property
    def error(self) -> float:
        """Standard error of the change over blocks; NaN with fewer than three."""
        if len(self.after) < FEWEST_BLOCKS:
            return float("nan")
        return jackknife_error(self.before, self.after)

    def fell(self, images: int) -> bool:
        """Tell whether the image fell, being one of so many that are looked at.

        The limit of chance is one-sided and shared among the images (Bonferroni), so
        that many images together raise a false alarm no more often than one.
        """
        if np.isnan(self.error):
            return -self.change >= FEW_FALL
        limit = t_quantile(1 - _RISK / images, len(self.after) - 1)
        return -self.change >= FALL and -self.change > limit * self.error


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """What two models make of the same annotated pixels.

    Attributes
    ----------
    rows
        One an image.
    """

    rows: tuple[ImageChange, ...]

    @property
    def verdict(self) -> Verdict:
        """``forgets`` if an image fell; else whether the mean Dice is higher."""
        if self.fallen:
            return "forgets"
        before, after = self.dice
        return "better" if after - before >= GAIN else "no better"

    @property
    def proposed(self) -> bool:
        """Whether the candidate may be proposed."""
        return self.verdict != "forgets"

    @property
    def fallen(self) -> tuple[ImageChange, ...]:
        """The images that the candidate is worse on, the worst first."""
        fallen = [row for row in self.rows if row.fell(len(self.rows))]
        return tuple(sorted(fallen, key=lambda row: row.change))

    @property
    def judged(self) -> tuple[ImageChange, ...]:
        """The images that gains count on: those held out, or all if there is none."""
        return tuple(row for row in self.rows if row.held_out) or self.rows

    @property
    def dice(self) -> tuple[float, float]:
        """Mean over the judged images, before and after."""
        before, after = np.mean([row.dice for row in self.judged], axis=0)
        return float(before), float(after)

    @property
    def text(self) -> str:
        """For people: what fell, or how much better it is, and on what."""
        before, after = self.dice
        mean = f"mean Dice {before:.2f} before, {after:.2f} after, {self._where}"
        if self.fallen:
            named = [_fall(row) for row in self.fallen[:3]]
            more = len(self.fallen) - len(named)
            named += [f"{more} more"] if more else []
            return f"Not proposed, it forgets: {_listed(named)} ({mean})."
        return f"{self.verdict.capitalize()}: {mean}."

    @property
    def _where(self) -> str:
        rows = self.judged
        images = f"{len(rows)} image" + ("" if len(rows) == 1 else "s")
        if not rows[0].held_out:
            return f"on {images} that the new model learned from; none is held out"
        text = f"on {images} with pixels that the new model did not learn from"
        known = sum(row.known for row in rows)
        return f"{text}, {known} of them known to the present one" if known else text

    def table(self) -> pd.DataFrame:
        """Return one row an image."""
        return pd.DataFrame(
            {
                "image": row.image,
                "pixels": row.pixels,
                "held_out": row.held_out,
                "dice_before": row.dice[0],
                "dice_after": row.dice[1],
                "change": row.change,
                "se": row.error,
                "accuracy_before": row.accuracy[0],
                "accuracy_after": row.accuracy[1],
                "fell": row.fell(len(self.rows)),
            }
            for row in self.rows
        )


def guard_task(
    current: SegmentationModel,
    candidate: SegmentationModel,
    samples: Sequence[AnySample],
    settings: PredictSettings | None = None,
    *,
    split: HeldOut | None = None,
    areas: int = 200,
) -> Task[Judgement]:
    """Compare a candidate with the present model, image by image.

    The device is checked first, see `check_device_task`. Only areas that hold
    annotations are predicted, never whole images.

    Parameters
    ----------
    current, candidate
        The model in use, and the one that might follow; unchanged.
    samples
        All annotated images.
    settings
        How to predict.
    split
        What the candidate learned from and what was held out:
        `TrainingResult.split`. Without it an image is held out if the candidate's
        description does not name it among those it learned from.
    areas
        Most areas of 256 px (48 voxels) to look at in all, but two of each image.

    Raises
    ------
    ModelMismatchError
        The present model knows classes that the candidate has not, or it takes other
        channels, or sees more of a stack: volumes, or more neighbouring slices.
    NotEnoughAnnotationsError
        Nothing is annotated.
    DeviceError
        The device does not compute what the CPU does.
    """
    settings = settings or PredictSettings()
    samples = [sample.seen_by(candidate.spec) for sample in samples]
    chosen = areas_to_score(current, candidate, samples, split, most=areas)
    network = as_network(candidate.network)
    tiles = [cut_out(p.part, p.area, network) for p in chosen.places[:_CHECKED]]
    checking = check_device_task(candidate.on_joined_slices(), tiles, settings)
    yield from as_part(checking, 0, 2)
    scoring = score_pair_task(current, candidate, chosen, settings)
    pairs = yield from as_part(scoring, 1, 2)
    return Judgement(
        tuple(_change(name, chosen, pairs[name], current) for name in pairs)
    )


def _change(
    name: str,
    chosen: Areas,
    matrices: tuple[NDArray[np.int64], NDArray[np.int64]],
    current: SegmentationModel,
) -> ImageChange:
    learned = current.spec.provenance.get("images", ())
    return ImageChange(
        image=name,
        held_out=name in chosen.held_out,
        known=name in learned,
        before=matrices[0],
        after=matrices[1],
    )


def _fall(row: ImageChange) -> str:
    before, after = row.dice
    return f"{row.image} fell from {before:.2f} to {after:.2f}"


def _listed(texts: Sequence[str]) -> str:
    *others, last = texts
    return f"{', '.join(others)} and {last}" if others else last
