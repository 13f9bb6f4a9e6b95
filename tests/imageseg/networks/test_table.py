"""Networks are built by name."""

from __future__ import annotations

import pytest
from torch import nn

from imageseg.architectures import ARCHITECTURES
from imageseg.errors import ModelFormatError, SettingsError
from imageseg.networks import build_network, count_parameters
from imageseg.networks.table import as_network

SMALL = {
    "zhixuhao": {"filters": 2},
    "classic": {"filters": 2},
    "vanilla": {"filters": 2},
    "resnet": {"filters": 2},
}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_network_says_what_tiles_need(name: str) -> None:
    network = as_network(build_network(name, 3, 1, SMALL.get(name, {})))

    assert network.stride >= 1
    assert network.halo % network.stride == 0


def test_arguments_reach_the_network() -> None:
    network = build_network("unet", 2, 5, {"filters": 3, "blocks": 1})
    first = network.layers["conv_0"]

    assert isinstance(first, nn.Conv2d)
    assert (first.in_channels, first.out_channels) == (2, 3)
    assert network.graph.maps == 5


def test_a_wrong_name_or_argument_is_refused() -> None:
    with pytest.raises(ModelFormatError, match="unknown"):
        build_network("vgg", 3, 1, {})
    with pytest.raises(SettingsError, match="filters"):
        build_network("unet", 3, 1, {"filters": 0})


def test_parameters_are_counted_as_in_keras() -> None:
    module = nn.Sequential(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5))

    trainable = 3 * 5 * 9 + 5 + 2 * 5
    assert count_parameters(module) == (trainable + 2 * 5, trainable)
