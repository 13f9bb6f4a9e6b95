"""The heads of the nets inside a U-Net++ teach; the last one predicts."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest
import torch
from torch import Tensor

from imageseg.architectures import ARCHITECTURES
from imageseg.classes import ClassScheme
from imageseg.devices import choose_compute
from imageseg.inference import predict_task
from imageseg.losses import segmentation_loss
from imageseg.model import SegmentationModel, load_model
from imageseg.settings import PredictSettings, TrainSettings
from imageseg.tasks import drain
from imageseg.training import Sample, train_task
from imageseg.training.learner import Learner

if TYPE_CHECKING:
    from imageseg.training.patches import PatchSampler

SCHEME = ClassScheme.from_names(["left", "middle", "right"])
NETWORK = ARCHITECTURES["unetpp"].settings(filters=2, blocks=3, deep_supervision=True)
SETTINGS = TrainSettings(
    epochs=1,
    steps=3,
    batch=2,
    patch=32,
    validation=0.0,
    augmentation="none",
    averaging=0.0,
    device="cpu",
    precision="fp32",
)
CPU = PredictSettings(device="cpu", precision="fp32")


@pytest.fixture
def sample(rng: np.random.Generator) -> Sample:
    labels = np.repeat([[1] * 16 + [2] * 16 + [3] * 16], 48, axis=0).astype(np.uint8)
    return Sample(rng.integers(0, 256, (48, 48, 3), dtype=np.uint8), labels)


@pytest.fixture
def model(sample: Sample) -> SegmentationModel:
    """Return a model that has learned three steps."""
    task = train_task([sample], SETTINGS, scheme=SCHEME, network=NETWORK)
    return drain(task).model


class OneBatch:
    """Gives the same patches at every step."""

    drawn = ("a", "b")
    replay = None

    def __init__(self, images: Tensor, labels: Tensor) -> None:
        self.images, self.labels = images, labels

    def batch(self, _count: int) -> tuple[Tensor, Tensor]:
        """Return images and labels."""
        return self.images, self.labels


def test_the_loss_is_the_mean_of_those_of_all_heads(model: SegmentationModel) -> None:
    torch.manual_seed(0)
    images, truth = torch.rand(2, 3, 32, 32), torch.randint(1, 4, (2, 32, 32))
    before = deepcopy(model.network).train()
    losses = [
        segmentation_loss(maps, truth, SETTINGS.loss)
        for maps in before.forward_all(images)
    ]
    learner = Learner(
        model.network,
        cast("PatchSampler", OneBatch(images, truth)),
        SETTINGS,
        compute=choose_compute("cpu", "fp32"),
        steps=1,
    )

    assert len(losses) == 3
    assert learner.step() == pytest.approx(float(sum(losses).detach()) / 3, rel=1e-5)


def test_every_head_learns(sample: Sample, model: SegmentationModel) -> None:
    heads = [f"layers.{name}.weight" for name in model.network.graph.outputs]
    still = TrainSettings(**SETTINGS.to_dict() | {"steps": 1, "rate": 1e-6})
    start = drain(train_task([sample], still, scheme=SCHEME, network=NETWORK)).model
    first, learned = start.network.state_dict(), model.network.state_dict()

    assert len(heads) == 3
    for head in heads:
        assert (first[head] - learned[head]).abs().max() > 1e-4


def test_the_prediction_is_that_of_the_deepest_net_alone(
    sample: Sample, model: SegmentationModel
) -> None:
    expected = drain(predict_task(model, sample.image, CPU)).probabilities
    for name in model.network.graph.outputs[1:]:
        torch.nn.init.constant_(model.network.layers[name].weight, 9.0)
    found = drain(predict_task(model, sample.image, CPU)).probabilities

    np.testing.assert_array_equal(found, expected)
    torch.nn.init.constant_(
        model.network.layers[model.network.graph.outputs[0]].weight, 9.0
    )
    changed = drain(predict_task(model, sample.image, CPU)).probabilities
    assert not np.array_equal(changed, expected)


def test_the_file_holds_all_heads_and_training_goes_on_from_it(
    sample: Sample, model: SegmentationModel, tmp_path: Path
) -> None:
    opened = load_model(model.save(tmp_path / "deep"))
    image = torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        pairs = zip(
            opened.network.forward_all(image),
            model.network.forward_all(image),
            strict=True,
        )
        assert all(torch.equal(one, two) for one, two in pairs)
    more = drain(train_task([sample], SETTINGS, start=opened)).model

    assert opened.digest() == model.digest() != more.digest()
    assert opened.spec.arguments == NETWORK.to_dict()
    assert more.network.graph == model.network.graph
