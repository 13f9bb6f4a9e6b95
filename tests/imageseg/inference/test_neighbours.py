"""A model of neighbouring slices sees them wherever it predicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from imageseg.classes import ClassScheme
from imageseg.images import seen_part, with_channel_axis, with_neighbours
from imageseg.inference import predict_task
from imageseg.inference.box import predict_box_task
from imageseg.model import new_model
from imageseg.settings import PredictSettings
from imageseg.tasks import drain

if TYPE_CHECKING:
    from imageseg.model import SegmentationModel

CPU = PredictSettings(device="cpu", precision="fp32")


@pytest.fixture
def model() -> SegmentationModel:
    """Return a model of two channels that sees one slice on each side."""
    torch.manual_seed(3)
    scheme = ClassScheme.from_names(["a", "b", "c"])
    arguments = {"filters": 2, "blocks": 1}
    return new_model(scheme, channels=2, neighbours=1, arguments=arguments)


@pytest.fixture
def stack(rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 256, (4, 12, 14, 2), dtype=np.uint8)


def test_neighbours_are_written_out_by_hand() -> None:
    stack = np.arange(3).reshape(3, 1, 1, 1)

    assert with_neighbours(stack, 1)[:, 0, 0].tolist() == [
        [0, 0, 1],
        [0, 1, 2],
        [1, 2, 2],
    ]
    assert with_neighbours(stack[1], 1)[0, 0].tolist() == [1, 1, 1]
    assert with_neighbours(stack, 2, slice(1, 2))[0, 0, 0].tolist() == [0, 0, 1, 2, 2]


def test_neighbours_do_not_reach_into_the_next_volume() -> None:
    planes = np.arange(6).reshape(6, 1, 1, 1)  # of two time points

    assert seen_part(planes, 3, (2, 3, 1, 1), 1).ravel().tolist() == [3, 3, 4]


def test_an_image_without_channels_gets_an_axis_for_them() -> None:
    narrow = np.zeros((4, 5, 3))

    assert with_channel_axis(narrow, "ZYX").shape == (4, 5, 3, 1)
    assert with_channel_axis(narrow, "YXC") is narrow


def test_each_slice_is_what_the_network_makes_of_it_and_its_neighbours(
    model, stack
) -> None:
    found = drain(predict_task(model, stack, CPU)).probabilities

    values = stack.astype(np.float32) / 255
    for z, around in enumerate([(0, 0, 1), (0, 1, 2), (1, 2, 3), (2, 3, 3)]):
        joined = np.concatenate([values[k] for k in around], axis=-1)
        with torch.no_grad():
            logits = model.network(torch.from_numpy(joined).permute(2, 0, 1)[None])
        expected = logits.softmax(1)[0].numpy()
        np.testing.assert_allclose(found[:, z], expected, atol=1e-6)


@pytest.mark.parametrize("span", [slice(0, 1), slice(1, 3), slice(3, 4)])
def test_a_box_of_slices_is_that_of_the_whole(model, stack, span) -> None:
    whole = drain(predict_task(model, stack, CPU)).probabilities
    box = (span, slice(2, 9), slice(3, 14))
    part = drain(predict_box_task(model, stack, box, CPU)).probabilities

    np.testing.assert_allclose(part, whole[(slice(None), *box)], atol=1e-6)


def test_a_plane_alone_is_its_own_neighbour(model, stack) -> None:
    alone = drain(predict_task(model, stack[2], CPU)).probabilities
    thrice = drain(predict_task(model, stack[[2, 2, 2]], CPU)).probabilities

    np.testing.assert_allclose(alone, thrice[:, 1], atol=1e-6)
    box = (slice(0, 12), slice(0, 14))
    boxed = drain(predict_box_task(model, stack[2], box, CPU)).probabilities
    np.testing.assert_allclose(boxed, alone, atol=1e-6)
