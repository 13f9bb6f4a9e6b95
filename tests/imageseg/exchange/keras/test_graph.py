"""A Keras model becomes a graph that ends in logits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from imageseg.errors import ModelFormatError
from imageseg.exchange.keras.graph import Written, keras_group, write_model

LayerOf = Callable[..., dict[str, Any]]


def written(*layers: dict[str, Any], ends: int = 1) -> Written:
    config = {
        "layers": list(layers),
        "input_layers": [[layers[0]["name"], 0, 0]],
        "output_layers": [[entry["name"], 0, 0] for entry in layers[-ends:]],
    }
    return write_model({"class_name": "Model", "config": config})


@pytest.mark.parametrize(
    ("kind", "group"),
    [
        ("Conv2D", "conv2d"),
        ("Conv3DTranspose", "conv3d_transpose"),
        ("BatchNormalization", "batch_normalization"),
        ("Dense", "dense"),
        ("InputLayer", "input_layer"),
        ("MaxPooling2D", "max_pooling2d"),
        ("Functional", "functional"),
    ],
)
def test_classes_are_named_as_keras_names_them(kind: str, group: str) -> None:
    assert keras_group(kind) == group


def test_weights_are_placed_by_name_and_by_number(layer: LayerOf) -> None:
    """Keras 3 counts the layers of a class in order; names do not matter."""
    found = written(
        layer("InputLayer", "i"),
        layer("Conv2D", "conv2d_7", "i"),
        layer("BatchNormalization", "b", "conv2d_7"),
        layer("Conv2D", "conv2d", "b"),
    )

    assert found.places["conv2d"].names == ("conv2d",)
    assert found.places["conv2d"].group == "layers/conv2d_1"
    assert found.places["conv2d_7"].group == "layers/conv2d"
    assert found.size == (8, 8)


@pytest.mark.parametrize("end", ["sigmoid", "softmax", "linear"])
def test_a_fused_end_is_stripped(layer: LayerOf, end: str) -> None:
    found = written(layer("InputLayer", "i"), layer("Conv2D", "c", "i", activation=end))

    assert found.end == end
    assert found.graph.nodes[-1].arguments["activation"] == "linear"


@pytest.mark.parametrize("kind", ["Softmax", "Activation"])
def test_an_end_of_its_own_is_dropped(layer: LayerOf, kind: str) -> None:
    found = written(
        layer("InputLayer", "i"),
        layer("Conv2D", "c", "i"),
        layer(kind, "end", "c", activation="sigmoid"),
    )

    assert found.graph.outputs == ("c",)
    assert [node.name for node in found.graph.nodes] == ["input", "c"]


def test_names_that_modules_cannot_have_are_changed(layer: LayerOf) -> None:
    found = written(
        layer("InputLayer", "i"),
        layer("Conv2D", "a.b", "i"),
        layer("Conv2D", "a/b", "a.b"),
    )

    assert [node.name for node in found.graph.nodes] == ["input", "a_b", "a_b_again0"]


def test_layers_in_any_order_are_sorted(layer: LayerOf) -> None:
    first, second = layer("Conv2D", "x", "i"), layer("Conv2D", "y", "x")
    last = layer("Conv2D", "z", "y")

    found = written(layer("InputLayer", "i"), second, first, last)

    assert [node.name for node in found.graph.nodes] == ["input", "x", "y", "z"]


def test_dense_layers_on_maps_are_convolutions(layer: LayerOf) -> None:
    settings = {"units": 2, "use_bias": True, "activation": "softmax"}
    found = written(layer("InputLayer", "i"), layer("Dense", "d", "i", **settings))

    assert found.graph.nodes[-1].op == "conv"
    assert found.graph.nodes[-1].arguments["filters"] == 2
    assert found.graph.tile == 0


def _tile(layer: LayerOf, side: Any) -> Written:
    settings = {"units": 2, "use_bias": True, "activation": "softmax"}
    return written(
        layer("InputLayer", "i", batch_input_shape=[None, 6, side, 3]),
        layer("Flatten", "f", "i"),
        layer("Dense", "d", "f", **settings),
    )


def test_dense_layers_behind_flatten_keep_the_tile(layer: LayerOf) -> None:
    assert _tile(layer, 6).graph.tile == 6
    for side in (5, None):
        with pytest.raises(ModelFormatError, match="only square tiles"):
            _tile(layer, side)


def test_ends_without_probabilities_are_refused(layer: LayerOf) -> None:
    with pytest.raises(ModelFormatError, match="ends in 'relu'"):
        written(layer("InputLayer", "i"), layer("Conv2D", "c", "i", activation="relu"))


def test_several_ends_are_refused(layer: LayerOf) -> None:
    with pytest.raises(ModelFormatError, match="1 inputs and 2 outputs"):
        written(
            layer("InputLayer", "i"),
            layer("Conv2D", "a", "i"),
            layer("Conv2D", "b", "i"),
            ends=2,
        )


@pytest.mark.parametrize("shape", [[None, 8], [None, 8, 8, None], [None, 8, 8]])
def test_inputs_that_are_no_images_are_refused(
    layer: LayerOf, shape: list[Any]
) -> None:
    with pytest.raises(ModelFormatError, match="only images"):
        written(
            layer("InputLayer", "i", batch_input_shape=shape), layer("Conv2D", "c", "i")
        )


@pytest.mark.parametrize("takes", [["nothing"], ["c"]], ids=["missing", "itself"])
def test_connections_that_lead_nowhere_are_refused(
    layer: LayerOf, takes: list[str]
) -> None:
    with pytest.raises(
        ModelFormatError, match=r"'c' \(Conv2D\) takes what no layer gives"
    ):
        written(layer("InputLayer", "i"), layer("Conv2D", "c", *takes))
