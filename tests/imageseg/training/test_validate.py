"""Scores on held-out pixels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix, log_loss

from imageseg.classes import ClassScheme
from imageseg.forest import ForestSettings, PixelMemory
from imageseg.images import Stack, ValueScale
from imageseg.inference import predict_task
from imageseg.model import new_model
from imageseg.settings import PredictSettings
from imageseg.tasks import Progress, drain
from imageseg.training import Sample, StackSample, fit_forest_task
from imageseg.training.sample import Part, annotated_parts
from imageseg.training.split import block_numbers
from imageseg.training.validate import count_by_block, validate_task

if TYPE_CHECKING:
    from collections.abc import Callable

    from imageseg.model import SegmentationModel
    from imageseg.training.validate import Validation

    MakeModel = Callable[..., SegmentationModel]

SETTINGS = PredictSettings(device="cpu", precision="fp32")
PROGRESS = Progress(done=1, total=2, message="validating")


def strokes(*shape: int, seed: int = 0) -> np.ndarray:
    """Scatter labels of three classes in a part of the plane, off any grid."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(shape, np.uint8)
    inner = labels[161:200, 139:175]
    inner[:] = rng.choice(4, inner.shape, p=[0.9, 0.05, 0.03, 0.02])
    return labels


def validate(model: SegmentationModel, planes: list[Part]) -> Validation | None:
    """Validate in float32 on the CPU."""
    return drain(validate_task(model, planes, SETTINGS, PROGRESS))


@pytest.mark.parametrize("blocks", [2, 3])
def test_scores_are_those_of_predicting_the_whole_images(
    make_model: MakeModel, make_plane: Callable[..., Part], blocks: int
) -> None:
    model = make_model(3, blocks=blocks)
    planes = [make_plane(strokes(330, 290, seed=s)) for s in (1, 2)]
    truth, probabilities = [], []
    for plane in planes:
        whole = drain(predict_task(model, plane.pixels, SETTINGS)).probabilities
        on = plane.labels > 0
        truth.append(plane.labels[on])
        probabilities.append(whole[:, on].T.astype(float))
    t, p = np.concatenate(truth), np.concatenate(probabilities)
    result = validate(model, planes)

    p /= p.sum(1, keepdims=True)  # scikit-learn wants double precision
    assert result.loss == pytest.approx(log_loss(t, p, labels=[1, 2, 3]), rel=1e-5)
    expected = confusion_matrix(t, p.argmax(1) + 1, labels=[1, 2, 3])
    np.testing.assert_array_equal(result.scores.matrix, expected)


def test_trees_judge_annotated_pixels_as_they_judge_the_whole_image() -> None:
    """Far from each other in an image that is larger than what is described at once."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (600, 1100), dtype=np.uint8)
    labels = np.zeros(image.shape, np.uint8)
    for area in (np.s_[3:9, 2:40], np.s_[505:520, 500:530], np.s_[596:, 1090:]):
        labels[area] = rng.integers(0, 3, labels[area].shape)
    settings = ForestSettings(features="basic", trees=5, depth=6)
    scheme = ClassScheme.from_names(["a", "b"])
    fit = fit_forest_task([Sample(image, labels)], settings, scheme=scheme)
    model = drain(fit).model
    whole = drain(predict_task(model, image, SETTINGS))
    result = validate(model, annotated_parts([Sample(image, labels)], 1, "range"))

    on = labels > 0
    expected = confusion_matrix(labels[on], whole.labels[on])
    np.testing.assert_array_equal(result.scores.matrix, expected)
    p = whole.probabilities[:, on].T.astype(float)
    p /= p.sum(1, keepdims=True)
    expected = log_loss(labels[on], p, labels=[1, 2])
    assert result.loss == pytest.approx(expected, rel=1e-4)


def test_what_was_learned_from_stays_known_while_others_are_judged() -> None:
    """Judged pixels, were they kept, would push out those learned from."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (6, 90, 80, 1), dtype=np.uint8)
    learned, judged = np.zeros((2, 90, 80), np.uint8)
    learned[5:9], learned[20:22], judged[40:80] = 1, 2, 1
    memory, scheme = PixelMemory(room=900_000), ClassScheme.from_names(["a", "b"])
    settings = ForestSettings(features="basic", trees=5, depth=6)

    def sample(number: int, labels: np.ndarray, *, known: bool = True) -> StackSample:
        pixels = Stack([images[number]], channel_axis=2)
        kept = memory if known else None
        name = f"plot {number}"
        return StackSample(pixels, labels, name, memory=kept, identity=name)

    def taught() -> SegmentationModel:
        task = fit_forest_task([sample(0, learned)], settings, scheme=scheme)
        return drain(task).model

    model = taught()
    others = range(1, 6)
    parts = annotated_parts([sample(i, judged) for i in others], 1, "range")
    fresh = [sample(i, judged, known=False) for i in others]
    found = validate(model, parts)
    images[0] = 0  # whoever looks sees black

    expected = validate(model, annotated_parts(fresh, 1, "range"))
    assert found.loss == expected.loss
    np.testing.assert_array_equal(found.scores.matrix, expected.scores.matrix)
    assert taught().digest() == model.digest()


