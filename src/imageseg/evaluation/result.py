"""Scores of a set of images, and the tables made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import reduce
from operator import add
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imageseg.classes import ClassScheme
from imageseg.metrics import DensityAgreement, ProbabilityCounts, Scores
from imageseg.metrics.probabilities import BINS

MAJORITY = "majority"
_BY_CLASS = ("dice", "iou", "precision", "recall")
V = TypeVar("V")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Evaluation:
    """Scores of every image and of all pixels together.

    What it holds does not grow with the size of the images.

    Attributes
    ----------
    scheme
        The classes.
    scores
        By image name.
    probabilities
        Of all annotated pixels; None of what gives labels only.
    metrics
        Other metrics, by image and by their names.
    seconds
        That each prediction took.
    baselines
        What needs no learning, on the same images.
    """

    scheme: ClassScheme
    scores: Mapping[str, Scores]
    probabilities: ProbabilityCounts | None = None
    metrics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    baselines: Mapping[str, Evaluation] = field(default_factory=dict)

    @classmethod
    def joined(cls, parts: Sequence[Evaluation]) -> Evaluation:
        """Return evaluations of different images, of one scheme, as one."""
        scores = _merged([part.scores for part in parts])
        counts = [p.probabilities for p in parts if p.probabilities is not None]
        whole = cls(
            scheme=parts[0].scheme,
            scores=scores,
            probabilities=reduce(add, counts) if counts else None,
            metrics=_merged([part.metrics for part in parts]),
            seconds=_merged([part.seconds for part in parts]),
        )
        baselines = {
            name: cls.joined([part.baselines[name] for part in parts])
            for name in parts[0].baselines
        }
        if MAJORITY in baselines:  # the most frequent class of all, not of a part
            baselines[MAJORITY] = whole.majority()
        return replace(whole, baselines=baselines)

    @property
    def pooled(self) -> Scores:
        """All pixels as if they were one image."""
        return reduce(add, self.scores.values())

    @property
    def seconds_per_image(self) -> float:
        """The median, which a slow first image does not change; NaN if unknown."""
        return float(np.median([*self.seconds.values()] or [np.nan]))

    def majority(self) -> Evaluation:
        """Return the scores of calling all pixels the class most frequent here."""
        most = int(self.pooled.matrix.sum(1).argmax())
        scores = {}
        for name, own in self.scores.items():
            matrix = np.zeros_like(own.matrix)
            matrix[:, most] = own.matrix.sum(1)
            scores[name] = Scores(matrix)
        return Evaluation(scheme=self.scheme, scores=scores)

    def table(self) -> pd.DataFrame:
        """Return one row an image; NaN where a class is neither there nor predicted.

        Dice, IoU, precision and recall by class, accuracy, annotated and predicted
        fractions by class, other metrics. ``density_error`` is the largest absolute
        difference between predicted and annotated class fractions.
        """
        return pd.DataFrame(
            {"image": name}
            | _columns(scores, self.scheme)
            | dict(self.metrics.get(name, {}))
            for name, scores in self.scores.items()
        )

    def summary(self) -> pd.DataFrame:
        """Return two rows: the mean over images, and the pooled pixels.

        A mean leaves out images without the value. Other metrics are not pooled.
        """
        table = self.table().drop(columns="image")
        mean = {"image": f"mean of {len(table)}"} | table.mean().to_dict()
        pooled = {"image": "pooled"} | _columns(self.pooled, self.scheme)
        return pd.DataFrame([mean, pooled])

    def densities(self) -> pd.DataFrame:
        """Return one row a class: how far predicted fractions are from annotated ones.

        Columns as in `DensityAgreement`, over the images.
        """
        true, predicted = self.fractions()
        return pd.DataFrame(
            {"class": name} | asdict(DensityAgreement.of(t, p))
            for name, t, p in zip(self.scheme.names, true.T, predicted.T, strict=True)
        )

    def classes(self) -> pd.DataFrame:
        """Return one row a class: pooled scores, density errors, probabilities.

        The columns of `densities` begin with ``density_``; those of `thresholds` are
        there if there are probabilities.
        """
        pooled = self.pooled
        table = pd.DataFrame(
            {"class": self.scheme.names}
            | {what: getattr(pooled, what) for what in _BY_CLASS}
        )
        densities = self.densities().drop(columns=["class", "n"]).add_prefix("density_")
        thresholds = self.thresholds().drop(columns="class", errors="ignore")
        return pd.concat([table, densities, thresholds], axis="columns")

    def fractions(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return annotated and predicted class fractions, each (images, K)."""
        scores = self.scores.values()
        return (
            np.stack([s.true_fractions for s in scores]),
            np.stack([s.predicted_fractions for s in scores]),
        )

    def thresholds(self) -> pd.DataFrame:
        """Return one row a class: what its probabilities are worth, pooled.

        ``best_threshold`` has the largest Dice on these very images; on others it is
        worth less: choose it on images that the final scores do not use.
        ``dice_at_half`` is that of p ≥ 0.5.
        """
        if self.probabilities is None:
            return pd.DataFrame()
        rows = []
        for c in self.scheme:
            curve = self.probabilities.curve(c.id)
            known = not np.isnan(curve.dice).all()
            row = {
                "calibration_error": self.probabilities.reliability(c.id).error,
                "area_under_roc": curve.area_under_roc,
                "dice_at_half": curve.dice[BINS // 2],
                "best_threshold": curve.best if known else np.nan,
                "dice_at_best": np.nanmax(curve.dice) if known else np.nan,
            }
            rows.append({"class": c.name} | row)
        return pd.DataFrame(rows)

    def curves(self) -> pd.DataFrame:
        """Return the threshold curves of all classes, one row a threshold."""
        if self.probabilities is None:
            return pd.DataFrame()
        return _stacked(
            {c.name: asdict(self.probabilities.curve(c.id)) for c in self.scheme}
        )

    def reliability(self) -> pd.DataFrame:
        """Return predicted and observed shares of all classes, one row a bin."""
        if self.probabilities is None:
            return pd.DataFrame()
        return _stacked(
            {c.name: asdict(self.probabilities.reliability(c.id)) for c in self.scheme}
        )


def _merged(parts: Sequence[Mapping[str, V]]) -> dict[str, V]:
    return reduce(lambda all_, part: {**all_, **part}, parts, {})


def _stacked(columns: Mapping[str, dict[str, NDArray[np.float64]]]) -> pd.DataFrame:
    parts = [pd.DataFrame({"class": name} | c) for name, c in columns.items()]
    return pd.concat(parts, ignore_index=True)


def _columns(scores: Scores, scheme: ClassScheme) -> dict[str, float]:
    columns = {"mean_dice": scores.mean_dice, "mean_iou": scores.mean_iou}
    for what in _BY_CLASS:
        columns |= _by_class(what, getattr(scores, what), scheme)
    columns["accuracy"] = scores.accuracy
    columns |= _by_class("annotated_fraction", scores.true_fractions, scheme)
    columns |= _by_class("predicted_fraction", scores.predicted_fractions, scheme)
    error = np.abs(scores.predicted_fractions - scores.true_fractions)
    return columns | {"density_error": float(error.max())}


def _by_class(
    what: str, values: NDArray[np.float64], scheme: ClassScheme
) -> dict[str, float]:
    return {
        f"{what}_{name}": float(v) for name, v in zip(scheme.names, values, strict=True)
    }
