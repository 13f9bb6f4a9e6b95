"""Networks have as many layers and parameters as their originals in Keras."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from imageseg.architectures import (
    ARCHITECTURES,
    Builder,
    count_parameters,
    layer_rows,
    write_graph,
)
from imageseg.networks import GraphNetwork
from imageseg.networks import count_parameters as count_in_torch

OLD = {"decoder": "upsample"}
BARE = {"batch_normalization": False}
SHIPPED = {"compat": True}

# Keras' own counts: name, channels, maps, arguments, total, trainable.
COUNTS: list[tuple[str, int, int, dict[str, Any], int, int]] = [
    ("unet", 3, 1, {}, 1_946_993, 1_944_049),
    ("unet", 1, 1, {}, 1_946_705, 1_943_761),
    ("unet", 3, 3, {}, 1_947_027, 1_944_083),
    ("unet", 3, 1, BARE, 1_941_105, 1_941_105),
    ("unet", 3, 1, {"layers_per_block": 3}, 2_932_177, 2_927_761),
    ("unet", 3, 1, {"blocks": 3}, 484_849, 483_441),
    ("unet", 3, 1, {"blocks": 5}, 7_787_633, 7_781_617),
    ("unet", 3, 1, {"filters": 32}, 7_771_873, 7_765_985),
    ("unet", 1, 1, {"filters": 32}, 7_771_297, 7_765_409),
    ("unet", 3, 3, {"filters": 32, "dropout": 0.05}, 7_771_939, 7_766_051),
    ("unet", 3, 1, {"filters": 32, "layers_per_block": 3}, 11_705_249, 11_696_417),
    ("unet", 3, 1, {"filters": 64}, 31_055_297, 31_043_521),
    ("unet", 3, 1, {"filters": 64} | BARE, 31_031_745, 31_031_745),
    ("unet", 3, 1, OLD, 1_968_513, 1_965_569),
    ("unet", 3, 1, OLD | {"filters": 32}, 7_858_433, 7_852_545),
    ("unetpp", 3, 1, {"blocks": 1} | SHIPPED, 21_761, 21_537),
    ("unetpp", 3, 1, {"blocks": 1}, 26_433, 26_177),
    ("unetpp", 3, 1, {"blocks": 2} | SHIPPED, 105_617, 105_041),
    ("unetpp", 3, 1, {"blocks": 2}, 131_233, 130_529),
    ("unetpp", 3, 1, {"blocks": 3} | SHIPPED, 457_729, 456_417),
    ("unetpp", 3, 1, {"blocks": 3}, 562_177, 560_513),
    ("unetpp", 3, 1, SHIPPED, 1_899_313, 1_896_497),
    ("unetpp", 3, 1, {}, 2_297_441, 2_293_793),
    ("unetpp", 3, 3, {"filters": 32, "blocks": 3} | SHIPPED, 1_823_747, 1_821_123),
    ("unetpp", 3, 3, {"filters": 32, "blocks": 3}, 2_239_555, 2_236_227),
    ("unetpp", 3, 1, {"filters": 32} | SHIPPED, 7_581_793, 7_576_161),
    ("unetpp", 3, 1, {"filters": 32}, 9_170_625, 9_163_329),
    ("classic", 3, 1, {}, 31_031_745, 31_031_745),
    ("lab10", 3, 6, {}, 1_941_190, 1_941_190),
    ("platypus", 3, 1, {}, 2_164_610, 2_161_666),
    ("vanilla", 1, 1, {}, 31_030_593, 31_030_593),
    ("vanilla", 3, 1, {}, 31_031_745, 31_031_745),
    ("custom", 3, 1, {}, 1_945_521, 1_942_577),
    ("custom", 3, 1, {"attention": True}, 1_989_765, 1_986_821),
    ("custom", 3, 1, OLD, 1_967_041, 1_964_097),
    ("custom", 3, 3, {}, 1_945_555, 1_942_611),
    ("custom", 1, 1, {"filters": 64, "dropout": 0.2} | BARE, 31_030_593, 31_030_593),
    ("custom", 3, 1, {"filters": 32}, 7_768_929, 7_763_041),
    ("satellite", 3, 1, {}, 1_617_441, 1_612_513),
    ("habitatnet", 3, 1, {}, 14_431_905, 14_424_161),
    ("unet3d", 1, 1, {}, 5_649_329, 5_646_385),
    ("tile1", 3, 1, {}, 231_802, 231_802),
    ("tile2", 3, 1, {}, 27_002, 27_002),
    ("tile3", 3, 1, {}, 11_032, 11_032),
    ("zhixuhao", 1, 1, {}, 31_031_685, 31_031_685),
]


@pytest.mark.parametrize(
    ("name", "channels", "outputs", "arguments", "total", "trainable"), COUNTS
)
def test_a_network_has_as_many_parameters_as_in_keras(
    name: str,
    channels: int,
    outputs: int,
    arguments: dict[str, Any],
    total: int,
    trainable: int,
) -> None:
    graph = write_graph(name, channels, outputs, arguments)
    with torch.device("meta"):  # counted, not computed
        network = GraphNetwork(graph)

    assert count_parameters(graph) == (total, trainable)
    assert count_in_torch(network) == (total, trainable)


def platypus_layers(blocks: int, *, normalised: bool) -> int:
    """Return what platypus' own tests expect."""
    if normalised:
        return 1 + 8 * blocks + 6 + 9 * blocks + 1
    return 1 + 6 * blocks + 4 + 7 * blocks + 1


