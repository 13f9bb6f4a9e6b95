"""Tables hold what one computes by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score, roc_auc_score

from imageseg.classes import CANOPY, ClassScheme
from imageseg.evaluation import Evaluation
from imageseg.metrics import ProbabilityCounts, Scores

THREE = ClassScheme.from_names(["low", "middle", "high"])


def scores(*rows: list[int]) -> Scores:
    return Scores(np.array(rows))


@pytest.fixture
def two() -> Evaluation:
    """Return 10 pixels of a, 30 of b; rows are true, columns predicted."""
    return Evaluation(
        scheme=CANOPY,
        scores={"a": scores([6, 2], [0, 2]), "b": scores([10, 0], [5, 15])},
    )


def test_the_row_of_an_image(two: Evaluation) -> None:
    row = two.table().iloc[0].to_dict()

    assert row == pytest.approx(
        {
            "image": "a",
            "mean_dice": (12 / 14 + 4 / 6) / 2,
            "mean_iou": (6 / 8 + 2 / 4) / 2,
            "dice_canopy": 12 / 14,
            "dice_sky": 4 / 6,
            "iou_canopy": 6 / 8,
            "iou_sky": 2 / 4,
            "precision_canopy": 1,
            "precision_sky": 2 / 4,
            "recall_canopy": 6 / 8,
            "recall_sky": 1,
            "accuracy": 8 / 10,
            "annotated_fraction_canopy": 0.8,
            "annotated_fraction_sky": 0.2,
            "predicted_fraction_canopy": 0.6,
            "predicted_fraction_sky": 0.4,
            "density_error": 0.2,
        }
    )


def test_the_summary_has_means_and_pooled_pixels(two: Evaluation) -> None:
    mean, pooled = two.summary().to_dict("records")

    assert (mean["image"], pooled["image"]) == ("mean of 2", "pooled")
    assert mean["accuracy"] == pytest.approx((8 / 10 + 25 / 30) / 2)
    assert pooled["accuracy"] == pytest.approx(33 / 40)
    assert pooled["recall_canopy"] == pytest.approx(16 / 18)
    assert pooled["precision_canopy"] == pytest.approx(16 / 21)


def test_density_errors_of_each_class(two: Evaluation) -> None:
    canopy, sky = two.densities().to_dict("records")

    # Sky is .2 and 2/3, called .4 and .5.
    error = np.array([0.2, 0.5 - 2 / 3])
    spread = 2 * ((2 / 3 - 0.2) / 2) ** 2
    assert sky == pytest.approx(
        {
            "class": "sky",
            "n": 2,
            "bias": error.mean(),
            "mae": np.abs(error).mean(),
            "rmse": np.sqrt((error**2).mean()),
            "r2": 1 - (error**2).sum() / spread,
        }
    )
    assert canopy["bias"] == pytest.approx(-sky["bias"])


def test_the_majority_is_the_most_frequent_class_of_the_set(two: Evaluation) -> None:
    majority = two.majority()  # 18 pixels of canopy, 22 of sky

    assert majority.scores["a"].matrix.tolist() == [[0, 8], [0, 2]]
    assert majority.pooled.accuracy == 22 / 40 == two.pooled.majority


def test_a_class_that_is_nowhere_has_no_score_and_spoils_no_mean() -> None:
    seen = scores([8, 0, 0], [0, 2, 0], [0, 0, 0])
    full = scores([1, 1, 0], [0, 2, 0], [0, 0, 4])
    result = Evaluation(scheme=THREE, scores={"seen": seen, "full": full})

    table, mean = result.table(), result.summary().iloc[0]

    for what in ("dice", "iou", "precision", "recall"):
        assert np.isnan(table[f"{what}_high"][0])
    assert table["mean_dice"][0] == 1
    assert mean["dice_high"] == 1
    assert mean["dice_low"] == pytest.approx((1 + 2 / 3) / 2)


def with_probabilities(
    truth: Any, p: Any, scheme: ClassScheme = CANOPY, name: str = "a"
) -> Evaluation:
    truth = np.asarray(truth, np.uint8)
    p = np.asarray(p, np.float32)
    if p.shape == truth.shape:
        p = np.stack([1 - p, p])
    k = len(scheme)
    labels = (np.where(p[1] >= 0.5, 2, 1) if k == 2 else p.argmax(0) + 1).astype("u1")
    return Evaluation(
        scheme=scheme,
        scores={name: Scores.of(truth, labels, k)},
        probabilities=ProbabilityCounts.of(truth, p),
    )


def test_thresholds_by_hand() -> None:
    # Sky pixels at .9, .4; canopy at .2, .1; one pixel is not annotated.
    result = with_probabilities([2, 2, 1, 1, 0], [0.9005, 0.4005, 0.2005, 0.1005, 0.5])

    sky = result.thresholds().iloc[1]

    assert sky["class"] == "sky"
    assert sky["dice_at_half"] == pytest.approx(2 / 3)
    assert sky["dice_at_best"] == 1
    assert sky["best_threshold"] == pytest.approx(0.301)
    assert sky["area_under_roc"] == 1
    gaps = [0.0995, 0.5995, 0.2005, 0.1005]
    assert sky["calibration_error"] == pytest.approx(np.mean(gaps), abs=1e-6)


def test_thresholds_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(3)
    truth = rng.integers(1, 3, 4000)
    p = np.clip(rng.normal(0.35 + 0.2 * (truth == 2), 0.2), 0, 0.9999)

    sky = with_probabilities(truth, p).thresholds().iloc[1]

    assert sky["area_under_roc"] == pytest.approx(
        roc_auc_score(truth == 2, p), abs=1e-4
    )
    assert sky["dice_at_half"] == pytest.approx(f1_score(truth == 2, p >= 0.5))
    dice = [f1_score(truth == 2, p >= t / 1000) for t in range(1001)]
    assert sky["dice_at_best"] == pytest.approx(max(dice))
    assert dice[round(1000 * sky["best_threshold"])] == pytest.approx(max(dice))


def test_a_class_that_is_nowhere_has_no_area() -> None:
    p = np.full((3, 4), 1 / 3)

    high = with_probabilities([1, 1, 2, 2], p, THREE).thresholds().iloc[2]

    assert np.isnan(high["area_under_roc"])
    assert high["calibration_error"] == pytest.approx(1 / 3, abs=1e-3)


def test_nothing_annotated_is_worth_nothing() -> None:
    result = with_probabilities([0, 0], [0.2, 0.7])

    assert result.thresholds().drop(columns="class").isna().all(axis=None)
    assert result.table().drop(columns="image").isna().all(axis=None)
    assert result.densities()["n"].tolist() == [0, 0]


def test_curves_and_reliability_are_tables_of_all_classes() -> None:
    result = with_probabilities([2, 1], [0.95, 0.31])

    curves, reliability = result.curves(), result.reliability()

    assert curves["class"].tolist() == ["canopy"] * 1001 + ["sky"] * 1001
    falling = curves.loc[curves["class"] == "sky", "recall"]
    assert (np.diff(falling) <= 0).all()
    filled = reliability[reliability["pixels"] > 0]
    assert filled["observed"].tolist() == [0, 1, 0, 1]
    assert filled["predicted"].tolist() == pytest.approx(
        [0.05, 0.69, 0.31, 0.95], abs=1e-3
    )


def test_without_probabilities_there_are_no_curves(two: Evaluation) -> None:
    assert two.thresholds().empty
    assert two.curves().empty
    assert two.reliability().empty
    assert "best_threshold" not in two.classes()


def test_classes_have_pooled_scores_density_errors_and_thresholds() -> None:
    result = with_probabilities([2, 2, 1, 1], [0.9, 0.4, 0.2, 0.1])

    classes = result.classes()

    assert classes["class"].tolist() == ["canopy", "sky"]
    assert classes["dice"].tolist() == pytest.approx([4 / 5, 2 / 3])
    assert classes["density_bias"].tolist() == pytest.approx([0.25, -0.25])
    assert classes["best_threshold"].notna().all()


def test_parts_are_joined() -> None:
    parts = [
        with_probabilities([2, 2, 1, 1], [0.9, 0.4, 0.2, 0.1], name="a"),
        with_probabilities([1, 1, 1], [0.9, 0.4, 0.2], name="b"),
    ]
    majority = [
        Evaluation(
            scheme=CANOPY,
            scores=part.scores,
            probabilities=part.probabilities,
            seconds={name: 1.0},
            baselines={"majority": part.majority()},
        )
        for name, part in zip("ab", parts, strict=True)
    ]

    joined = Evaluation.joined(majority)

    assert list(joined.scores) == ["a", "b"]
    assert joined.pooled.pixels == 7
    assert joined.probabilities is not None
    assert joined.probabilities.counts[0].sum() == 7
    assert joined.seconds_per_image == 1
    assert joined.baselines["majority"].pooled.accuracy == 5 / 7


def test_the_time_of_an_image_is_the_median(two: Evaluation) -> None:
    slow_start = Evaluation(
        scheme=CANOPY, scores=two.scores, seconds={"a": 9.0, "b": 1.0, "c": 1.0}
    )

    assert slow_start.seconds_per_image == 1
    assert np.isnan(two.seconds_per_image)
