"""One module runs every graph, exactly, in tiles as at once."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from imageseg.architectures import ARCHITECTURES, Builder, Graph, write_graph
from imageseg.errors import ModelFormatError
from imageseg.inference import tile_grid
from imageseg.networks import GraphNetwork

OLD = {"decoder": "upsample"}
TINY: dict[str, tuple[str, dict[str, Any]]] = {
    "unet": ("unet", {"filters": 2, "blocks": 2}),
    "unet, old": ("unet", {"filters": 2, "blocks": 2} | OLD),
    "unet, three layers": ("unet", {"filters": 2, "blocks": 1, "layers_per_block": 3}),
    "unetpp": ("unetpp", {"filters": 2, "blocks": 2, "deep_supervision": True}),
    "unetpp, as shipped": ("unetpp", {"filters": 2, "blocks": 2, "compat": True}),
    "custom": ("custom", {"filters": 2, "blocks": 2, "activation": "elu"}),
    "custom, gates": ("custom", {"filters": 2, "blocks": 2, "attention": True}),
    "custom, plain gates": (
        "custom",
        {"filters": 2, "blocks": 2, "attention": True} | OLD,
    ),
    "classic": ("classic", {"filters": 2, "blocks": 2}),
    "vanilla": ("vanilla", {"filters": 2, "blocks": 2}),
    "satellite": ("satellite", {"filters": 2, "blocks": 1}),
    "habitatnet": ("habitatnet", {"filters": 1}),
    "platypus": ("platypus", {"filters": 2, "blocks": 2}),
    "lab10": ("lab10", {"filters": 2, "blocks": 2}),
    "zhixuhao": ("zhixuhao", {"filters": 1}),
    "resnet": ("resnet", {"filters": 2}),
    "tile1": ("tile1", {"filters": 2, "side": 8}),
    "tile2": ("tile2", {"filters": 2, "side": 10}),
    "tile3": ("tile3", {"filters": 2, "side": 9}),
}
MAPS = [name for name in TINY if not name.startswith("tile")]


def build(graph: Graph) -> GraphNetwork:
    """Build with random weights and statistics, in double precision."""
    torch.manual_seed(0)
    network = GraphNetwork(graph).double().eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d | nn.BatchNorm3d):
            nn.init.normal_(module.running_mean, 0.0, 0.3)
            nn.init.uniform_(module.running_var, 0.3, 2.0)
            nn.init.normal_(module.bias, 0.0, 0.2)
    return network


def tiny(name: str, channels: int = 2, outputs: int = 3) -> GraphNetwork:
    architecture, arguments = TINY[name]
    return build(write_graph(architecture, channels, outputs, arguments))


def picture(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(*shape, generator=generator, dtype=torch.double)


def test_every_architecture_is_tried() -> None:
    tried = {name for name, _ in TINY.values()}

    assert tried == set(ARCHITECTURES) - {"unet3d", "forest"}


@pytest.mark.parametrize("name", TINY)
def test_a_map_is_as_large_as_the_image(name: str) -> None:
    network = tiny(name)
    s = network.stride
    for rows, columns in [(1, 1), (3, 2)]:
        with torch.no_grad():
            logits = network(picture(2, 2, rows * s, columns * s))

        assert logits.shape == (2, 3, rows * s, columns * s)


@torch.no_grad()
def in_tiles(network: GraphNetwork, image: Tensor, size: int) -> Tensor:
    """Predict as `predict_task` does, with the same arithmetic."""
    shape = tuple(image.shape[2:])
    out = torch.full((1, 3, *shape), torch.nan, dtype=image.dtype)
    for tile in tile_grid(shape, size=size, halo=network.halo, stride=network.stride):
        part = network(image[(..., *tile.outer)])
        out[(..., *tile.inner)] = part[(..., *tile.local)]
    return out


@pytest.mark.parametrize("name", TINY)
@settings(max_examples=6, deadline=None)
@given(rows=st.integers(1, 12), columns=st.integers(8, 16), size=st.integers(1, 100))
def test_tiles_give_what_the_whole_gives(
    name: str, rows: int, columns: int, size: int
) -> None:
    network = tiny(name)
    s = network.stride
    rows, columns = max(rows * 8 // s, 1) * s, max(columns * 8 // s, 1) * s
    image = picture(1, 2, rows, columns)
    with torch.no_grad():
        whole = network(image)

    assert whole.std() > 1e-6  # a constant would prove nothing
    torch.testing.assert_close(in_tiles(network, image, size), whole)


def test_volumes_in_tiles_give_what_the_whole_gives() -> None:
    graph = write_graph("unet3d", 2, 3, {"filters": 2, "blocks": 1})
    network = build(graph)
    image = picture(1, 2, 10, 24, 22)
    with torch.no_grad():
        whole = network(image)

    assert whole.shape == (1, 3, 10, 24, 22)
    torch.testing.assert_close(in_tiles(network, image, 6), whole)


def reach(network: GraphNetwork) -> int:
    """Measure how far from a pixel an input can change it, over the whole grid."""
    for parameter in network.parameters():
        nn.init.constant_(parameter, 0.02)  # nothing cancels, every path is alive
    for name, module in network.layers.items():
        if isinstance(module, nn.MaxPool2d):  # the largest of four hides the others
            network.layers[name] = nn.AvgPool2d(module.kernel_size, module.stride)
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
    length = 2 * network.halo + 3 * network.stride
    farthest = 0
    for offset in range(network.stride):
        at = network.halo + network.stride + offset
        image = torch.ones(1, 1, network.stride, length, dtype=torch.double)
        network(image.requires_grad_())[0, 0, offset, at].backward()
        columns = image.grad[0, 0].nonzero(as_tuple=True)[1]
        farthest = max(farthest, at - int(columns.min()), int(columns.max()) - at)
    return farthest


@pytest.mark.parametrize("name", MAPS)
def test_the_halo_is_as_far_as_pixels_reach_rounded_up_to_the_stride(name: str) -> None:
    network = tiny(name, channels=1, outputs=1)
    farthest = reach(network)

    assert network.halo % network.stride == 0
    assert farthest <= network.halo < farthest + network.stride


@pytest.mark.parametrize("name", ["unet", "vanilla", "unetpp"])
def test_a_change_beyond_the_halo_changes_nothing(name: str) -> None:
    network = tiny(name, 1, 1)
    halo, s = network.halo, network.stride
    image = picture(1, 1, s, 2 * halo + 2 * s)
    changed = image.clone()
    changed[..., :s] += 1
    with torch.no_grad():
        difference = (network(changed) - network(image)).abs()

    assert difference[..., :s].max() > 0
    assert difference[..., s + halo :].max() < 1e-12


def test_without_padding_the_image_is_mirrored_and_the_result_is_its_own() -> None:
    """Compare with the same convolutions over an image mirrored by NumPy."""
    network = tiny("vanilla", 1, 1)
    image = picture(1, 1, 8, 12)
    (before, after), _ = network._margins
    mirrored = np.pad(image[0, 0].numpy(), (before, after), mode="reflect")
    with torch.no_grad():
        x = torch.from_numpy(mirrored)[None, None]
        whole = network._compute(x, network.graph.outputs)[0]

        assert before > 8  # mirrored more than once
        assert torch.equal(network(image), whole[..., :8, :12])


def test_a_single_pixel_is_mirrored_too() -> None:
    g = Builder(1)
    x = g.add("conv", g.input, filters=1, kernel=3, padding="valid")
    network = build(g.graph(x))
    weight = network.layers["conv_0"].weight.sum()

    result = network(torch.full((1, 1, 1, 1), 2.0, dtype=torch.double))
    torch.testing.assert_close(result.squeeze(), 2 * weight)


def test_it_computes_what_the_graph_says() -> None:
    network = tiny("unet, three layers", 3, 1)
    n = network.layers
    image = picture(1, 3, 6, 10)

    def block(x: Tensor, first: int) -> Tensor:
        for i in range(first, first + 3):
            x = F.relu(n[f"batch_norm_{i}"](n[f"conv_{i}"](x)))
        return x

    with torch.no_grad():
        skip = block(image, 0)
        bottom = block(F.max_pool2d(skip, 2), 3)
        joined = torch.cat([n["conv_transpose_0"](bottom), skip], 1)
        expected = n["conv_9"](block(joined, 6))

        torch.testing.assert_close(network(image), expected)


@pytest.mark.parametrize(
    ("arguments", "skip_first"),
    [
        ({}, False),
        ({"layers_per_block": 3}, False),
        (OLD, True),
        (OLD | {"layers_per_block": 3}, False),
    ],
)
def test_skips_are_joined_in_the_order_of_imageseg(
    arguments: dict[str, Any], *, skip_first: bool
) -> None:
    graph = write_graph("unet", 3, 1, {"blocks": 1} | arguments)
    joined = next(node for node in graph.nodes if node.op == "concat")
    is_skip = [name.startswith("activation") for name in joined.inputs]

    assert is_skip == [skip_first, not skip_first]


def test_all_maps_of_deep_supervision_come_with_the_prediction_first() -> None:
    network = tiny("unetpp")
    image = picture(1, 2, 16, 8)
    with torch.no_grad():
        maps = network.forward_all(image)

        assert [tuple(m.shape) for m in maps] == [(1, 3, 16, 8)] * 2
        assert torch.equal(maps[0], network(image))
        assert not torch.equal(maps[0], maps[1])


def test_every_pixel_of_a_tile_has_the_class_of_the_tile() -> None:
    network = tiny("tile2")
    image = picture(2, 2, 20, 30)
    with torch.no_grad():
        grid = network.classify_tiles(image)
        logits = network(image)
        alone = network(image[1:, :, 10:20, 20:30])

    assert grid.shape == (2, 3, 2, 3)
    torch.testing.assert_close(logits[1, :, 10:20, 20:30], alone[0])
    torch.testing.assert_close(grid[1, :, 1, 2], alone[0, :, 4, 7])
    assert torch.equal(logits[0, :, 0, :10], grid[0, :, 0, 0, None].expand(3, 10))


def test_only_tile_networks_classify_tiles() -> None:
    with pytest.raises(ModelFormatError, match="no class of a whole tile"):
        tiny("unet").classify_tiles(picture(1, 2, 8, 8))


@pytest.mark.parametrize("name", TINY)
def test_every_parameter_learns(name: str) -> None:
    network = tiny(name).train()
    side = 2 * network.stride
    maps = network.forward_all(picture(2, 2, side, side))
    sum(m.square().sum() for m in maps).backward()

    assert all(p.grad is not None for p in network.parameters())


@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_dropout_acts_only_while_learning(rate: float) -> None:
    graph = write_graph("unet", 2, 1, {"filters": 4, "blocks": 1, "dropout": rate})
    network = build(graph)
    image = picture(1, 2, 8, 8)

    assert torch.equal(network(image), network(image))
    network.train()
    assert torch.equal(network(image), network(image)) == (rate == 0)


def test_what_an_activation_takes_is_kept_if_others_need_it() -> None:
    g = Builder(1)
    x = g.add("conv", g.input, filters=1, kernel=1)
    positive = g.add("activation", x, kind="relu")
    network = build(g.graph(g.add("add", x, positive)))
    nn.init.constant_(network.layers["conv_0"].weight, -1.0)

    assert network(torch.ones(1, 1, 1, 1, dtype=torch.double)).item() == -1


def test_results_are_dropped_as_soon_as_nothing_needs_them() -> None:
    network = tiny("classic", 1, 1)
    plan = network._plans[network.graph.outputs]
    held, most = {network.graph.nodes[0].name}, 0
    for step in plan:
        held.add(step.name)
        most = max(most, len(held))
        held -= set(step.done)

    assert held == set(network.graph.outputs)
    assert most == 4  # two skips, what is taken, what is given


def test_copies_and_exports_compute_the_same() -> None:
    network = tiny("custom, gates")
    image = picture(1, 2, 8, 8)
    exported = torch.export.export(network, (image,)).module()
    with torch.no_grad():
        expected = network(image)

        assert torch.equal(deepcopy(network)(image), expected)
        torch.testing.assert_close(exported(image), expected)


def test_names_with_dots_and_shared_ends_do_not_disturb() -> None:
    graph = Graph.from_dict(
        {
            "nodes": [
                ["in", "input", [], {}],
                ["a.b", "conv", ["in"], {"filters": 2, "kernel": 1}],
            ],
            "outputs": ["a.b"],
            "channels": 3,
        }
    )

    assert list(GraphNetwork(graph).state_dict()) == [
        "layers.a_b.weight",
        "layers.a_b.bias",
    ]
