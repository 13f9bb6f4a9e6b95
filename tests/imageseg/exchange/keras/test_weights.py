"""Kernels come out in torch's order of axes."""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np
import pytest

from imageseg.architectures.graph import Node
from imageseg.errors import ModelFormatError
from imageseg.exchange.keras.graph import Place
from imageseg.exchange.keras.weights import finder_by_name, read_weights, roles


@pytest.fixture
def memory() -> Any:
    """Return an HDF5 file that never touches the disk."""
    with h5py.File("a", "w", driver="core", backing_store=False) as file:
        yield file


def test_a_kernel_moves_its_channels_to_the_front(memory: h5py.File) -> None:
    kernel = np.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5)  # y, x, in, out
    memory["k"] = kernel
    node = Node("c", "conv", ("i",), {"bias": False})

    read = read_weights(node, lambda _: memory["k"], {"weight": (5, 4, 2, 3)})["weight"]

    assert read[1, 2, 0, 1] == kernel[0, 1, 2, 1]
    assert read[4, 3, 1, 2] == kernel[1, 2, 3, 4]


def test_a_dense_kernel_is_turned(memory: h5py.File) -> None:
    memory["k"] = np.arange(6.0).reshape(2, 3)

    read = read_weights(
        Node("d", "dense", ("i",), {"bias": False}),
        lambda _: memory["k"],
        {"weight": (3, 2)},
    )

    np.testing.assert_array_equal(read["weight"], [[0, 3], [1, 4], [2, 5]])


@pytest.mark.parametrize(
    ("op", "arguments", "expected"),
    [
        ("conv", {}, ("kernel", "bias")),
        ("conv_transpose", {"bias": False}, ("kernel",)),
        ("batch_norm", {}, ("gamma", "beta", "moving_mean", "moving_variance")),
        ("batch_norm", {"scale": False}, ("beta", "moving_mean", "moving_variance")),
        ("max_pool", {}, ()),
    ],
)
def test_layers_have_the_weights_that_keras_gives_them(
    op: str, arguments: dict[str, Any], expected: tuple[str, ...]
) -> None:
    assert roles(Node("n", op, ("i",), arguments)) == expected


def test_missing_weights_are_named() -> None:
    with pytest.raises(ModelFormatError, match="'c' has no 'kernel'"):
        read_weights(
            Node("c", "conv", ("i",)), lambda _: None, {"weight": (1, 1, 1, 1)}
        )


@pytest.mark.parametrize(
    "entry",
    ["conv/kernel:0", "conv/kernel", "model/conv/kernel_3:0", "renamed/kernel:0"],
)
def test_weights_are_found_under_all_their_names(memory: h5py.File, entry: str) -> None:
    group = memory.create_group("conv")
    group.attrs["weight_names"] = [entry.encode(), b"conv/bias:0"]
    group[entry] = 1.0

    find = finder_by_name(memory, Place(("conv",), ""))

    assert find("kernel")[()] == 1.0
    assert find("gamma") is None


def test_twins_in_nested_models_are_refused(memory: h5py.File) -> None:
    group = memory.create_group("model")
    group.attrs["weight_names"] = ["a/conv/kernel:0", "b/conv/kernel:0"]

    with pytest.raises(ModelFormatError, match="2 arrays 'kernel'"):
        finder_by_name(memory, Place(("model", "conv"), ""))("kernel")
