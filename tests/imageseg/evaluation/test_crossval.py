"""Nothing is scored by a model that has seen it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from imageseg.classes import CANOPY
from imageseg.errors import SettingsError
from imageseg.evaluation import cross_validate_task, crossval, evaluate_task
from imageseg.settings import PredictSettings, TrainSettings, UNetSettings
from imageseg.tasks import Progress, drain
from imageseg.training import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from imageseg.model import SegmentationModel

    MakeModel = Callable[..., SegmentationModel]


def sample(seed: int, name: str = "", side: int = 12, group: str = "") -> Sample:
    """Random pixels, randomly annotated, a part of them not at all."""
    rng = np.random.default_rng(seed)
    return Sample(
        rng.integers(0, 256, (side, side + 3, 3), dtype=np.uint8),
        rng.integers(0, 3, (side, side + 3), dtype=np.uint8),
        name or f"image {seed}",
        group=group,
    )


QUICK = TrainSettings(
    epochs=1, steps=1, batch=1, patch=32, validation=0, device="cpu", precision="fp32"
)
TINY = UNetSettings(filters=1, blocks=1)


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Record what is trained on, and train."""
    calls: list[dict[str, Any]] = []
    original = crossval.train_task

    def spy(samples: Sequence[Sample], settings: TrainSettings, **options: Any) -> Any:
        calls.append({"samples": list(samples), "settings": settings} | options)
        return original(samples, settings, **options)

    monkeypatch.setattr(crossval, "train_task", spy)
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


@pytest.mark.parametrize(("folds", "count"), [(0, 3), (2, 2)])
def test_images_of_one_group_are_left_out_together(
    trainings: list[dict[str, Any]], folds: int, count: int
) -> None:
    groups = ["a", "b", "a", "c", "b"]
    samples = [sample(seed, side=32, group=g) for seed, g in enumerate(groups)]

    result = drain(
        cross_validate_task(samples, QUICK, scheme=CANOPY, network=TINY, folds=folds)
    )

    trained = [{s.group for s in call["samples"]} for call in trainings]
    kept = [set("abc") - groups for groups in trained]
    assert len(trained) == count
    assert sorted(group for part in kept for group in part) == ["a", "b", "c"]
    assert list(result.scores) == [s.name for s in samples]


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

    def evaluate(model: Any, samples: Any, where: PredictSettings, **_: Any) -> Any:
        checked.append({s.name for s in samples} & seen[id(model)])
        assert (where.device, where.precision) == ("cpu", "fp32")
        return evaluate_task(model, samples, where)

    kept: list[Any] = []
    monkeypatch.setattr(crossval, "train_task", train)
    monkeypatch.setattr(crossval, "evaluate_task", evaluate)
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

    with pytest.raises(SettingsError, match=rf"annotated images \(groups\) is {count}"):
        drain(cross_validate_task(samples, QUICK, folds=folds))


def test_baselines_and_metrics_are_those_of_all_images(
    trainings: list[dict[str, Any]],
) -> None:
    samples = [sample(seed, side=32) for seed in range(3)]

    result = drain(
        cross_validate_task(
            samples,
            QUICK,
            scheme=CANOPY,
            network=TINY,
            baselines=["majority", "otsu"],
            metrics=["iou"],
        )
    )

    counts = sum(np.bincount(s.labels.ravel(), minlength=3)[1:] for s in samples)
    majority = result.baselines["majority"].pooled
    assert majority.accuracy == pytest.approx(counts.max() / counts.sum())
    assert list(result.baselines["otsu"].scores) == [s.name for s in samples]
    assert result.table()["iou"].notna().all()
    assert result.probabilities is not None
    assert result.probabilities.counts[0].sum() == counts.sum()


@pytest.mark.parametrize("options", [{"baselines": ["x"]}, {"metrics": ["x"]}])
def test_what_is_unknown_is_refused_before_any_training(
    trainings: list[dict[str, Any]], options: dict[str, Any]
) -> None:
    samples = [sample(seed, side=32) for seed in range(2)]

    with pytest.raises(SettingsError, match="is 'x'; it must be one of"):
        drain(cross_validate_task(samples, QUICK, scheme=CANOPY, **options))

    assert not trainings


def test_the_pixel_classifier_learns_from_what_each_fold_trains_with(
    monkeypatch: pytest.MonkeyPatch, threshold_model: MakeModel
) -> None:
    samples = [sample(seed, side=32) for seed in range(4)]
    taught: list[set[str]] = []

    def fit(training: Sequence[Sample], **_: Any) -> Any:
        taught.append({s.name for s in training})
        yield Progress(done=1, total=1, message="tree 1 of 1")
        return type("Result", (), {"model": threshold_model(CANOPY)})

    monkeypatch.setattr("imageseg.evaluation.baselines.fit_forest_task", fit)
    task = cross_validate_task(
        samples,
        QUICK,
        scheme=CANOPY,
        network=TINY,
        folds=2,
        baselines=["pixel_classifier"],
    )
    reports: list[Progress] = []
    result = drain(task, reports.append)

    everything = {s.name for s in samples}
    assert [everything - names for names in taught] == [
        {"image 0", "image 2"},
        {"image 1", "image 3"},
    ]
    assert list(result.baselines["pixel_classifier"].scores) == [
        s.name for s in samples
    ]
    assert "fold 2 of 2: tree 1 of 1" in {report.message for report in reports}
    done = [report.done / report.total for report in reports]
    assert done == sorted(done)
