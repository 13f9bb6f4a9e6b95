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
from imageseg.errors import ImageReadError, SettingsError, ShapeMismatchError
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


@pytest.mark.parametrize("channels", ["3,1", [3, 1], ("3", 1)])
def test_predict_sees_the_channels_in_their_order(
    make_model: MakeModel, channels: object
) -> None:
    model, image = make_model(channels=2), sample(0).image
    picked = api.predict(model, image, CPU, channels=channels)
    reordered = api.predict(model, np.ascontiguousarray(image[..., [2, 0]]), CPU)

    np.testing.assert_array_equal(picked.probabilities, reordered.probabilities)


def test_predict_sees_one_channel_of_any_image(make_model: MakeModel) -> None:
    model, image = make_model(channels=1), sample(0).image
    blue = api.predict(model, image[..., 2], CPU)

    for seen, channels in ((image, 3), (image[..., 2], 1)):
        picked = api.predict(model, seen, CPU, channels=channels)
        np.testing.assert_array_equal(picked.probabilities, blue.probabilities)


def test_predict_refuses_channels_that_do_not_fit(make_model: MakeModel) -> None:
    model, image = make_model(channels=2), sample(0).image
    with pytest.raises(ShapeMismatchError, match=r"Channels 1,4 .* has 3 channels"):
        api.predict(model, image, CPU, channels="1,4")
    with pytest.raises(ShapeMismatchError, match=r"Channels 2 .* takes 2 channels"):
        api.predict(model, image, CPU, channels=2)
    with pytest.raises(SettingsError, match="channels is 0"):
        api.predict(model, image, CPU, channels=0)


def test_samples_of_files_have_the_channels_picked(tmp_path: Path) -> None:
    image, labels = sample(0).image, sample(0).labels
    write_image(tmp_path / "a.png", image)
    write_labels(tmp_path / "a_mask.png", labels)
    (picked,) = api.read_samples(
        tmp_path, CANOPY, coding="labels", channels=[3, "channel 1"]
    )
    (whole,) = api.read_samples(tmp_path, CANOPY, coding="labels")

    np.testing.assert_array_equal(picked.image, image[..., [2, 0]])
    assert (picked.channels, whole.channels) == (2, 3)
    assert picked.channel_names == ("channel 3", "channel 1")
    assert picked.digest() != whole.digest()
    with pytest.raises(ShapeMismatchError, match=r"a\.png: Channels 5 "):
        api.read_samples(tmp_path, CANOPY, coding="labels", channels=5)


def test_a_model_learns_and_finds_the_channels_picked(tmp_path: Path) -> None:
    one = sample(0)
    write_image(tmp_path / "a.png", one.image)
    write_labels(tmp_path / "a_mask.png", one.labels)
    (picked,) = api.read_samples(tmp_path, CANOPY, coding="labels", channels="3,1")
    (whole,) = api.read_samples(tmp_path, CANOPY, coding="labels")
    same = Sample(one.image[..., [2, 0]], one.labels, "a")
    model = api.train([picked], QUICK, scheme=CANOPY, network=TINY)
    other = api.train([same], QUICK, scheme=CANOPY, network=TINY)
    assert model.digest() == other.digest()
    assert model.spec.channel_names == ("channel 3", "channel 1")

    scores = [api.evaluate(model, [s], CPU).pooled.matrix for s in (picked, whole)]
    np.testing.assert_array_equal(*scores)
    tables = [
        api.density_table([tmp_path / "a.png"], model, settings=CPU, channels=channels)
        for channels in ("3,1", None)
    ]
    pd.testing.assert_frame_equal(*tables)
    assert tables[0]["error"].tolist() == [""]


def test_samples_in_memory_are_known_by_the_names_of_their_channels() -> None:
    one = sample(0)
    start = api.train(
        [Sample(one.image, one.labels, "a", channel_names=("r", "g", "b"))],
        QUICK,
        scheme=CANOPY,
        network=TINY,
    )
    turned = Sample(
        one.image[..., ::-1], one.labels, "a", channel_names=("B", "G", "R")
    )
    straight = Sample(one.image, one.labels, "a")

    scores = [api.evaluate(start, [s], CPU).pooled.matrix for s in (turned, straight)]
    np.testing.assert_array_equal(*scores)
    tuned = [api.train([s], QUICK, start=start) for s in (turned, straight)]
    assert tuned[0].digest() == tuned[1].digest()
    assert tuned[0].spec.channel_names == ("R", "G", "B")  # as learned last
    assert tuned[1].spec.channel_names == ("r", "g", "b")
