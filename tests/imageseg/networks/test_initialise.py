"""Kernels start as Keras draws them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from imageseg.errors import ModelFormatError
from imageseg.networks import GraphNetwork, build_network
from imageseg.networks.initialise import fill

CUT = 2 / 0.8796  # two sigma of the normal before it is cut, in standard deviations


@pytest.mark.parametrize(
    ("name", "variance", "bound"),
    [
        ("he_normal", lambda i, _o: 2 / i, CUT),
        ("he_uniform", lambda i, _o: 2 / i, 3**0.5),
        ("glorot_normal", lambda i, o: 2 / (i + o), CUT),
        ("glorot_uniform", lambda i, o: 2 / (i + o), 3**0.5),
        ("lecun_normal", lambda i, _o: 1 / i, CUT),
        ("lecun_uniform", lambda i, _o: 1 / i, 3**0.5),
    ],
)
@pytest.mark.parametrize("shape", [(64, 32, 3, 3), (16, 24, 3, 3, 3), (200, 100)])
def test_values_have_the_spread_and_bounds_of_keras(
    name: str,
    variance: Callable[[int, int], float],
    bound: float,
    shape: tuple[int, ...],
) -> None:
    torch.manual_seed(0)
    kernel = torch.empty(shape)
    fill(kernel, name)
    area = kernel[0, 0].numel()
    std = variance(shape[1] * area, shape[0] * area) ** 0.5

    assert kernel.std().item() == pytest.approx(std, rel=0.03)
    assert kernel.mean().item() == pytest.approx(0, abs=0.03 * std)
    assert 0.98 * bound * std <= kernel.abs().max().item() <= 1.001 * bound * std


@pytest.mark.parametrize("name", ["zeros", "he", "he_cauchy", "normal_he"])
def test_an_unknown_initialiser_is_refused(name: str) -> None:
    with pytest.raises(ModelFormatError, match="initialiser"):
        fill(torch.empty(2, 2), name)


def spread(weight: Tensor) -> float:
    return float(weight.detach().std())


def unet(**arguments: object) -> GraphNetwork:
    torch.manual_seed(0)
    return build_network("unet", 3, 64, {"filters": 64, "blocks": 1} | arguments)


@pytest.mark.parametrize("name", ["he_normal", "glorot_uniform"])
def test_the_initialiser_asked_for_fills_the_inner_kernels(name: str) -> None:
    network = unet(kernel_initializer=name)
    inner = network.layers["conv_1"].weight  # 3×3, 64 to 64
    fan = 9 * 64

    assert spread(inner) == pytest.approx(
        (1 / fan) ** 0.5 * (2**0.5 if name[0] == "h" else 1), rel=0.03
    )


@pytest.mark.parametrize("name", ["unet", "classic", "vanilla", "unetpp", "lab10"])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_first_convolution_starts_with_the_spread_of_its_fan_in(
    name: str, channels: int
) -> None:
    torch.manual_seed(0)
    network = build_network(name, channels, 1, {"filters": 64, "blocks": 1})

    assert spread(network.layers["conv_0"].weight) == pytest.approx(
        (2 / (9 * channels)) ** 0.5, rel=0.06
    )


def test_transposed_and_last_convolutions_start_by_glorot_whatever_is_asked() -> None:
    network = unet(kernel_initializer="he_normal")
    transposed = network.layers["conv_transpose_0"].weight  # 2×2, 128 to 64
    head = network.layers["conv_6"].weight  # 1×1, 64 to 64

    assert spread(transposed) == pytest.approx((2 / (4 * 192)) ** 0.5, rel=0.03)
    assert spread(head) == pytest.approx((2 / 128) ** 0.5, rel=0.03)


def test_every_bias_starts_at_zero() -> None:
    layers = [
        m for m in unet().modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)
    ]

    assert all(m.bias is not None and not m.bias.any() for m in layers)
