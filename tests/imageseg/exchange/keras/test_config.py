"""Descriptions of all versions of Keras are read alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from imageseg.errors import ModelFormatError
from imageseg.exchange.keras.config import Source, input_shape, read_model

LayerOf = Callable[..., dict[str, Any]]


def functional(layers: list[Any], inputs: Any, outputs: Any) -> dict[str, Any]:
    config = {"layers": layers, "input_layers": inputs, "output_layers": outputs}
    return {"class_name": "Functional", "config": config}


def tensor(name: str) -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"keras_history": [name, 0, 0]}}


def test_both_ways_to_write_connections_mean_the_same(layer: LayerOf) -> None:
    old = [
        layer("InputLayer", "a"),
        layer("ReLU", "b", "a"),
        layer("Concatenate", "c"),
    ]
    old[2]["inbound_nodes"] = [[["b", 0, 0, {}], ["a", 0, 0, {"training": False}]]]
    new = [dict(entry) for entry in old]
    new[1]["inbound_nodes"] = [{"args": [tensor("a")], "kwargs": {"mask": None}}]
    new[2]["inbound_nodes"] = [{"args": [[tensor("b"), tensor("a")]], "kwargs": {}}]

    models = [
        read_model(functional(old, [["a", 0, 0]], [["c", 0, 0]])),
        read_model(functional(new, ["a", 0, 0], ["c", 0, 0])),
    ]

    assert models[0] == models[1]
    assert models[0].layers[2].calls == ((Source("b", 0), Source("a", 0)),)
    assert models[0].outputs == (Source("c", 0),)


def test_calls_are_counted_from_zero(layer: LayerOf) -> None:
    """Nested models start at 1 in the files of TensorFlow 2.2."""
    layers = [
        layer("InputLayer", "a"),
        layer("ReLU", "m", "a"),
        layer("ReLU", "b", "m"),
    ]
    layers[2]["inbound_nodes"] = [[["m", 1, 0, {}]]]

    model = read_model(functional(layers, [["a", 0, 0]], [["b", 0, 0]]))

    assert model.layers[2].calls == ((Source("m", 0),),)


@pytest.mark.parametrize("bare", [True, False], ids=["list", "dict"])
def test_a_sequence_takes_its_input_from_its_first_layer(
    layer: LayerOf, *, bare: bool
) -> None:
    entries = [
        layer("ReLU", "r", batch_input_shape=[None, 4, 5, 2]),
        layer("ReLU", "s"),
    ]
    config = {
        "class_name": "Sequential",
        "config": entries if bare else {"layers": entries},
    }

    model = read_model(config)

    assert [entry.kind for entry in model.layers] == ["InputLayer", "ReLU", "ReLU"]
    assert input_shape(model.layers[0]) == (4, 5, 2)
    assert model.outputs == (Source("s", 0),)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"class_name": "UNet", "config": {}}, "class is 'UNet'.*never run"),
        ({}, "class is None"),
        ({"class_name": "Functional"}, "damaged"),
        ({"class_name": "Functional", "config": {"layers": [1]}}, "damaged"),
        ({"class_name": "Sequential", "config": {"layers": []}}, "damaged"),
        ({"class_name": "Sequential", "config": [{"class_name": "ReLU"}]}, "damaged"),
    ],
)
def test_descriptions_of_something_else_are_refused(
    config: dict[str, Any], message: str
) -> None:
    with pytest.raises(ModelFormatError, match=message):
        read_model(config)


def test_an_input_without_a_shape_is_refused(layer: LayerOf) -> None:
    entry = layer("InputLayer", "first", batch_input_shape=None)
    model = read_model(functional([entry], [["first", 0, 0]], [["first", 0, 0]]))

    with pytest.raises(ModelFormatError, match="'first' does not say"):
        input_shape(model.layers[0])
