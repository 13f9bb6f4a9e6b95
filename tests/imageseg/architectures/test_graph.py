"""Graphs are checked when they are made, and survive being written down."""

from __future__ import annotations

import json

import pytest

from imageseg.architectures import ARCHITECTURES, Builder, Graph, Node, write_graph
from imageseg.errors import ModelFormatError

INPUT = Node("input", "input")


def small() -> Graph:
    g = Builder(3)
    x = g.add("conv", g.input, filters=4, kernel=3)
    side = g.add("conv", x, filters=2, kernel=1)
    return g.graph(g.add("conv", x, filters=2, kernel=1), side)


def test_layers_are_named_by_their_kind_and_counted() -> None:
    names = [node.name for node in small().nodes]

    assert names == ["input", "conv_0", "conv_1", "conv_2"]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_architecture_survives_json(name: str) -> None:
    graph = write_graph(name, 2, 3, {})
    text = json.dumps(graph.to_dict())

    assert Graph.from_dict(json.loads(text)) == graph


@pytest.mark.parametrize(
    "nodes",
    [
        pytest.param((INPUT, Node("a", "conv", ("b",))), id="unknown input"),
        pytest.param((INPUT, Node("input", "conv", ("input",))), id="same name"),
    ],
)
def test_layers_out_of_order_are_refused(nodes: tuple[Node, ...]) -> None:
    with pytest.raises(ModelFormatError, match="layer"):
        Graph(nodes, ("input",), 3)


@pytest.mark.parametrize("outputs", [(), ("b",)])
def test_a_graph_ends_in_a_layer_it_has(outputs: tuple[str, ...]) -> None:
    with pytest.raises(ModelFormatError, match="end in"):
        Graph((INPUT,), outputs, 3)


@pytest.mark.parametrize(
    "nodes",
    [
        pytest.param((), id="nothing"),
        pytest.param((Node("a", "conv", ()),), id="no input first"),
        pytest.param((INPUT, Node("a", "conv", ())), id="takes nothing"),
        pytest.param((INPUT, Node("other", "input")), id="two inputs"),
    ],
)
def test_a_graph_has_one_input_on_which_all_depends(nodes: tuple[Node, ...]) -> None:
    with pytest.raises(ModelFormatError):
        Graph(nodes, tuple(node.name for node in nodes[-1:]), 3)


@pytest.mark.parametrize("key", ["nodes", "outputs", "channels"])
def test_a_damaged_graph_is_a_format_error(key: str) -> None:
    values = small().to_dict()
    del values[key]

    with pytest.raises(ModelFormatError, match="damaged"):
        Graph.from_dict(values)


def test_only_what_an_output_needs_is_listed() -> None:
    needed = [node.name for node in small().needed_for("conv_2")]

    assert needed == ["input", "conv_0", "conv_2"]


def test_every_output_can_be_given_other_classes() -> None:
    graph = small().with_maps(7)
    filters = [node.arguments.get("filters") for node in graph.nodes]

    assert filters == [None, 4, 7, 7]
    assert graph.maps == 7


def test_an_output_without_filters_cannot_be_given_other_classes() -> None:
    g = Builder(3)
    graph = g.graph(g.add("activation", g.input, kind="relu"))

    assert graph.maps == 0
    with pytest.raises(ModelFormatError, match="activation"):
        graph.with_maps(2)
