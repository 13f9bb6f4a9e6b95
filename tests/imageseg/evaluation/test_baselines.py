"""Baselines are what their inventors defined, and score what was found before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import f1_score

from imageseg.classes import CANOPY, ClassScheme
from imageseg.errors import SettingsError
from imageseg.evaluation import BASELINES, Evaluation, evaluate_task
from imageseg.evaluation.baselines import check_baselines, fitting_baselines, otsu
from imageseg.forest import ForestSettings
from imageseg.inference import predict_task
from imageseg.metrics import Scores
from imageseg.settings import PredictSettings
from imageseg.tasks import drain
from imageseg.training import Sample, fit_forest_task

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from imageseg.model import SegmentationModel

THREE = ClassScheme.from_names(["low", "middle", "high"])
SKY_DICE = {
    "01": 0.729,
    "02": 0.502,
    "03": 0.483,
    "06": 0.988,
    "07": 0.997,
    "08": 0.785,
    "09": 0.995,
    "11": 0.651,
}


def best_split(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Try every threshold for the largest variance between classes."""
    found = []
    for t in range(int(values.min()), int(values.max())):
        low, high = values[values <= t], values[values > t]
        gap = low.mean() - high.mean()
        found.append((len(low) * len(high) * gap**2, t))
    return values > max(found, key=lambda pair: (pair[0], -pair[1]))[1]


def test_otsu_separates_classes_as_far_as_can_be() -> None:
    rng = np.random.default_rng(0)
    grey = np.clip(
        np.where(
            rng.random(900) < 0.3, rng.normal(60, 15, 900), rng.normal(140, 30, 900)
        ),
        0,
        255,
    ).astype(np.uint8)

    labels = otsu(grey.reshape(30, 30, 1), CANOPY)

    assert labels.dtype == np.uint8
    assert (labels.ravel() == np.where(best_split(grey), 2, 1)).all()


@pytest.mark.parametrize(("channels", "channel"), [(1, 0), (2, 0), (3, 2), (4, 0)])
def test_photographs_are_split_by_their_blue(channels: int, channel: int) -> None:
    image = np.full((2, 6, channels), 7, np.uint8)
    image[:, 4:, channel] = 200

    assert otsu(image, CANOPY).tolist() == [[1, 1, 1, 1, 2, 2]] * 2


def test_a_stack_has_one_threshold() -> None:
    stack = np.zeros((2, 2, 2, 1), np.float32)
    stack[1] = 0.7

    assert otsu(stack, CANOPY).tolist() == [[[1, 1], [1, 1]], [[2, 2], [2, 2]]]


def test_a_flat_image_is_of_the_first_class() -> None:
    assert (otsu(np.full((3, 3, 1), 90, np.uint8), CANOPY) == 1).all()


@pytest.mark.parametrize("name", SKY_DICE)
def test_otsu_finds_as_much_sky_as_others_measured(real_data: Path, name: str) -> None:
    folder = real_data / "canopy_sky"
    image = np.asarray(Image.open(folder / "images" / f"{name}.png"))
    sky = np.asarray(Image.open(folder / "masks" / f"{name}.png")) == 1

    found = otsu(image, CANOPY) == 2

    dice = f1_score(sky.ravel(), found.ravel())
    assert dice == pytest.approx(SKY_DICE[name], abs=0.02)


def test_otsu_is_for_two_classes() -> None:
    assert fitting_baselines(CANOPY) == ("majority", "otsu")
    assert fitting_baselines(THREE) == ("majority",)
    check_baselines(["majority", "otsu"], CANOPY)
    with pytest.raises(SettingsError, match=r"'otsu'.*one of majority for 3 classes"):
        check_baselines(["otsu"], THREE)


def test_the_pixel_classifier_is_for_those_who_have_something_to_learn_from() -> None:
    assert fitting_baselines(CANOPY, learning=True) == BASELINES
    assert fitting_baselines(THREE, learning=True) == ("majority", "pixel_classifier")
    check_baselines(["pixel_classifier"], THREE, learning=True)
    with pytest.raises(SettingsError, match=r"annotated images to learn from"):
        check_baselines(["pixel_classifier"], THREE)


def test_most_of_the_membrane_images_is_interior(real_data: Path) -> None:
    scores = {}
    for path in sorted((real_data / "em_membrane" / "masks").iterdir()):
        with Image.open(path) as mask:
            labels = (np.asarray(mask) + 1).astype(np.uint8)
        scores[path.name] = Scores.of(labels, labels, 2)
    scheme = ClassScheme.from_names(["interior", "membrane"])

    majority = Evaluation(scheme=scheme, scores=scores).majority()

    assert majority.pooled.accuracy == pytest.approx(0.780, abs=0.0015)
    assert majority.pooled.recall.tolist() == [1, 0]


def textured(seed: int, side: int = 48) -> Sample:
    """Return a grey plane whose right half is rough; its brightness says nothing."""
    rng = np.random.default_rng(seed)
    image = np.full((side, side), 120.0)
    image[:, side // 2 :] += rng.choice([-60, 60], (side, side // 2))
    labels = np.repeat([[1] * (side // 2) + [2] * (side // 2)], side, axis=0)
    noisy = image + rng.normal(0, 3, image.shape)
    return Sample(noisy.astype(np.uint8), labels.astype(np.uint8), f"{seed}")


@pytest.fixture
def few_trees(monkeypatch: pytest.MonkeyPatch) -> ForestSettings:
    """Let the pixel classifier be a small one."""
    small = ForestSettings(features="basic", trees=10, depth=8)

    def fit(samples: Any, **options: Any) -> Any:
        return fit_forest_task(samples, small, **options)

    monkeypatch.setattr("imageseg.evaluation.baselines.fit_forest_task", fit)
    return small


def test_the_pixel_classifier_is_scored_as_one_trained_apart(
    few_trees: ForestSettings, threshold_model: Callable[..., SegmentationModel]
) -> None:
    training, scored = [textured(0), textured(1)], [textured(2), textured(3)]
    scheme = ClassScheme.from_names(["smooth", "rough"])
    cpu = PredictSettings(device="cpu", precision="fp32")
    model = threshold_model(scheme, channels=1)

    task = evaluate_task(
        model,
        scored,
        cpu,
        baselines=["otsu", "pixel_classifier", "majority"],
        training=training,
    )
    shares: list[float] = []
    result = drain(task, lambda progress: shares.append(progress.fraction))

    assert list(result.baselines) == ["otsu", "pixel_classifier", "majority"]
    apart = drain(fit_forest_task(training, few_trees, scheme=scheme)).model
    for sample in scored:
        labels = drain(predict_task(apart, sample.image, cpu)).labels
        expected = Scores.of(sample.labels, labels, 2).matrix
        found = result.baselines["pixel_classifier"].scores[sample.name].matrix
        np.testing.assert_array_equal(found, expected)
    assert result.baselines["pixel_classifier"].pooled.accuracy > 0.9
    assert result.baselines["otsu"].pooled.accuracy < 0.8
    assert shares == sorted(shares)
    assert shares[-1] > 0.9
