"""The weights of a Keras file in torch's order of axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imageseg.architectures.graph import Node
from imageseg.errors import ModelFormatError
from imageseg.exchange.keras.graph import Place
from imageseg.exchange.keras.hdf5 import child, names, read_array

if TYPE_CHECKING:
    import h5py

Arrays = dict[str, NDArray[np.float32]]
"""Weights of one layer by torch's names."""

Find = Callable[[str], Any]  # a role such as "kernel" to an array of the file

ROLES = {
    "kernel": "weight",
    "bias": "bias",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}
"""Keras' names of weights and torch's."""


def roles(node: Node) -> tuple[str, ...]:
    """Return the weights of a layer in Keras' order; none for most layers."""
    arguments = node.arguments
    if node.op in ("conv", "conv_transpose", "dense"):
        return ("kernel", "bias") if arguments.get("bias", True) else ("kernel",)
    if node.op == "batch_norm":
        gamma = ("gamma",) if arguments.get("scale", True) else ()
        beta = ("beta",) if arguments.get("center", True) else ()
        return (*gamma, *beta, "moving_mean", "moving_variance")
    return ()


def read_weights(node: Node, find: Find, shapes: dict[str, tuple[int, ...]]) -> Arrays:
    """Read the weights of one layer.

    Parameters
    ----------
    node
        The layer.
    find
        Returns the file's array for a role, or None.
    shapes
        Torch's shapes of its weights, which must come out.

    Raises
    ------
    ModelFormatError
        An array is missing or has another shape.
    """
    arrays: Arrays = {}
    for role in roles(node):
        found, name = find(role), ROLES[role]
        if found is None:
            raise ModelFormatError(
                f"The layer {node.name!r} has no {role!r} in the file. The weights "
                "belong to another network, or the file is cut short."
            )
        if role == "kernel":
            arrays[name] = _read_kernel(found, shapes[name])
        else:
            arrays[name] = read_array(found, shapes[name])
    return arrays


def finder_by_name(weights: h5py.Group, place: Place) -> Find:
    """Look a layer's arrays up in HDF5 as of Keras 2: by layer and weight names."""
    group = child(weights, place.names[0])
    entries = names(group, "weight_names") if group is not None else []

    def find(role: str) -> Any:  # noqa: ANN401  an array of the file
        fitting = [entry for entry in entries if _is(entry, role, place)]
        if len(fitting) > 1:
            raise ModelFormatError(
                f"The layer {place.names[-1]!r} has {len(fitting)} arrays {role!r}; "
                "nested models must name their layers differently."
            )
        return child(group, fitting[0]) if fitting else None

    return find


def finder_by_number(weights: h5py.Group, place: Place, node: Node) -> Find:
    """Look a layer's arrays up in Keras 3's own layout: by number."""
    order = roles(node)
    return lambda role: child(weights, f"{place.group}/vars/{order.index(role)}")


def _is(entry: str, role: str, place: Place) -> bool:
    """Say whether ``layer/kernel:0`` is a layer's weight of this role."""
    *parents, last = entry.split("/")
    last = last.split(":")[0]
    known = last == role or (
        last.startswith(role + "_") and last[len(role) + 1 :].isdigit()
    )
    nested = len(place.names) > 1
    return known and (not nested or place.names[-1] in parents)


def _read_kernel(found: h5py.Dataset, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Move (..., in, out) to (out, in, ...); a transposed kernel is (..., out, in)."""
    outer, inner, *sides = shape
    if found.ndim == 2:  # dense, on every pixel if it stands for a convolution
        array = read_array(found, (inner, outer)).T
    else:
        array = read_array(found, (*sides, inner, outer))
        array = np.moveaxis(array, (-1, -2), (0, 1))
    return np.ascontiguousarray(array).reshape(shape)
