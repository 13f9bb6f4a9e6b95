"""Shapes are inferred as Keras infers them."""

from __future__ import annotations

from typing import Any

import pytest

from imageseg.architectures import Builder, infer_shapes, write_graph
from imageseg.errors import ModelFormatError


def shape_after(op: str, arguments: dict[str, Any]) -> tuple[int, ...]:
    g = Builder(3)
    last = g.add(op, g.input, **arguments)
    return infer_shapes(g.graph(last), (7, 10))[last]


# Keras' Conv.compute_output_shape and its kin, worked out by hand.
@pytest.mark.parametrize(
    ("op", "arguments", "expected"),
    [
        ("conv", {"filters": 4, "kernel": 3}, (4, 7, 10)),
        ("conv", {"filters": 4, "kernel": 3, "padding": "valid"}, (4, 5, 8)),
        ("conv", {"filters": 4, "kernel": 3, "stride": 2}, (4, 4, 5)),
        (
            "conv",
            {"filters": 4, "kernel": [3, 1], "stride": 2, "padding": "valid"},
            (4, 3, 5),
        ),
        (
            "conv",
            {"filters": 4, "kernel": 3, "dilation": 2, "padding": "valid"},
            (4, 3, 6),
        ),
        ("conv_transpose", {"filters": 4, "kernel": 2, "stride": 2}, (4, 14, 20)),
        ("conv_transpose", {"filters": 4, "kernel": 3, "stride": 2}, (4, 14, 20)),
        (
            "conv_transpose",
            {"filters": 4, "kernel": 3, "stride": 2, "padding": "valid"},
            (4, 15, 21),
        ),
        (
            "conv_transpose",
            {"filters": 4, "kernel": 1, "stride": 2, "padding": "valid"},
            (4, 14, 20),
        ),
        (
            "conv_transpose",
            {"filters": 4, "kernel": 3, "stride": 2, "output_padding": 0},
            (4, 13, 19),
        ),
        ("max_pool", {"size": 2}, (3, 3, 5)),
        ("max_pool", {"size": 2, "padding": "same"}, (3, 4, 5)),
        ("average_pool", {"size": 3, "stride": 1}, (3, 5, 8)),
        ("upsample", {"factor": [2, 3]}, (3, 14, 30)),
        ("crop", {"sides": [[1, 2], [0, 3]]}, (3, 4, 7)),
        ("pad", {"sides": [[1, 2], [0, 3]]}, (3, 10, 13)),
        ("flatten", {}, (210,)),
        ("global_average_pool", {}, (3,)),
        ("batch_norm", {}, (3, 7, 10)),
    ],
)
def test_a_layer_gives_the_shape_of_keras(
    op: str, arguments: dict[str, Any], expected: tuple[int, ...]
) -> None:
    assert shape_after(op, arguments) == expected


@pytest.mark.parametrize(("side", "left"), [(572, 388), (512, 324)])
def test_the_u_net_without_padding_shrinks_as_published(side: int, left: int) -> None:
    graph = write_graph("vanilla", 1, 1, {})

    assert infer_shapes(graph, (side, side))[graph.outputs[0]] == (1, left, left)


def test_gates_of_one_map_multiply_many() -> None:
    g = Builder(3)
    one = g.add("conv", g.input, filters=1, kernel=1)
    graph = g.graph(g.add("multiply", g.input, one))

    assert infer_shapes(graph, (4, 4))["multiply_0"] == (3, 4, 4)


def test_what_does_not_fit_together_is_named() -> None:
    g = Builder(3)
    half = g.add("max_pool", g.input, size=2)
    graph = g.graph(g.add("concat", g.input, half))

    with pytest.raises(ModelFormatError, match=r"'concat_0'.*fit"):
        infer_shapes(graph, (4, 4))


def test_maps_of_other_number_cannot_be_added() -> None:
    g = Builder(3)
    two = g.add("conv", g.input, filters=2, kernel=1)
    graph = g.graph(g.add("add", g.input, two))

    with pytest.raises(ModelFormatError, match="'add_0'"):
        infer_shapes(graph, (4, 4))


@pytest.mark.parametrize(
    ("op", "arguments", "message"),
    [
        ("lambda", {}, "'lambda'.*does not know"),
        ("conv", {"filters": 2}, "kernel"),
        ("conv", {"filters": 2, "kernel": 3, "strides": 2}, "strides"),
        ("dense", {"units": 2}, "takes a vector"),
    ],
)
def test_unknown_layers_and_arguments_are_named(
    op: str, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ModelFormatError, match=message):
        shape_after(op, arguments)


def test_an_image_layer_cannot_take_a_vector() -> None:
    g = Builder(3)
    flat = g.add("flatten", g.input)
    graph = g.graph(g.add("conv", flat, filters=2, kernel=3))

    with pytest.raises(ModelFormatError, match=r"'conv_0'.*vector"):
        infer_shapes(graph, (4, 4))
