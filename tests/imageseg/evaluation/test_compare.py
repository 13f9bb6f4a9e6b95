"""Models and baselines stand side by side, on the same images."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from sklearn.metrics import f1_score

from imageseg.classes import CANOPY, ClassScheme
from imageseg.errors import ModelMismatchError, SettingsError
from imageseg.evaluation import compare_task, evaluate_task
from imageseg.model import SegmentationModel
from imageseg.settings import PredictSettings
from imageseg.tasks import drain
from imageseg.training import Sample

MakeModel = Callable[..., SegmentationModel]
CPU = PredictSettings(device="cpu", precision="fp32")


def samples(count: int = 3) -> Iterator[Sample]:
    rng = np.random.default_rng(1)
    for i in range(count):
        image = rng.integers(0, 256, (32, 40, 3), dtype=np.uint8)
        labels = rng.integers(0, 3, (32, 40), dtype=np.uint8)
        yield Sample(image, labels, f"image {i}")


def test_every_model_is_scored_as_alone(
    threshold_model: MakeModel, make_model: MakeModel
) -> None:
    models = {"threshold": threshold_model(), "net": make_model()}

    result = drain(compare_task(models, samples(), CPU))

    assert list(result.evaluations) == ["threshold", "net"]
    for name, model in models.items():
        alone = drain(evaluate_task(model, samples(), CPU)).pooled.matrix
        assert (result.evaluations[name].pooled.matrix == alone).all()


def test_the_table_has_a_row_a_model_and_baseline(
    threshold_model: MakeModel, make_model: MakeModel
) -> None:
    models = {"net": make_model(filters=2, blocks=1), "threshold": threshold_model()}

    result = drain(compare_task(models, samples(), CPU, baselines=["majority", "otsu"]))

    table = result.table().set_index("model")
    assert list(table.index) == ["net", "threshold", "majority", "otsu"]
    dice, errors = [], []
    for one in samples():
        on = one.labels > 0
        truth, guess = one.labels[on] == 2, one.image[on].mean(-1) / 255 >= 0.5
        dice.append([f1_score(truth, guess), f1_score(~truth, ~guess)])
        errors.append(abs(truth.mean() - guess.mean()))
    row = table.loc["threshold"]
    assert row["dice_class 2"] == pytest.approx(np.mean(dice, axis=0)[0])
    assert row["mean_dice"] == pytest.approx(np.mean(dice))
    assert row["density_mae"] == pytest.approx(np.mean(errors))
    assert row["seconds"] > 0
    total = sum(p.numel() for p in models["net"].network.parameters())
    running = sum(b.numel() for b in models["net"].network.buffers() if b.ndim)
    assert table["parameters"].tolist()[:2] == [total + running, 0]
    assert table["parameters"].isna().tolist() == [False, False, True, True]


def test_all_rows_tell_their_model(threshold_model: MakeModel) -> None:
    task = compare_task({"a": threshold_model()}, samples(2), CPU, baselines=["otsu"])

    result = drain(task)

    scores, classes = result.scores(), result.classes()
    assert scores["model"].tolist() == ["a"] * 4 + ["otsu"] * 4
    assert scores["image"].tolist()[2:4] == ["mean of 2", "pooled"]
    assert classes["model"].tolist() == ["a", "a", "otsu", "otsu"]
    assert classes["best_threshold"].isna().tolist() == [False, False, True, True]


@pytest.mark.parametrize(
    "names", [["low", "middle", "high"], ["sky", "canopy"]], ids=["number", "order"]
)
def test_models_of_other_classes_are_refused(
    threshold_model: MakeModel, names: list[str]
) -> None:
    models = {
        "first": threshold_model(CANOPY),
        "other": threshold_model(ClassScheme.from_names(names)),
    }

    with pytest.raises(ModelMismatchError, match=r"first has.*canopy, sky, other has"):
        drain(compare_task(models, samples(), CPU))


def test_classes_may_be_called_otherwise(threshold_model: MakeModel) -> None:
    models = {
        "first": threshold_model(CANOPY),
        "other": threshold_model(ClassScheme.from_names(["class 1", "class 2"])),
    }

    result = drain(compare_task(models, samples(), CPU))

    assert result.evaluations["other"].scheme == CANOPY


@pytest.mark.parametrize("name", [None, "otsu"], ids=["none", "called as a baseline"])
def test_models_must_be_there_and_have_names_of_their_own(
    threshold_model: MakeModel, name: str | None
) -> None:
    models = {name: threshold_model()} if name else {}

    with pytest.raises(SettingsError, match="none of them called majority, otsu, "):
        drain(compare_task(models, samples(), CPU))


def test_progress_goes_on_over_images_and_models(threshold_model: MakeModel) -> None:
    models = {"a": threshold_model(), "b": threshold_model()}

    fractions = [p.fraction for p in compare_task(models, list(samples()), CPU)]

    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert len(fractions) == 6
