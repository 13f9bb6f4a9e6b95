"""Scores are those of scikit-learn, and nothing is scored by what has seen it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, jaccard_score

from imageseg import evaluation
from imageseg.classes import CANOPY, ClassScheme
from imageseg.errors import ModelMismatchError, SettingsError, ShapeMismatchError
from imageseg.evaluation import Evaluation, cross_validate_task, evaluate_task
from imageseg.metrics import Scores
from imageseg.settings import PredictSettings, TrainSettings, UNetSettings
from imageseg.tasks import Progress, drain
from imageseg.training import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
    dice = f1_score(truth, guess, **options)
    iou = jaccard_score(truth, guess, **options)
    row = {"mean_dice": dice.mean(), "accuracy": accuracy_score(truth, guess)}
    matrix = confusion_matrix(truth, guess, labels=ids, normalize="all")
    annotated, found = matrix.sum(axis=1), matrix.sum(axis=0)
    for i, name in enumerate(scheme.names):
        row[f"dice_{name}"], row[f"iou_{name}"] = dice[i], iou[i]
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


def test_a_class_that_is_nowhere_has_no_score_and_spoils_no_mean() -> None:
    seen = Scores(np.array([[8, 0, 0], [0, 2, 0], [0, 0, 0]]))
    full = Scores(np.array([[1, 1, 0], [0, 2, 0], [0, 0, 4]]))
    result = Evaluation(scheme=THREE, scores={"seen": seen, "full": full})

    table, mean = result.table(), result.summary().iloc[0]

    assert np.isnan(table["dice_high"][0])
    assert table["mean_dice"][0] == 1
    assert mean["dice_high"] == 1
    assert mean["dice_low"] == pytest.approx((1 + 2 / 3) / 2)


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


QUICK = TrainSettings(
    epochs=1, steps=1, batch=1, patch=32, validation=0, device="cpu", precision="fp32"
)
TINY = UNetSettings(filters=1, blocks=1)


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Record what is trained on, and train."""
    calls: list[dict[str, Any]] = []
    original = evaluation.train_task

    def spy(samples: Sequence[Sample], settings: TrainSettings, **options: Any) -> Any:
        calls.append({"samples": list(samples), "settings": settings} | options)
        return original(samples, settings, **options)

    monkeypatch.setattr(evaluation, "train_task", spy)
    return calls


@pytest.mark.parametrize(("folds", "count"), [(0, 5), (5, 5), (2, 2), (3, 3)])
def test_each_image_is_left_out_exactly_once(
    trainings: list[dict[str, Any]], folds: int, count: int
) -> None:
    samples = [sample(seed, side=32) for seed in range(5)]

    result = drain(
        cross_validate_task(samples, QUICK, scheme=CANOPY, network=TINY, folds=folds)
    )

    everything = {s.name for s in samples}
    left_out = [everything - {s.name for s in c["samples"]} for c in trainings]
    assert len(trainings) == count
    assert sorted(name for group in left_out for name in group) == sorted(everything)
    assert list(result.scores) == [s.name for s in samples]
    assert result.scheme == CANOPY
    assert all(c["settings"] is QUICK and c["network"] is TINY for c in trainings)


def test_images_of_one_name_are_all_cross_validated(
    trainings: list[dict[str, Any]],
) -> None:
    samples = [sample(seed, name="image", side=32) for seed in range(3)]

    result = drain(cross_validate_task(samples, QUICK, scheme=CANOPY, network=TINY))

    assert len(result.table()) == 3
    assert [len(c["samples"]) for c in trainings] == [2, 2, 2]


def test_every_fold_goes_on_from_the_start_model(
    trainings: list[dict[str, Any]], make_model: MakeModel
) -> None:
    start = make_model()
    before = start.digest()
    samples = [sample(seed, side=32) for seed in range(2)]

    result = drain(cross_validate_task(samples, QUICK, start=start))

    assert [c["start"] for c in trainings] == [start, start]
    assert start.digest() == before
    assert result.scheme == start.spec.scheme


def test_left_out_images_are_scored_by_the_model_that_has_not_seen_them(
    monkeypatch: pytest.MonkeyPatch, threshold_model: MakeModel
) -> None:
    seen: dict[int, set[str]] = {}
    checked = []

    def train(samples: Sequence[Sample], *_: Any, **__: Any) -> Any:
        model = threshold_model()
        seen[id(model)] = {s.name for s in samples}
        kept.append(model)
        yield Progress(done=1, total=1)
        return type("Result", (), {"model": model})

    def evaluate(model: Any, samples: Sequence[Sample], where: PredictSettings) -> Any:
        checked.append({s.name for s in samples} & seen[id(model)])
        assert (where.device, where.precision) == ("cpu", "fp32")
        return evaluate_task(model, samples, where)

    kept: list[Any] = []
    monkeypatch.setattr(evaluation, "train_task", train)
    monkeypatch.setattr(evaluation, "evaluate_task", evaluate)
    drain(cross_validate_task([sample(seed) for seed in range(4)], QUICK, folds=2))

    assert checked == [set(), set()]


@pytest.mark.parametrize("folds", [-1, 1, 4])
def test_folds_must_fit_the_images(folds: int) -> None:
    with pytest.raises(SettingsError, match=f"folds is {folds}.*2 to 3 images"):
        drain(cross_validate_task([sample(s) for s in range(3)], QUICK, folds=folds))


@pytest.mark.parametrize("count", [0, 1])
@pytest.mark.parametrize("folds", [0, 2])
def test_one_image_cannot_be_left_out(count: int, folds: int) -> None:
    samples = [sample(seed) for seed in range(count)]

    with pytest.raises(SettingsError, match=f"annotated images is {count}"):
        drain(cross_validate_task(samples, QUICK, folds=folds))
