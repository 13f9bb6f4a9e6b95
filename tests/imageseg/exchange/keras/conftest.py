"""Keras files: stored ones of three versions, and ones written by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

STORED = Path(__file__).resolve().parents[3] / "data" / "keras"

Write = Callable[..., Path]


@pytest.fixture
def stored() -> Path:
    """Return the folder of models that Keras itself saved."""
    return STORED


@pytest.fixture
def layer() -> Callable[..., dict[str, Any]]:
    """Describe a layer as Keras 2 does."""
    return _layer


@pytest.fixture
def write_h5(tmp_path: Path) -> Write:
    """Write a whole model as Keras 2 does, from layers and arrays."""

    def write(
        layers: list[dict[str, Any]], arrays: dict[str, Any], **ends: Any
    ) -> Path:
        config = {
            "name": "model",
            "layers": layers,
            "input_layers": ends.get("inputs", [[layers[0]["name"], 0, 0]]),
            "output_layers": ends.get("outputs", [[layers[-1]["name"], 0, 0]]),
        }
        path = tmp_path / "hand.h5"
        with h5py.File(path, "w") as file:
            file.attrs["keras_version"] = "2.9.0"
            file.attrs["model_config"] = json.dumps(
                {"class_name": "Functional", "config": config}
            )
            _write_weights(file.create_group("model_weights"), arrays)
        return path

    return write


def _write_weights(group: h5py.Group, arrays: dict[str, Any]) -> None:
    """Write arrays named ``layer/kernel:0`` into groups named after their layers."""
    for layer in {name.split("/")[0] for name in arrays}:
        inner = group.create_group(layer)
        names = [name for name in arrays if name.split("/")[0] == layer]
        inner.attrs["weight_names"] = names
        for name in names:
            inner[name] = np.asarray(arrays[name], np.float32)


def _layer(kind: str, name: str, *takes: str, **config: Any) -> dict[str, Any]:
    calls = [[[source, 0, 0, {}] for source in takes]] if takes else []
    return {
        "class_name": kind,
        "name": name,
        "config": {"name": name} | _DEFAULTS.get(kind, {}) | config,
        "inbound_nodes": calls,
    }


_CONV = {
    "kernel_size": [1, 1],
    "strides": [1, 1],
    "padding": "same",
    "use_bias": True,
    "activation": "linear",
    "data_format": "channels_last",
}
_DEFAULTS: dict[str, dict[str, Any]] = {
    "InputLayer": {"batch_input_shape": [None, 8, 8, 3]},
    "Conv2D": _CONV | {"filters": 1},
    "Conv2DTranspose": _CONV | {"filters": 1, "strides": [2, 2]},
    "BatchNormalization": {
        "axis": [3],
        "epsilon": 0.001,
        "momentum": 0.99,
        "scale": True,
        "center": True,
    },
}
