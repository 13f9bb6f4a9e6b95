"""Scores are those of scikit-learn, on annotated pixels."""

from __future__ import annotations

import tracemalloc
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    jaccard_score,
    precision_score,
    recall_score,
)

from imageseg.classes import CANOPY, ClassScheme
from imageseg.errors import ModelMismatchError, SettingsError, ShapeMismatchError
from imageseg.evaluation import evaluate_task
from imageseg.settings import PredictSettings
from imageseg.tasks import drain
from imageseg.training import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from imageseg.model import SegmentationModel

    MakeModel = Callable[..., SegmentationModel]

CPU = PredictSettings(device="cpu", precision="fp32")
THREE = ClassScheme.from_names(["low", "middle", "high"])


def sample(seed: int, classes: int = 2, name: str = "", side: int = 12) -> Sample:
    """Random pixels, randomly annotated, a part of them not at all."""
    rng = np.random.default_rng(seed)
    return Sample(
        rng.integers(0, 256, (side, side + 3, 3), dtype=np.uint8),
        rng.integers(0, classes + 1, (side, side + 3), dtype=np.uint8),
        name or f"image {seed}",
    )


def predicted(image: np.ndarray, classes: int) -> np.ndarray:
    """Class by brightness, as the threshold model is defined to do."""
    mean = image.astype(float).mean(axis=-1) / 255
    if classes == 2:
        return np.where(mean >= 0.5, 2, 1)
    levels = np.linspace(0, 1, classes)
    return np.abs(mean[..., None] - levels).argmin(-1) + 1


def expected_row(samples: Sequence[Sample], scheme: ClassScheme) -> dict[str, float]:
    """Score with scikit-learn."""
    ids = list(range(1, len(scheme) + 1))
    truth = np.concatenate([s.labels.ravel() for s in samples])
    guess = np.concatenate([predicted(s.image, len(ids)).ravel() for s in samples])
    truth, guess = truth[truth > 0], guess[truth > 0]
    options: dict[str, Any] = {"labels": ids, "average": None}
    row = {"accuracy": accuracy_score(truth, guess)}
    for what, score in (
        ("dice", f1_score),
        ("iou", jaccard_score),
        ("precision", precision_score),
        ("recall", recall_score),
    ):
        values = score(truth, guess, **options)
        row |= {f"{what}_{n}": v for n, v in zip(scheme.names, values, strict=True)}
        row[f"mean_{what}"] = values.mean()
    del row["mean_precision"], row["mean_recall"]
    matrix = confusion_matrix(truth, guess, labels=ids, normalize="all")
    annotated, found = matrix.sum(axis=1), matrix.sum(axis=0)
    for i, name in enumerate(scheme.names):
        row[f"annotated_fraction_{name}"] = annotated[i]
        row[f"predicted_fraction_{name}"] = found[i]
    return row | {"density_error": np.abs(annotated - found).max()}


@pytest.mark.parametrize("scheme", [CANOPY, THREE], ids=["two classes", "three"])
def test_scores_are_those_of_scikit_learn(
    threshold_model: MakeModel, scheme: ClassScheme
) -> None:
    samples = [sample(seed, len(scheme)) for seed in range(3)]

    result = drain(evaluate_task(threshold_model(scheme), samples, CPU))

    table = result.table()
    assert table["image"].tolist() == ["image 0", "image 1", "image 2"]
    for row, one in zip(table.to_dict("records"), samples, strict=True):
        expected = expected_row([one], scheme)
        assert set(row) == {"image"} | set(expected)
        assert {k: row[k] for k in expected} == pytest.approx(expected)


def test_the_summary_has_the_mean_and_the_pooled_pixels(
    threshold_model: MakeModel,
) -> None:
    samples = [sample(0, side=8), sample(1, side=20), sample(2)]

    result = drain(evaluate_task(threshold_model(), samples, CPU))

    mean, pooled = result.summary().to_dict("records")
    assert (mean["image"], pooled["image"]) == ("mean of 3", "pooled")
    rows = [expected_row([s], result.scheme) for s in samples]
    for name, value in expected_row(samples, result.scheme).items():
        assert pooled[name] == pytest.approx(value)
        assert mean[name] == pytest.approx(np.mean([row[name] for row in rows]))
    assert pooled["accuracy"] != pytest.approx(mean["accuracy"])
    assert result.pooled.pixels == sum(int((s.labels > 0).sum()) for s in samples)


def test_an_image_without_annotation_has_no_scores(threshold_model: MakeModel) -> None:
    empty = Sample(np.zeros((4, 5, 3), np.uint8), np.zeros((4, 5), np.uint8), "empty")

    table = drain(evaluate_task(threshold_model(), [empty], CPU)).table()

    assert table.drop(columns="image").isna().all(axis=None)


def test_stacks_are_scored_as_one(threshold_model: MakeModel) -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (3, 8, 9), dtype=np.uint8)
    labels = np.where(image / np.float32(255) >= 0.5, 2, 1).astype(np.uint8)
    labels[1] = 3 - labels[1]
    model = threshold_model(channels=1)

    result = drain(evaluate_task(model, [Sample(image, labels, "stack")], CPU))

    assert result.scores["stack"].accuracy == pytest.approx(2 / 3)


def test_images_of_one_name_each_keep_their_row(threshold_model: MakeModel) -> None:
    samples = [sample(0, name="a"), sample(1, name="a"), sample(2, name="a 2")]

    result = drain(evaluate_task(threshold_model(), samples, CPU))

    assert len(result.table()) == 3
    for scores, one in zip(result.scores.values(), samples, strict=True):
        expected = expected_row([one], result.scheme)["accuracy"]
        assert scores.accuracy == pytest.approx(expected)


