"""Networks are built by name."""

from __future__ import annotations

import pytest
from torch import nn

from imageseg.errors import ModelFormatError, SettingsError
from imageseg.networks import NETWORKS, UNet, build_network, count_parameters
from imageseg.networks.table import as_network


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_says_what_tiles_need(name: str) -> None:
    network = as_network(build_network(name, 3, 1, {}))

    assert network.stride >= 1
    assert network.halo % network.stride == 0


def test_arguments_reach_the_network() -> None:
    network = build_network("unet", 2, 5, {"filters": 3, "blocks": 1})

    assert isinstance(network, UNet)
    assert network.settings.filters == 3
    assert network.head.out_channels == 5


def test_an_unknown_architecture_lists_the_known_ones() -> None:
    with pytest.raises(ModelFormatError, match=r"'resnet' is unknown.*unet"):
        build_network("resnet", 3, 1, {})


def test_an_unknown_argument_is_a_format_error() -> None:
    with pytest.raises(ModelFormatError, match=r"'unet'.*width"):
        build_network("unet", 3, 1, {"width": 3})


def test_an_argument_out_of_range_is_a_settings_error() -> None:
    with pytest.raises(SettingsError, match="filters"):
        build_network("unet", 3, 1, {"filters": 0})


def test_parameters_are_counted_as_in_keras() -> None:
    module = nn.Sequential(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5))

    trainable = 3 * 5 * 9 + 5 + 2 * 5
    assert count_parameters(module) == (trainable + 2 * 5, trainable)
