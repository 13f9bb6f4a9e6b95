"""The U-Net is that of imageseg, number for number."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from imageseg.errors import SettingsError
from imageseg.networks import UNet, count_parameters
from imageseg.settings import UNetSettings

OLD: dict[str, Any] = {"decoder": "upsample"}


def unet(channels: int = 3, outputs: int = 1, **arguments: Any) -> UNet:
    torch.manual_seed(0)
    return UNet(channels, outputs, UNetSettings(**arguments))


@pytest.mark.parametrize(
    ("channels", "outputs", "arguments", "total", "trainable"),
    [
        (3, 1, {}, 1_946_993, 1_944_049),
        (1, 1, {}, 1_946_705, 1_943_761),
        (3, 3, {}, 1_947_027, 1_944_083),
        (3, 1, {"batch_normalization": False}, 1_941_105, 1_941_105),
        (3, 1, {"layers_per_block": 3}, 2_932_177, 2_927_761),
        (3, 1, {"blocks": 3}, 484_849, 483_441),
        (3, 1, {"blocks": 5}, 7_787_633, 7_781_617),
        (3, 1, {"filters": 32}, 7_771_873, 7_765_985),
        (1, 1, {"filters": 32}, 7_771_297, 7_765_409),
        (3, 3, {"filters": 32, "dropout": 0.05}, 7_771_939, 7_766_051),
        (3, 1, {"filters": 32, "layers_per_block": 3}, 11_705_249, 11_696_417),
        (3, 1, {"filters": 64}, 31_055_297, 31_043_521),
        (3, 1, {"filters": 64, "batch_normalization": False}, 31_031_745, 31_031_745),
        (3, 1, OLD, 1_968_513, 1_965_569),
        (3, 1, OLD | {"filters": 32}, 7_858_433, 7_852_545),
    ],
)
def test_it_has_as_many_parameters_as_in_keras(
    channels: int, outputs: int, arguments: dict[str, Any], total: int, trainable: int
) -> None:
    with torch.device("meta"):  # counted, not computed
        network = UNet(channels, outputs, UNetSettings(**arguments))

    assert count_parameters(network) == (total, trainable)


@pytest.mark.parametrize("decoder", ["transpose", "upsample"])
@pytest.mark.parametrize("layers", [2, 3])
@pytest.mark.parametrize("blocks", [1, 3])
@pytest.mark.parametrize("outputs", [1, 4])
def test_it_gives_a_map_as_large_as_the_image(
    decoder: str, layers: int, blocks: int, outputs: int
) -> None:
    network = unet(
        2, outputs, filters=2, blocks=blocks, layers_per_block=layers, decoder=decoder
    )

    assert network.stride == 2**blocks
    logits = network(torch.rand(2, 2, 3 * network.stride, 2 * network.stride))

    assert logits.shape == (2, outputs, 3 * network.stride, 2 * network.stride)


def reach(network: UNet) -> int:
    """Measure how far from a pixel an input can change it, over the whole grid."""
    for parameter in network.parameters():
        nn.init.constant_(parameter, 0.02)  # nothing cancels, every path is alive
    network.pool = nn.AvgPool2d(2)  # the largest of four hides the other three
    network.eval().double()
    side = 2 * network.halo + 3 * network.stride
    centre = network.halo + network.stride
    farthest = 0
    for offset in range(network.stride):
        at = centre + offset
        image = torch.ones(1, 1, side, side, dtype=torch.double, requires_grad=True)
        network(image)[0, 0, at, at].backward()
        grad = image.grad
        assert grad is not None
        rows, columns = grad[0, 0].nonzero(as_tuple=True)
        for found in rows, columns:
            farthest = max(farthest, at - int(found.min()), int(found.max()) - at)
    return farthest


@pytest.mark.parametrize("decoder", ["transpose", "upsample"])
@pytest.mark.parametrize(
    ("blocks", "layers"), [(1, 2), (1, 3), (2, 2), (2, 3), (3, 2), (3, 3)]
)
def test_the_halo_is_as_far_as_pixels_reach_rounded_up_to_the_stride(
    blocks: int, layers: int, decoder: str
) -> None:
    network = unet(
        1,
        filters=1,
        blocks=blocks,
        layers_per_block=layers,
        decoder=decoder,
        batch_normalization=False,
    )
    farthest = reach(network)

    assert network.halo % network.stride == 0
    assert farthest <= network.halo < farthest + network.stride


@pytest.mark.parametrize("blocks", [4, 5])
def test_a_change_beyond_the_halo_changes_nothing(blocks: int) -> None:
    network = unet(1, filters=4, blocks=blocks).eval()
    halo, stride = network.halo, network.stride
    image = torch.rand(1, 1, stride, 2 * halo + 2 * stride)
    changed = image.clone()
    changed[..., :stride] += 1
    with torch.no_grad():
        difference = (network(changed) - network(image)).abs()

    assert difference[..., :stride].max() > 0
    assert difference[..., stride + halo :].max() == 0


def kernels(network: nn.Module, kind: type[nn.Module], size: int) -> list[Tensor]:
    return [
        m.weight
        for m in network.modules()
        if isinstance(m, kind) and m.weight.shape[-1] == size  # type: ignore[union-attr, operator]
    ]


def fans(kernel: Tensor) -> tuple[int, int]:
    area = kernel.shape[2] * kernel.shape[3]
    return kernel.shape[1] * area, kernel.shape[0] * area


@pytest.mark.parametrize(
    ("name", "variance", "bound"),
    [
        ("he_normal", lambda i, _o: 2 / i, 2 / 0.8796),
        ("he_uniform", lambda i, _o: 2 / i, 3**0.5),
        ("glorot_normal", lambda i, o: 2 / (i + o), 2 / 0.8796),
        ("glorot_uniform", lambda i, o: 2 / (i + o), 3**0.5),
    ],
)
def test_kernels_start_as_keras_draws_them(
    name: str, variance: Any, bound: float
) -> None:
    network = unet(kernel_initializer=name, blocks=2, filters=32)
    large = [k for k in kernels(network, nn.Conv2d, 3) if k.numel() > 10_000]

    assert len(large) > 5
    for kernel in large:
        std = variance(*fans(kernel)) ** 0.5
        assert kernel.std().item() == pytest.approx(std, rel=0.03)
        assert kernel.mean().item() == pytest.approx(0, abs=0.03 * std)
        assert kernel.abs().max().item() <= bound * std * 1.001
        assert kernel.abs().max().item() >= bound * std * 0.98


def test_transposed_and_last_convolutions_start_by_glorot_whatever_is_asked() -> None:
    network = unet(3, 64, filters=64, blocks=2)
    found = [*kernels(network, nn.ConvTranspose2d, 2), *kernels(network, nn.Conv2d, 1)]

    assert len(found) == 3
    for kernel in found:
        limit = (6 / sum(fans(kernel))) ** 0.5
        assert kernel.abs().max().item() == pytest.approx(limit, rel=0.01)
        assert kernel.std().item() == pytest.approx(limit / 3**0.5, rel=0.03)


def test_every_bias_starts_at_zero() -> None:
    network = unet()
    layers = [
        m for m in network.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)
    ]

    assert all(m.bias is not None and not m.bias.any() for m in layers)


def test_batch_normalisation_is_that_of_keras() -> None:
    network = unet(blocks=2)
    found = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]

    assert len(found) == 2 * (2 * 2 + 1)
    assert {(m.eps, m.momentum) for m in found} == {(1e-3, 0.01)}


def test_convolution_comes_before_normalisation_and_rectifier() -> None:
    kinds = [type(m) for m in unet().encoder[0]]  # type: ignore[union-attr, arg-type]

    assert kinds == [nn.Conv2d, nn.BatchNorm2d, nn.ReLU] * 2


@pytest.mark.parametrize(
    ("decoder", "layers", "skip_first"),
    [
        ("transpose", 2, False),
        ("transpose", 3, False),
        ("upsample", 2, True),
        ("upsample", 3, False),
    ],
)
def test_skips_are_joined_in_the_order_of_the_version(
    decoder: str, layers: int, *, skip_first: bool
) -> None:
    network = unet(filters=4, blocks=1, decoder=decoder, layers_per_block=layers)
    seen: dict[str, Tensor] = {}

    def keep(name: str, module: nn.Module, *, given: bool) -> None:
        module.register_forward_hook(
            lambda _m, inputs, output: seen.update(
                {name: inputs[0].clone() if given else output.clone()}
            )
        )

    keep("skip", network.encoder[0], given=False)
    keep("up", network.up[0], given=False)
    keep("joined", network.decoder[0], given=True)
    network(torch.rand(1, 3, 8, 8))

    order = [seen["skip"], seen["up"]] if skip_first else [seen["up"], seen["skip"]]
    assert torch.equal(seen["joined"], torch.cat(order, 1))


def test_dropout_acts_only_while_learning() -> None:
    network = unet(filters=4, blocks=1, dropout=0.5, batch_normalization=False)
    image = torch.rand(1, 3, 8, 8)

    assert not torch.equal(network(image), network(image))
    network.eval()
    assert torch.equal(network(image), network(image))
    assert network.dropout.p == 0.5


def test_without_dropout_learning_is_repeatable() -> None:
    network = unet(filters=4, blocks=1)
    image = torch.rand(1, 3, 8, 8)

    assert torch.equal(network(image), network(image))


def test_it_computes_what_its_graph_says() -> None:
    network = unet(filters=2, blocks=1).eval()
    image = torch.rand(1, 3, 6, 10)
    with torch.no_grad():
        skip = network.encoder[0](image)
        bottom = network.encoder[1](nn.functional.max_pool2d(skip, 2))
        joined = torch.cat([network.up[0](bottom), skip], 1)
        expected = network.head(network.decoder[0](joined))

        assert torch.equal(network(image), expected)


def test_every_parameter_learns() -> None:
    for decoder, normalised in itertools.product(
        ["transpose", "upsample"], [True, False]
    ):
        network = unet(filters=4, decoder=decoder, batch_normalization=normalised)
        network(torch.rand(2, 3, 32, 32)).square().sum().backward()

        assert all(p.grad is not None for p in network.parameters())


@pytest.mark.parametrize(
    "arguments",
    [
        {"layers_per_block": 1},
        {"layers_per_block": 4},
        {"blocks": 0},
        {"filters": 0},
        {"dropout": 1.0},
        {"kernel_initializer": "zeros"},
        {"decoder": "bilinear"},
    ],
)
def test_arguments_out_of_range_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=next(iter(arguments))):
        unet(**arguments)
