"""Stride, halo and margins follow from the layers alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from imageseg.architectures import (
    Builder,
    Graph,
    encoder_nodes,
    measure_reach,
    write_graph,
)
from imageseg.architectures.reach import Reach
from imageseg.errors import ModelFormatError


def chain(*layers: tuple[str, dict[str, Any]], channels: int = 1) -> Graph:
    g = Builder(channels)
    x = g.input
    for op, arguments in layers:
        x = g.add(op, x, **arguments)
    return g.graph(x)


def conv(kernel: int, **arguments: Any) -> tuple[str, dict[str, Any]]:
    return "conv", {"filters": 1, "kernel": kernel} | arguments


UP = ("upsample", {"factor": 2})
UP_SMOOTH = ("upsample", {"factor": 2, "mode": "bilinear"})
POOL = ("max_pool", {"size": 2})


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        pytest.param([conv(1)], (1, 0), id="a pixel alone"),
        pytest.param([conv(3)], (1, 1), id="3×3"),
        pytest.param([conv(2)], (1, 1), id="2×2 looks one ahead"),
        pytest.param([conv(3, dilation=4)], (1, 4), id="dilated"),
        pytest.param([conv(3), conv(5)], (1, 3), id="two layers add up"),
        pytest.param([POOL, UP], (2, 2), id="the other pixel of a pair"),
        pytest.param([POOL, conv(3), UP], (2, 4), id="3 pixels rounded up"),
        pytest.param([POOL, UP_SMOOTH], (2, 2), id="bilinear: the pair beside"),
        pytest.param([UP, POOL], (1, 0), id="finer and back"),
        pytest.param([POOL, ("max_pool", {"size": 3}), UP, ("upsample", {"factor": 3})],
                     (6, 6), id="blocks of six"),
    ],
)  # fmt: skip
def test_stride_and_halo_are_those_found_by_hand(
    layers: list[Any], expected: tuple[int, int]
) -> None:
    assert measure_reach(chain(*layers)) == Reach(*expected, ((0, 0), (0, 0)))


def test_layers_without_padding_need_a_margin() -> None:
    unpadded = [conv(3, padding="valid"), conv(3, padding="valid")]

    assert measure_reach(chain(*unpadded)) == Reach(1, 2, ((2, 2), (2, 2)))


def test_the_u_net_without_padding_needs_that_of_its_publication() -> None:
    """572 pixels become 388: 92 a side; 4 more to pool a multiple of 16 evenly."""
    reach = measure_reach(write_graph("vanilla", 1, 1, {}))

    assert reach.stride == 16
    assert reach.margins == ((92, 96), (92, 96))


def test_axes_may_differ() -> None:
    g = Builder(1)
    x = g.add("max_pool", g.input, size=[2, 3])
    graph = g.graph(g.add("upsample", x, factor=[2, 3]))

    assert measure_reach(graph).stride == 6


def test_a_crop_of_fixed_size_is_met_by_a_margin_that_fits() -> None:
    g = Builder(1)
    low = g.add("conv", g.input, filters=1, kernel=5, padding="valid")
    low = g.add("max_pool", low, size=2)
    low = g.add("upsample", low, factor=2)
    high = g.add("crop", g.input, sides=[[2, 2], [2, 2]])
    graph = g.graph(g.add("concat", low, high))

    assert measure_reach(graph).margins == ((2, 2), (2, 2))


def test_tiles_need_nothing_around_them() -> None:
    assert measure_reach(write_graph("tile1", 3, 1, {})) == Reach(50, 0, ((0, 0),) * 2)


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        pytest.param(
            lambda: chain(("global_average_pool", {})), "whole images", id="global"
        ),
        pytest.param(lambda: chain(POOL), "another scale", id="half size"),
        pytest.param(lambda: chain(UP), "another scale", id="double size"),
    ],
)
def test_what_cannot_be_tiled_is_refused(
    graph: Callable[[], Graph], message: str
) -> None:
    with pytest.raises(ModelFormatError, match=message):
        measure_reach(graph())


@pytest.mark.parametrize("name", ["unet", "unetpp", "custom", "habitatnet"])
def test_the_encoder_is_everything_up_to_the_deepest_level(name: str) -> None:
    graph = write_graph(name, 3, 1, {})
    encoder = encoder_nodes(graph)
    by_name = {node.name: node for node in graph.nodes}
    ops = [by_name[node].op for node in encoder]

    assert ops.count("max_pool") == 4
    assert not {"conv_transpose", "concat", "upsample"} & set(ops)
    rest = [node for node in graph.nodes if node.name not in encoder]
    assert all(node.op != "max_pool" for node in rest)
    assert all(node.inputs for node in rest)


@pytest.mark.parametrize("graph", [chain(conv(3)), write_graph("tile2", 3, 1, {})])
def test_a_network_without_levels_has_no_encoder(graph: Graph) -> None:
    assert encoder_nodes(graph) == ()