def test_a_part_is_scaled_as_its_whole_image(make_model: MakeModel) -> None:
    model = make_model(3, channels=1, normalisation="percentile")
    pixels = np.random.default_rng(0).integers(0, 900, (210, 200, 1), dtype=np.uint16)
    pixels[:100] = 60_000  # far from the annotation
    labels = strokes(210, 200)
    scale = ValueScale.of(pixels, "percentile")
    whole = drain(predict_task(model, pixels, SETTINGS)).probabilities
    on = labels > 0
    p = whole[labels[on] - 1, *np.nonzero(on)]

    result = validate(model, [Part(pixels, labels, scale, "micrograph")])
    assert result.loss == pytest.approx(-np.log(p).mean(), rel=1e-5)


def test_certain_mistakes_cost_much_but_not_everything(
    make_model: MakeModel, make_plane: Callable[..., Part]
) -> None:
    model = make_model()
    model.network.layers["conv_10"].bias.data.fill_(1e4)  # always class 2
    result = validate(model, [make_plane(np.ones((20, 20)))])

    assert result.loss == pytest.approx(-np.log(1e-7))


def test_the_task_reports_the_progress_it_was_given(
    make_model: MakeModel, make_plane: Callable[..., Part]
) -> None:
    planes = [make_plane(np.ones((20, 20)))] * 3

    assert (
        list(validate_task(make_model(), planes, SETTINGS, PROGRESS)) == [PROGRESS] * 3
    )


def test_nothing_held_out_gives_no_scores(make_model: MakeModel) -> None:
    assert validate(make_model(), []) is None


def test_the_annotated_box_of_a_volume_is_scored_as_in_the_whole_volume() -> None:
    torch.manual_seed(0)
    model = new_model(
        ClassScheme.from_names(["a", "b", "c"]),
        channels=1,
        architecture="unet3d",
        arguments={"filters": 2, "blocks": 1, "batch_normalization": False},
    )
    rng = np.random.default_rng(0)
    pixels = rng.random((39, 46, 41, 1)).astype(np.float32)
    labels = np.zeros(pixels.shape[:3], np.uint8)
    labels[19:21, 22:24, 17:23] = rng.integers(0, 4, (2, 2, 6))
    scale = ValueScale.of(pixels, "range")
    asked: list[tuple[int, ...]] = []
    whole = drain(predict_task(model, pixels, SETTINGS)).probabilities
    on = labels > 0
    t, p = labels[on], whole[:, on].T.astype(float)
    model.network.register_forward_pre_hook(
        lambda _, given: asked.append(tuple(given[0].shape[2:]))
    )
    result = validate(model, [Part(pixels, labels, scale, "volume")])

    assert len(asked) == 1
    assert np.prod(asked[0]) < 0.5 * on.size
    p /= p.sum(1, keepdims=True)
    assert result.loss == pytest.approx(log_loss(t, p, labels=[1, 2, 3]), rel=1e-5)
    expected = confusion_matrix(t, p.argmax(1) + 1, labels=[1, 2, 3])
    np.testing.assert_array_equal(result.scores.matrix, expected)


def test_blocks_are_counted_each_by_itself() -> None:
    rng = np.random.default_rng(0)
    truth, predicted = rng.integers(0, 3, (200, 190)), rng.integers(1, 3, (200, 190))
    truth, predicted = truth.astype(np.uint8), predicted.astype(np.uint8)
    found = count_by_block(truth, predicted, 2)

    numbers = block_numbers(truth.shape)
    for block, matrix in zip(np.unique(numbers), found, strict=True):
        on = (numbers == block) & (truth > 0)
        expected = confusion_matrix(truth[on], predicted[on])
        np.testing.assert_array_equal(matrix, expected)


def test_blocks_of_a_validation_add_up_to_its_scores(
    make_model: MakeModel, make_plane: Callable[..., Part]
) -> None:
    planes = [
        replace(make_plane(strokes(330, 290, seed=s)), name=f"image {s}")
        for s in (1, 2)
    ]
    found = validate(make_model(3), planes)

    assert found is not None
    assert found.blocks is not None
    assert set(found.blocks) == {"image 1", "image 2"}
    own = list(found.blocks.values())
    assert [len(blocks) for blocks in own] == [2, 2]  # rows 161-199 lie in two
    np.testing.assert_array_equal(sum(own).sum(0), found.scores.matrix)
