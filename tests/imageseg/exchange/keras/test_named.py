"""Layers stand in files in the order that Keras gives them."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import pytest

from imageseg.architectures.graph import Builder
from imageseg.exchange.keras.graph import write_model
from imageseg.exchange.keras.hdf5 import attribute, names
from imageseg.exchange.keras.named import keras_order

STORED = Path(__file__).resolve().parents[3] / "data" / "keras"
FILES = [
    path
    for path in sorted(STORED.glob("*.h5"))
    if len(path.suffixes) == 1 and not path.name.startswith(("lambda", "nested"))
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_order_follows_from_the_graph(path: Path) -> None:
    with h5py.File(path) as file:
        config = json.loads(attribute(file, "model_config") or "")
        expected = names(file["model_weights"], "layer_names")

    found = [node.name for node in keras_order(write_model(config).graph)]

    assert [name for name in expected if name in found] == [
        name for name in found if name in expected
    ]
    assert len(set(found) & set(expected)) > len(expected) // 2


def test_the_longest_way_counts() -> None:
    g = Builder(channels=1)
    near = g.add("conv", g.input, filters=1, kernel=1)
    far = g.add("activation", g.add("conv", g.input, filters=1, kernel=3), kind="relu")

    order = [node.name for node in keras_order(g.graph(g.add("add", near, far)))]

    assert order == ["input", "conv_1", "conv_0", "activation_0", "add_0"]
