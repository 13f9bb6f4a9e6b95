"""The short calls give what their tasks give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from imageseg import api
from imageseg.batch import density_table_task
from imageseg.classes import CANOPY
from imageseg.errors import ImageReadError
from imageseg.evaluation import evaluate_task
from imageseg.images import write_image, write_labels
from imageseg.inference import predict_task
from imageseg.model import new_model
from imageseg.settings import PredictSettings, TrainSettings, UNetSettings
from imageseg.tasks import drain
from imageseg.training import Sample, train_task

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from imageseg.model import SegmentationModel

    MakeModel = Callable[..., SegmentationModel]

CPU = PredictSettings(device="cpu", precision="fp32", tile=32)
QUICK = TrainSettings(
    epochs=1, steps=2, batch=1, patch=32, validation=0, device="cpu", precision="fp32"
)
TINY = UNetSettings(filters=2, blocks=1)


def sample(seed: int) -> Sample:
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (32, 40, 3), dtype=np.uint8)
    return Sample(image, rng.integers(0, 3, (32, 40), dtype=np.uint8), f"{seed}")


def test_predict_is_its_task(make_model: MakeModel) -> None:
    model, image = make_model(), sample(0).image

    one = api.predict(model, image, CPU)
    other = drain(predict_task(model, image, CPU))

    np.testing.assert_array_equal(one.probabilities, other.probabilities)
    assert one.scheme == model.spec.scheme


def test_train_is_its_task() -> None:
    one = api.train([sample(0)], QUICK, scheme=CANOPY, network=TINY)
    other = drain(train_task([sample(0)], QUICK, scheme=CANOPY, network=TINY)).model

    assert one.digest() == other.digest()
    assert one.spec.scheme == CANOPY


def test_train_goes_on_from_a_model(make_model: MakeModel) -> None:
    start = make_model()

    one = api.train([sample(0)], QUICK, start=start)

    assert one.spec.provenance["parent"]["digest"] == start.digest()
    assert one.digest() != start.digest()


def test_evaluate_is_its_task(make_model: MakeModel) -> None:
    model, samples = make_model(), [sample(0), sample(1)]

    one = api.evaluate(model, samples, CPU)
    other = drain(evaluate_task(model, samples, CPU))

    pd.testing.assert_frame_equal(one.table(), other.table())


def test_evaluate_passes_on_baselines_and_metrics() -> None:
    model = new_model(CANOPY, channels=3, arguments={"filters": 2, "blocks": 1})

    one = api.evaluate(
        model,
        [sample(0)],
        CPU,
        baselines=["otsu", "pixel_classifier"],
        metrics=["dice_coef"],
        training=[sample(1)],
    )

    assert list(one.baselines) == ["otsu", "pixel_classifier"]
    assert list(one.metrics["0"]) == ["dice_coef"]


def test_read_samples_pairs_by_name_and_trains(tmp_path: Path) -> None:
    expected = {}
    for i in (2, 10):
        one = sample(i)
        classes = np.maximum(one.labels, 1)
        write_image(tmp_path / f"images/{i}.png", one.image)
        write_image(tmp_path / f"masks/{i}_mask.png", classes - 1)
        expected[f"{i}"] = one.image, classes

    samples = api.read_samples(tmp_path, CANOPY)

    assert {s.name for s in samples} == {"2", "10"}
    for found in samples:
        image, classes = expected[found.name]
        np.testing.assert_array_equal(found.image, image)
        np.testing.assert_array_equal(found.labels, classes)
    model = api.train(samples, QUICK, scheme=CANOPY, network=TINY)
    assert list(api.evaluate(model, samples, CPU).scores) == [s.name for s in samples]


def test_read_samples_takes_a_folder_of_masks_in_their_own_coding(
    tmp_path: Path,
) -> None:
    one = sample(1)
    write_image(tmp_path / "photos/1.png", one.image)
    write_labels(tmp_path / "strokes/1.png", one.labels)

    (found,) = api.read_samples(
        tmp_path / "photos", CANOPY, masks=tmp_path / "strokes", coding="labels"
    )

    np.testing.assert_array_equal(found.labels, one.labels)


def test_read_samples_warns_of_what_has_no_partner(tmp_path: Path) -> None:
    for name in ("images/1", "images/2", "masks/1"):
        write_image(tmp_path / f"{name}.png", np.eye(4, dtype=np.uint8))

    with pytest.warns(UserWarning, match=r"no mask for .*2\.png; left out"):
        (found,) = api.read_samples(tmp_path, CANOPY)

    assert found.name == "1"


def test_read_samples_says_that_nothing_pairs(tmp_path: Path) -> None:
    for name in ("images/a", "masks/b"):
        write_image(tmp_path / f"{name}.png", np.eye(4, dtype=np.uint8))

    with (
        pytest.warns(UserWarning, match="left out"),
        pytest.raises(ImageReadError, match="no image has a mask of the same name"),
    ):
        api.read_samples(tmp_path, CANOPY)


def test_density_table_is_its_task_over_files_and_folders(
    tmp_path: Path, make_model: MakeModel
) -> None:
    (tmp_path / "folder").mkdir()
    files = [tmp_path / "z.png", *(tmp_path / f"folder/{n}.png" for n in (2, 10))]
    for i, file in enumerate(files):
        Image.fromarray(sample(i).image).save(file)
    (tmp_path / "folder/notes.txt").write_text("no image")
    model = make_model()

    one = api.density_table(
        [str(files[0]), tmp_path / "folder"], model, region=0.8, settings=CPU
    )
    other = drain(density_table_task(files, model, region=0.8, settings=CPU))

    assert one["image"].tolist() == [str(file) for file in files]
    pd.testing.assert_frame_equal(one, other)


def test_density_table_names_a_path_that_is_not_there(
    tmp_path: Path, make_model: MakeModel
) -> None:
    with pytest.raises(ImageReadError, match="no such file or folder"):
        api.density_table([tmp_path / "gone"], make_model())
