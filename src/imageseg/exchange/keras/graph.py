"""Write a Keras model down as a graph of ours that ends in logits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from imageseg.architectures.graph import Graph, Node
from imageseg.errors import ModelFormatError
from imageseg.exchange.keras.config import (
    MODELS,
    Layer,
    Model,
    Source,
    input_shape,
    read_model,
)
from imageseg.exchange.keras.layers import Op, refusal, translate

_FLAT = ("flatten", "global_average_pool", "dense")  # what forgets places
_ENDS = ("linear", "sigmoid", "softmax")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a layer's weights lie in the file.

    Attributes
    ----------
    names
        Of the layer and the models around it, outermost first.
    group
        Path in Keras 3's own layout: class and number in the order of layers.
    """

    names: tuple[str, ...]
    group: str


@dataclass(frozen=True, slots=True)
class Written:
    """A Keras model as a graph.

    Attributes
    ----------
    graph
        The layers, up to the logits.
    places
        Where the weights of each node lie.
    size
        Rows and columns (after planes, for volumes) of the images it was built
        for; None where free.
    end
        Activation that the model ended in, which the graph leaves out.
    shared
        Layers that are used several times; each use becomes a layer of its own.
    """

    graph: Graph
    places: dict[str, Place]
    size: tuple[int | None, ...]
    end: str
    shared: tuple[str, ...]


def write_model(config: dict[str, object]) -> Written:
    """Write down a model from its description.

    Raises
    ------
    ModelFormatError
        A layer is not supported, or the model is no network from an image to
        one map.
    """
    model = read_model(config)
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ModelFormatError(
            f"The model has {len(model.inputs)} inputs and {len(model.outputs)} "
            "outputs; one of each can be imported. Save a model that ends in the one "
            "to use."
        )
    *size, channels = input_shape(_input_layer(model))
    if len(size) not in (2, 3) or channels is None:
        raise ModelFormatError(
            f"The model takes arrays of the shape {(*size, channels)}; only images "
            "(Y, X, C) and volumes (Z, Y, X, C) of known channels can be segmented."
        )
    writer = _Writer(dims=len(size))
    (last,) = writer.write(model, ["input"], Place((), ""))
    nodes, last, end = _strip_end(writer.nodes, last)
    tile = _tile(nodes, size)
    graph = Graph(tuple(nodes), (last,), channels, len(size), tile)
    graph = replace(graph, nodes=graph.needed_for(last))
    shared = [names for names, uses in writer.uses.items() if uses > 1]
    labels = tuple("/".join(names) for names in shared)
    return Written(graph, writer.places, tuple(size), end, labels)


def keras_group(kind: str) -> str:
    """Return the name of a class in Keras 3's own layout: Conv2D is conv2d."""
    split = r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z0-9])(?=[A-Z][a-z])"
    return re.sub(split, "_", kind).lower()