@pytest.mark.parametrize(
    ("name", "arguments", "layers"),
    [
        ("classic", {}, 33),
        ("satellite", {}, 75),
        ("unet", {}, platypus_layers(4, normalised=True) - 2 * 4),  # no dropout
    ],
)
def test_a_network_has_as_many_layers_as_in_keras(
    name: str, arguments: dict[str, Any], layers: int
) -> None:
    assert len(layer_rows(write_graph(name, 3, 1, arguments))) == layers


@pytest.mark.parametrize("blocks", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("normalised", [True, False])
def test_platypus_has_as_many_layers_as_its_own_tests_expect(
    blocks: int, *, normalised: bool
) -> None:
    arguments = {"blocks": blocks, "batch_normalization": normalised}
    rows = layer_rows(write_graph("platypus", 3, 1, arguments))

    assert len(rows) == platypus_layers(blocks, normalised=normalised)


@pytest.mark.parametrize(("blocks", "heads"), [(1, 0), (2, 1), (3, 2), (4, 3)])
def test_every_shallower_net_of_a_u_net_plus_plus_has_a_head_of_its_own(
    blocks: int, heads: int
) -> None:
    """A head is a 1×1 convolution of the 16 maps of the first row into 3 classes."""
    plain, deep = (
        count_parameters(
            write_graph("unetpp", 3, 3, {"blocks": blocks, "deep_supervision": on})
        )
        for on in (False, True)
    )

    assert [a - b for a, b in zip(deep, plain, strict=True)] == [
        heads * (16 * 3 + 3)
    ] * 2


@pytest.mark.parametrize(
    ("upwards", "expected"),
    [(False, [0.1, 0.3, 0.5]), (True, [0.1, 0.3, 0.5, 0.3, 0.1])],
)
@pytest.mark.parametrize("kind", ["spatial", "standard"])
def test_dropout_of_keras_unet_grows_with_the_level(
    kind: str, expected: list[float], *, upwards: bool
) -> None:
    arguments = {
        "blocks": 2,
        "dropout": 0.1,
        "dropout_change": 0.2,
        "dropout_on_upsampling": upwards,
        "dropout_type": kind,
    }
    graph = write_graph("custom", 3, 1, arguments)
    op = "spatial_dropout" if kind == "spatial" else "dropout"
    rates = [node.arguments["rate"] for node in graph.nodes if node.op == op]

    assert rates == pytest.approx(expected)


def kinds(name: str) -> list[str]:
    return [row.kind for row in layer_rows(write_graph(name, 3, 1, {}))]


def test_habitat_net_has_its_uneven_levels() -> None:
    found = kinds("habitatnet")

    assert found.count("Conv2D") == 33
    assert found.count("BatchNormalization") == 24
    assert found.count("Conv2DTranspose") == 4


def test_the_table_of_the_classic_network_is_that_of_its_publication() -> None:
    rows = {
        row.name: row
        for row in layer_rows(write_graph("classic", 3, 1, {}), (128, 128))
    }

    assert rows["conv_0"].parameters == 1_792
    assert rows["conv_0"].shape == (128, 128, 64)
    assert rows["conv_9"].parameters == 9_438_208
    assert rows["conv_9"].shape == (8, 8, 1024)
    assert rows["conv_transpose_0"].parameters == 2_097_664
    assert rows["conv_transpose_0"].shape == (16, 16, 512)
    assert rows["concat_0"].inputs == ("conv_7", "conv_transpose_0")
    assert rows["conv_18"].parameters == 65
    assert rows["conv_18"].shape == (128, 128, 1)
    assert [row.kind for row in list(rows.values())[:4]] == [
        "InputLayer",
        "Conv2D",
        "Conv2D",
        "MaxPooling2D",
    ]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_table_without_a_size_shows_a_usual_image(name: str) -> None:
    graph = write_graph(name, 3, 2, {})
    *sides, maps = layer_rows(graph)[-1].shape
    usual = {"tile1": [], "tile2": [], "tile3": [], "unet3d": [32] * 3}

    assert maps == 2
    # Layers without padding give 4 more: the smallest size that pools evenly.
    assert sides == usual.get(name, [260] * 2 if name == "vanilla" else [256] * 2)


def test_layers_beyond_the_common_ones_are_counted_by_hand() -> None:
    g = Builder(4)
    x = g.add("conv", g.input, filters=6, kernel=[3, 5], groups=2, bias=False)
    x = g.add("batch_norm", x, scale=False)
    x = g.add("batch_norm", x, center=False, scale=False)
    x = g.add("global_average_pool", x)
    graph = g.graph(g.add("dense", x, units=3))

    counted = [(row.parameters, row.trainable) for row in layer_rows(graph, (9, 9))]
    assert counted == [(0, 0), (180, 180), (18, 6), (12, 0), (0, 0), (21, 21)]