def test_a_label_that_the_model_has_no_class_for_is_refused(
    threshold_model: MakeModel,
) -> None:
    samples = [sample(0), sample(1, classes=3, name="odd one")]

    with pytest.raises(ModelMismatchError, match=r"odd one.*3 classes.*canopy, sky"):
        drain(evaluate_task(threshold_model(CANOPY), samples, CPU))


def test_without_annotated_images_there_is_nothing_to_score(
    threshold_model: MakeModel,
) -> None:
    with pytest.raises(ModelMismatchError, match="no annotated image"):
        drain(evaluate_task(threshold_model(), [], CPU))


def test_a_mask_of_another_size_is_refused(threshold_model: MakeModel) -> None:
    wrong = Sample(np.zeros((4, 5, 3), np.uint8), np.ones((5, 4), np.uint8))

    with pytest.raises(ShapeMismatchError, match=r"\(5, 4\).*\(4, 5\)"):
        drain(evaluate_task(threshold_model(), [wrong], CPU))


def test_an_image_of_other_channels_is_refused(threshold_model: MakeModel) -> None:
    grey = Sample(np.zeros((4, 5), np.uint8), np.ones((4, 5), np.uint8))

    with pytest.raises(ShapeMismatchError, match="takes 3 channels"):
        drain(evaluate_task(threshold_model(), [grey], CPU))


def test_probabilities_of_all_images_are_pooled(threshold_model: MakeModel) -> None:
    samples = [sample(seed) for seed in range(3)]

    result = drain(evaluate_task(threshold_model(), samples, CPU))

    assert result.probabilities is not None
    pooled = result.probabilities.curve(2)
    assert pooled.dice[500] == pytest.approx(result.pooled.dice[1])
    assert result.probabilities.counts[1].sum() == result.pooled.pixels


def test_other_metrics_are_computed_on_annotated_pixels(
    threshold_model: MakeModel,
) -> None:
    image = np.zeros((1, 4, 3), np.uint8)
    image[0, 2:] = 255
    labels = np.array([[1, 2, 2, 0]], np.uint8)  # of sky .5, of it half found

    result = drain(
        evaluate_task(
            threshold_model(),
            [Sample(image, labels, "a"), Sample(image, 0 * labels, "b")],
            CPU,
            metrics=["dice_coef", "jaccard_index", "iou"],
        )
    )

    first, second = result.table().to_dict("records")
    assert first["dice_coef"] == pytest.approx((2 * 1 + 1) / (2 + 1 + 1), abs=1e-4)
    assert first["jaccard_index"] == pytest.approx(1 / 2)
    assert first["iou"] == pytest.approx((1 + 1) / (2 + 1 - 1 + 1), abs=1e-4)
    assert np.isnan(second["iou"])
    mean, pooled = result.summary().to_dict("records")
    assert mean["jaccard_index"] == first["jaccard_index"]
    assert "iou" not in pooled or np.isnan(pooled["iou"])


def test_other_metrics_of_many_classes_take_all_maps_together(
    threshold_model: MakeModel,
) -> None:
    image = np.repeat(np.array([[0, 128, 255]], np.uint8)[..., None], 3, -1)
    labels = np.array([[1, 3, 3]], np.uint8)

    task = evaluate_task(
        threshold_model(THREE),
        [Sample(image, labels)],
        CPU,
        metrics=["binary_accuracy"],
    )

    # Of nine values that of the middle pixel's two classes are wrong.
    assert drain(task).table()["binary_accuracy"][0] == pytest.approx(7 / 9)


def test_baselines_are_scored_on_the_same_images(threshold_model: MakeModel) -> None:
    samples = (sample(seed) for seed in range(3))

    result = drain(
        evaluate_task(
            threshold_model(),
            samples,
            CPU,
            baselines=["otsu", "majority"],
            metrics=["iou"],
        )
    )

    assert list(result.baselines) == ["otsu", "majority"]
    truth = result.pooled.matrix.sum(1)
    for baseline in result.baselines.values():
        assert list(baseline.scores) == list(result.scores)
        assert (baseline.pooled.matrix.sum(1) == truth).all()
    assert result.baselines["otsu"].table()["iou"].notna().all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metrics": ["iou", "f2"]}, "metric is 'f2'; it must be one of dice_coef, "),
        ({"baselines": ["kmeans"]}, "baseline is 'kmeans'.*majority, otsu for 2"),
    ],
    ids=["metric", "baseline"],
)
def test_what_is_unknown_is_refused_before_anything_is_read(
    threshold_model: MakeModel, options: dict[str, Any], message: str
) -> None:
    def unread() -> Any:
        pytest.fail("an image was read")
        yield

    with pytest.raises(SettingsError, match=message):
        drain(evaluate_task(threshold_model(), unread(), CPU, **options))


def test_images_are_read_one_at_a_time(threshold_model: MakeModel) -> None:
    alive: list[weakref.ref[Any]] = []
    most = []

    def read() -> Iterator[Sample]:
        for seed in range(20):
            most.append(sum(ref() is not None for ref in alive))
            one = sample(seed)
            alive.append(weakref.ref(one.image))
            yield one
            del one

    result = drain(evaluate_task(threshold_model(), read(), CPU))

    assert len(result.scores) == 20
    assert max(most) <= 1  # the one before, while the next is read


def test_memory_does_not_grow_with_the_number_of_images(
    threshold_model: MakeModel,
) -> None:
    model = threshold_model()
    drain(evaluate_task(model, [sample(0, side=100)], CPU))  # imports

    def peak(images: int) -> int:
        samples = (sample(seed, side=100) for seed in range(images))
        tracemalloc.start()
        drain(evaluate_task(model, samples, CPU))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    few, many = peak(3), peak(60)

    assert many - few < 57 * 1000 * 2  # of an image of 40 kB with its answer, 2 kB