@dataclass(slots=True)
class _Writer:
    """Collects nodes; nested models are unrolled, repeated layers repeated."""

    dims: int
    nodes: list[Node] = field(default_factory=lambda: [Node("input", "input")])
    places: dict[str, Place] = field(default_factory=dict)
    uses: Counter[tuple[str, ...]] = field(default_factory=Counter)
    flat: set[str] = field(default_factory=set)

    def write(self, model: Model, given: Sequence[str], place: Place) -> list[str]:
        """Add a model's nodes and return those it ends in."""
        groups = _groups(model, place)
        values = {
            (source.layer, source.call): name
            for source, name in zip(model.inputs, given, strict=True)
        }
        inputs = {source.layer for source in model.inputs}
        pending = [
            (layer, call)
            for layer in model.layers
            if layer.name not in inputs
            for call in range(len(layer.calls))
        ]
        while pending:
            waiting = []
            for layer, call in pending:
                if not all(_key(source) in values for source in layer.calls[call]):
                    waiting.append((layer, call))
                    continue
                taken = [values[_key(source)] for source in layer.calls[call]]
                here = Place((*place.names, layer.name), groups[layer.name])
                values[layer.name, call] = self._write_layer(layer, taken, here)
            if len(waiting) == len(pending):
                raise refusal(waiting[0][0], "takes what no layer gives")
            pending = waiting
        return [values[_key(source)] for source in model.outputs]

    def _write_layer(self, layer: Layer, taken: list[str], place: Place) -> str:
        if layer.kind in MODELS:
            inner = read_model(layer.config)
            if len(inner.inputs) != len(taken) or len(inner.outputs) != 1:
                raise refusal(layer, "is a model with several inputs or outputs")
            return self.write(inner, taken, place)[0]
        self.uses[place.names] += 1
        name = taken[0] if taken else ""
        for op in translate(layer, self.dims):
            name = self._add(op, taken, place)
            taken = [name]
        if not name:
            raise refusal(layer, "takes nothing")
        return name

    def _add(self, op: Op, taken: list[str], place: Place) -> str:
        kind, arguments = op
        flat = any(name in self.flat for name in taken) or kind in _FLAT
        if kind == "dense" and taken[0] not in self.flat:  # works on each pixel
            kind, flat = "conv", False
            arguments = {"kernel": 1, "filters": arguments["units"]} | {
                k: v for k, v in arguments.items() if k != "units"
            }
        name = self._free_name("_".join(place.names))
        self.nodes.append(Node(name, kind, tuple(taken), arguments))
        self.places[name] = place
        if flat:
            self.flat.add(name)
        return name

    def _free_name(self, wanted: str) -> str:
        """Return a name that modules can have and no other node has."""
        wanted = re.sub(r"\W", "_", wanted)
        used = {node.name for node in self.nodes}
        numbers = (f"{wanted}_again{n}" for n in range(len(used) + 1))
        return (
            wanted if wanted not in used else next(n for n in numbers if n not in used)
        )


def _key(source: Source) -> tuple[str, int]:
    return source.layer, source.call


def _input_layer(model: Model) -> Layer:
    (source,) = model.inputs
    return next(layer for layer in model.layers if layer.name == source.layer)


def _groups(model: Model, place: Place) -> dict[str, str]:
    """Name the layers as Keras 3 does in files: by class, counted in their order."""
    counts: Counter[str] = Counter()
    groups: dict[str, str] = {}
    for layer in model.layers:
        name = keras_group(layer.kind)
        number = f"_{counts[name]}" if counts[name] else ""
        counts[name] += 1
        groups[layer.name] = f"{place.group}/layers/{name}{number}".lstrip("/")
    return groups


def _strip_end(nodes: list[Node], last: str) -> tuple[list[Node], str, str]:
    """Leave out the activation that makes probabilities of logits."""
    index = next(i for i, node in enumerate(nodes) if node.name == last)
    node = nodes[index]
    if node.op == "activation":
        kind, stripped, last = node.arguments["kind"], nodes[:index], node.inputs[0]
    else:
        kind = node.arguments.get("activation", "linear")
        plain = replace(node, arguments=node.arguments | {"activation": "linear"})
        stripped = (
            [*nodes[:index], plain, *nodes[index + 1 :]] if kind != "linear" else nodes
        )
    if kind not in _ENDS:
        raise ModelFormatError(
            f"The model ends in {kind!r}, which gives no probabilities; it must end in "
            "sigmoid, softmax, or plain values (logits)."
        )
    return stripped, last, kind


def _tile(nodes: list[Node], size: Sequence[int | None]) -> int:
    """Return the side of the tiles a network classifies as a whole; 0 if it maps."""
    if not any(node.op in _FLAT for node in nodes):
        return 0
    side = size[0]
    if side is None or set(size) != {side}:
        raise ModelFormatError(
            f"The model classifies images of {size} as a whole; only square tiles of a "
            "fixed size can be used."
        )
    return side
