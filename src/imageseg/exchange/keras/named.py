"""Fit files of weights alone to a network named by the user."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Any

from imageseg.architectures.graph import Graph, Node
from imageseg.architectures.table import write_graph
from imageseg.errors import ModelFormatError
from imageseg.exchange.keras.container import KerasFile
from imageseg.exchange.keras.graph import Place, Written
from imageseg.exchange.keras.hdf5 import child, names
from imageseg.exchange.keras.weights import roles

if TYPE_CHECKING:
    import h5py

_MAPPING = ("conv2d", "conv3d", "dense")  # what the first and the last layer can be


def write_named(file: KerasFile, network: str, arguments: dict[str, Any]) -> Written:
    """Write a network of the table down so that the file's weights fit it.

    Keras keeps weights in the order of its layers, which follows from the graph;
    names and their numbers are not relied on.

    Raises
    ------
    ModelFormatError
        The network is unknown, or has other layers than the file.
    SettingsError
        An argument is out of range.
    """
    kernels = list(_kernels(file))
    if not kernels:
        raise ModelFormatError("It holds no kernels, so no network's weights.")
    channels, maps = kernels[0][-2], kernels[-1][-1]
    graph = write_graph(network, channels, maps, arguments)
    nodes = [node for node in keras_order(graph) if roles(node)]
    places = (_by_name if file.by_name else _by_number)(file.weights, nodes, graph.dims)
    return Written(graph, places, (None,) * graph.dims, "", ())


def keras_order(graph: Graph) -> list[Node]:
    """Return a graph's layers in the order in which Keras keeps them.

    Layers far from the end come first; those equally far in the order in which
    a walk from the end, first inputs first, meets them.
    """
    inputs = {
        node.name: node.inputs[:1] if node.op == "crop_to" else node.inputs
        for node in graph.nodes
    }
    met = _walk(inputs, graph.outputs[0])
    depths = dict.fromkeys(met, 0)
    nodes = [node for node in graph.nodes if node.name in met]
    for node in reversed(nodes):
        for name in inputs[node.name]:
            depths[name] = max(depths[name], depths[node.name] + 1)
    return sorted(nodes, key=lambda node: (-depths[node.name], met[node.name]))


def _walk(inputs: dict[str, tuple[str, ...]], last: str) -> dict[str, int]:
    """Number the layers as a walk from the end meets them."""
    met: dict[str, int] = {}
    waiting = [last]
    while waiting:
        name = waiting.pop()
        if name not in met:
            met[name] = len(met)
            waiting.extend(reversed(inputs[name]))
    return met


def _kernels(file: KerasFile) -> Iterator[tuple[int, ...]]:
    """Yield the shapes of kernels, the first layer's first and the last one's last."""
    if file.by_name:
        for layer in names(file.weights, "layer_names"):
            group = child(file.weights, layer)
            for entry in names(group, "weight_names"):
                if entry.split("/")[-1].startswith("kernel"):
                    yield child(group, entry).shape
        return
    for kind in _MAPPING:
        for number in count():
            array = child(file.weights, f"{_group(kind, number)}/vars/0")
            if array is None:
                break
            yield array.shape


def _by_name(weights: h5py.Group, nodes: list[Node], _dims: int) -> dict[str, Place]:
    layers = [
        layer
        for layer in names(weights, "layer_names")
        if names(child(weights, layer), "weight_names")
    ]
    if len(layers) != len(nodes):
        raise _other_layers(len(layers), len(nodes), "layers with weights")
    return {
        node.name: Place((layer,), "")
        for node, layer in zip(nodes, layers, strict=True)
    }


def _by_number(weights: h5py.Group, nodes: list[Node], dims: int) -> dict[str, Place]:
    kinds = {
        "conv": f"conv{dims}d",
        "conv_transpose": f"conv{dims}d_transpose",
        "batch_norm": "batch_normalization",
        "dense": "dense",
    }
    counts: Counter[str] = Counter()
    places = {}
    for node in nodes:
        kind = kinds[node.op]
        places[node.name] = Place((node.name,), _group(kind, counts[kind]))
        counts[kind] += 1
    for kind in kinds.values():
        found = next(n for n in count() if child(weights, _group(kind, n)) is None)
        if found != counts[kind]:
            raise _other_layers(found, counts[kind], kind)
    return places


def _group(kind: str, number: int) -> str:
    return f"layers/{kind}_{number}" if number else f"layers/{kind}"


def _other_layers(found: int, expected: int, what: str) -> ModelFormatError:
    return ModelFormatError(
        f"The file has {found} {what}, the network named has {expected}. Name another "
        "network, or give the arguments it was built with."
    )
