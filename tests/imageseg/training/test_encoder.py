"""A new ResNet may begin with weights that learned elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from imageseg.architectures import encoder_nodes, write_graph
from imageseg.architectures.resnet import ResNetSettings
from imageseg.classes import ClassScheme
from imageseg.errors import SettingsError
from imageseg.model import SegmentationModel
from imageseg.networks import GraphNetwork
from imageseg.settings import Checked, TrainSettings, UNetSettings
from imageseg.tasks import drain
from imageseg.training import Sample, train_task

SCHEME = ClassScheme.from_names(["left", "right"])
QUICK = TrainSettings(
    epochs=1, steps=1, batch=1, patch=64, validation=0.0, device="cpu", precision="fp32"
)
SMALL = ResNetSettings(filters=2)


@pytest.fixture
def sample(rng: np.random.Generator) -> Sample:
    labels = np.ones((60, 70), np.uint8)
    labels[:, 35:] = 2
    return Sample(rng.integers(0, 256, (60, 70, 3), dtype=np.uint8), labels, "halves")


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    """Write down random weights under torchvision's names."""
    graph = write_graph("resnet", 3, 1, SMALL.to_dict())
    state = GraphNetwork(graph).state_dict()
    weights = {}
    for name in encoder_nodes(graph):
        prefix = f"layers.{name.replace('.', '_')}."
        for key, tensor in state.items():
            if key.startswith(prefix) and tensor.ndim:
                weights[f"{name}.{key.removeprefix(prefix)}"] = torch.rand_like(tensor)
    save_file(weights, tmp_path / "mine.safetensors")
    return tmp_path / "mine.safetensors"


def learned(sample: Sample, settings: TrainSettings, **how: Any) -> SegmentationModel:
    return drain(train_task([sample], settings, scheme=SCHEME, **how)).model


def test_a_frozen_encoder_is_the_file_s_after_training(
    sample: Sample, encoder: Path
) -> None:
    settings = TrainSettings(**QUICK.to_dict() | {"freeze": "encoder", "averaging": 0})
    model = learned(sample, settings, network=SMALL, encoder=encoder)
    given, state = load_file(encoder), model.network.state_dict()

    for mine, theirs in {
        "layers.layer4_0_conv2.weight": "layer4.0.conv2.weight",
        "layers.bn1.running_mean": "bn1.running_mean",
    }.items():
        torch.testing.assert_close(state[mine], given[theirs], rtol=0, atol=0)
    assert model.spec.provenance["parent"]["name"] == "mine.safetensors"


@pytest.mark.parametrize("network", [None, UNetSettings()])
def test_other_networks_are_given_none(
    network: Checked | None, sample: Sample, encoder: Path
) -> None:
    with pytest.raises(SettingsError, match="network resnet"):
        learned(sample, QUICK, network=network, encoder=encoder)


def test_a_start_model_has_an_encoder_already(sample: Sample, encoder: Path) -> None:
    start = learned(sample, QUICK, network=SMALL)

    with pytest.raises(SettingsError, match="without a start model"):
        learned(sample, QUICK, start=start, network=SMALL, encoder=encoder)
