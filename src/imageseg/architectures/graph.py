"""A network as data: layers, what they take, and their arguments.

Every architecture of the table and every imported Keras model is such a graph;
one class runs them all, and layer tables, parameter counts, tile sizes and
weight import need no word from the architectures.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Self

from imageseg.errors import ModelFormatError

_WIDTHS = {
    "conv": "filters",
    "conv_transpose": "filters",
    "dense": "units",
    "forest": "filters",
}


@dataclass(frozen=True, slots=True)
class Node:
    """One layer.

    Attributes
    ----------
    name
        Unique in its graph; Keras' own names in imported models.
    op
        Name in the table of layers.
    inputs
        Names of the nodes it takes.
    arguments
        Of the layer, plain values.
    """

    name: str
    op: str
    inputs: tuple[str, ...] = ()
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Graph:
    """Layers in an order in which they can be run.

    Attributes
    ----------
    nodes
        The first is the input; each takes earlier ones only.
    outputs
        Names of the nodes that give logits; the first is the prediction, others
        are trained on too (deep supervision).
    channels
        Image channels.
    dims
        2 for planes, 3 for volumes.
    tile
        Side of the squares that a network with dense layers classifies as a
        whole; 0 for networks that take any size.
    """

    nodes: tuple[Node, ...]
    outputs: tuple[str, ...]
    channels: int
    dims: int = 2
    tile: int = 0

    def __post_init__(self) -> None:
        if self.channels < 1 or self.dims not in (2, 3) or self.tile < 0:
            raise ModelFormatError(
                f"A network of {self.channels} channels, {self.dims} axes and tiles "
                f"of {self.tile} pixels cannot be."
            )
        if self.tile and self.dims != 2:
            raise ModelFormatError("Only networks of planes classify tiles.")
        self._check_order()
        if not self.outputs or not self._names().issuperset(self.outputs):
            raise ModelFormatError(
                f"A network has no layer {self.outputs!r} to end in."
            )

    def _names(self) -> set[str]:
        return {node.name for node in self.nodes}

    def _check_order(self) -> None:
        known: set[str] = set()
        for node in self.nodes:
            if (node.op == "input") != (not known) or bool(node.inputs) == (not known):
                raise ModelFormatError(
                    "A network begins with its only input, and every other layer "
                    f"takes one before it; the layer {node.name!r} does not."
                )
            if not known.issuperset(node.inputs) or node.name in known:
                raise ModelFormatError(
                    f"The layer {node.name!r} of a network takes {node.inputs}, which "
                    "do not come before it, or has the name of another layer."
                )
            known.add(node.name)

    def needed_for(self, *names: str) -> tuple[Node, ...]:
        """Return the layers that these ones depend on, and themselves, in order."""
        needed = set(names)
        for node in reversed(self.nodes):
            if node.name in needed:
                needed.update(node.inputs)
        return tuple(node for node in self.nodes if node.name in needed)

    @property
    def maps(self) -> int:
        """Maps of the prediction; 0 if its last layer does not say."""
        last = next(node for node in self.nodes if node.name == self.outputs[0])
        return int(last.arguments.get(_WIDTHS.get(last.op, ""), 0))

    def with_maps(self, maps: int) -> Self:
        """Return the same network with as many maps in every output.

        Raises
        ------
        ModelFormatError
            An output is not computed by a layer that could give more or fewer.
        """
        nodes = list(self.nodes)
        for i, node in enumerate(nodes):
            if node.name in self.outputs:
                nodes[i] = _widened(node, maps)
        return replace(self, nodes=tuple(nodes))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "nodes": [[n.name, n.op, list(n.inputs), n.arguments] for n in self.nodes],
            "outputs": list(self.outputs),
            "channels": self.channels,
            "dims": self.dims,
            "tile": self.tile,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Rebuild a graph from `to_dict`.

        Raises
        ------
        ModelFormatError
            Something is missing or makes no sense.
        """
        try:
            nodes = tuple(
                Node(str(name), str(op), tuple(inputs), dict(arguments))
                for name, op, inputs, arguments in values["nodes"]
            )
            return cls(
                nodes,
                tuple(values["outputs"]),
                int(values["channels"]),
                int(values.get("dims", 2)),
                int(values.get("tile", 0)),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ModelFormatError(
                f"The network inside the model file is damaged ({error})."
            ) from error


def _widened(node: Node, maps: int) -> Node:
    name = _WIDTHS.get(node.op)
    if name is None:
        raise ModelFormatError(
            f"The network ends in the layer {node.name!r} ({node.op}), which cannot be "
            "given other classes."
        )
    return replace(node, arguments=node.arguments | {name: maps})


class Builder:
    """Writes a graph down layer by layer, in the order of computation.

    Each call adds a layer and returns its name, which later calls take::

        g = Builder(channels=3)
        x = g.add("conv", g.input, filters=16, kernel=3, activation="relu")
        y = g.add("conv", x, filters=1, kernel=1)
        graph = g.graph(y)

    Parameters
    ----------
    channels
        Image channels.
    dims
        2 or 3.
    tile
        Side of the squares it classifies; 0 for networks that take any size.
    """

    def __init__(self, channels: int, dims: int = 2, tile: int = 0) -> None:
        self.input = "input"
        self._channels = channels
        self._dims = dims
        self._tile = tile
        self._nodes = [Node(self.input, "input")]
        self._counts: dict[str, int] = {}

    def add(self, op: str, *inputs: str, name: str = "", **arguments: Any) -> str:  # noqa: ANN401  a layer's arguments
        """Add a layer and return its name: a number of its kind, if none is given."""
        number = self._counts.get(op, 0)
        self._counts[op] = number + 1
        name = name or f"{op}_{number}"
        self._nodes.append(Node(name, op, inputs, arguments))
        return name

    def graph(self, *outputs: str) -> Graph:
        """Return the graph that ends in these layers."""
        nodes = tuple(self._nodes)
        return Graph(nodes, outputs, self._channels, self._dims, self._tile)
