"""Scale and order of channels become part of the network."""

from __future__ import annotations

import numpy as np
import pytest

from imageseg.architectures.graph import Builder, Graph
from imageseg.errors import ModelFormatError
from imageseg.exchange.keras.inputs import flip_channels, guess_scale, scaled_input
from imageseg.exchange.keras.weights import Arrays


def scaling(scale: float) -> Graph:
    g = Builder(channels=3)
    x = g.add("rescale", g.input, scale=scale, offset=0.0)
    return g.graph(g.add("conv", x, filters=1, kernel=1))


@pytest.mark.parametrize(
    ("scale", "expected"), [(1 / 255, "0-255"), (1 / 127.5, "0-255"), (2.0, "0-1")]
)
def test_a_network_that_scales_down_takes_bytes(scale: float, expected: str) -> None:
    assert guess_scale(scaling(scale)) == expected


def test_the_scale_is_a_layer_before_all_others() -> None:
    graph = scaled_input(scaling(1 / 255))

    assert [(node.op, node.inputs) for node in graph.nodes[:3]] == [
        ("input", ()),
        ("rescale", ("input",)),
        ("rescale", (graph.nodes[1].name,)),
    ]
    assert graph.nodes[1].arguments["scale"] == 255.0


def test_every_first_weight_is_flipped() -> None:
    g = Builder(channels=3)
    norm = g.add("batch_norm", g.input)
    first, side = (g.add("conv", norm, filters=3, kernel=1) for _ in range(2))
    last = g.add("conv", g.add("add", first, side), filters=1, kernel=1)
    kernel = np.arange(9, dtype=np.float32).reshape(3, 3, 1, 1)
    vector = np.arange(3, dtype=np.float32)
    arrays: dict[str, Arrays] = {
        norm: {"running_mean": vector, "weight": vector},
        first: {"weight": kernel, "bias": vector},
        side: {"weight": kernel},
        last: {"weight": kernel[:1]},
    }

    flip_channels(g.graph(last), arrays)

    assert arrays[norm]["running_mean"].tolist() == [2, 1, 0]
    assert arrays[norm]["weight"].tolist() == [2, 1, 0]
    for name in (first, side):
        np.testing.assert_array_equal(arrays[name]["weight"], kernel[:, ::-1])
    assert arrays[first]["bias"].tolist() == [0, 1, 2]
    np.testing.assert_array_equal(arrays[last]["weight"], kernel[:1])


def test_mixed_channels_cannot_be_flipped() -> None:
    g = Builder(channels=3)
    both = g.add("concat", g.input, g.input)

    with pytest.raises(ModelFormatError, match="cannot be turned"):
        flip_channels(g.graph(g.add("conv", both, filters=1, kernel=1)), {})
