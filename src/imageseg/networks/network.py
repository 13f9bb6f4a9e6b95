"""One module that runs any network written down as a graph."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from imageseg.architectures.graph import Graph, Node
from imageseg.architectures.ops import full_arguments
from imageseg.architectures.reach import measure_reach
from imageseg.architectures.shapes import infer_shapes
from imageseg.errors import ModelFormatError
from imageseg.networks.layers import build_activation, build_layer

_FRESH = ("conv", "conv_transpose", "batch_norm")  # nothing needs their values again


@dataclass(frozen=True, slots=True)
class _Step:
    """One layer at work: what it takes, and what nobody needs after it."""

    key: str
    name: str
    inputs: tuple[str, ...]
    done: tuple[str, ...]


class GraphNetwork(nn.Module):
    """A network that computes a graph and gives logits as large as the image.

    Takes (N, C, Y, X), or (N, C, Z, Y, X) for graphs of volumes, with sides that
    are multiples of `stride`. Where layers without padding eat the border, the
    image is mirrored first. A graph with a `tile` classifies squares; every
    pixel gets the logits of its own.

    Parameters
    ----------
    graph
        The layers.

    Attributes
    ----------
    stride, halo
        See `imageseg.architectures.reach.Reach`.
    dims
        2 for planes, 3 for volumes.

    Raises
    ------
    ModelFormatError
        The layers do not fit together.
    """

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        reach = measure_reach(graph)
        self.graph = graph
        self.dims = graph.dims
        self.stride, self.halo = reach.stride, reach.halo
        self._margins = reach.margins
        self.layers = nn.ModuleDict()
        self.activations = nn.ModuleDict()
        self._add_layers()
        self._plans = {
            names: _plan(graph, names) for names in (graph.outputs[:1], graph.outputs)
        }

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (N, K, Y, X) for images (N, C, Y, X)."""
        return self._run(images, self.graph.outputs[:1])[0]

    def forward_all(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the logits of every output, the prediction first."""
        return self._run(images, self.graph.outputs)

    def classify_tiles(self, images: Tensor) -> Tensor:
        """Return logits (N, K, rows, columns) of a grid of tiles.

        Raises
        ------
        ModelFormatError
            The network does not classify tiles.
        """
        side = self.graph.tile
        if not side:
            raise ModelFormatError(
                "The network gives a map and no class of a whole tile; use the "
                "classes of its pixels."
            )
        n, channels, rows, columns = images.shape
        grid = (n, channels, rows // side, side, columns // side, side)
        tiles = images.reshape(grid).permute(0, 2, 4, 1, 3, 5)
        logits = self._compute(tiles.flatten(0, 2), self.graph.outputs[:1])[0]
        return logits.reshape(n, rows // side, columns // side, -1).permute(0, 3, 1, 2)

    def _run(self, images: Tensor, outputs: tuple[str, ...]) -> tuple[Tensor, ...]:
        side = self.graph.tile
        if side:
            grid = self.classify_tiles(images)
            return (grid.repeat_interleave(side, 2).repeat_interleave(side, 3),)
        maps = self._compute(_mirrored(images, self._margins), outputs)
        return tuple(_cut(logits, images.shape) for logits in maps)

    def _compute(self, images: Tensor, outputs: tuple[str, ...]) -> tuple[Tensor, ...]:
        """Run the layers; a result is dropped as soon as nothing needs it."""
        values = {self.graph.nodes[0].name: images}
        for step in self._plans[outputs]:
            value = self.layers[step.key](*[values[name] for name in step.inputs])
            if step.key in self.activations:
                value = self.activations[step.key](value)
            values[step.name] = value
            for name in step.done:
                del values[name]
        return tuple(values[name] for name in outputs)

    def _add_layers(self) -> None:
        graph = self.graph
        sides = graph.tile or self.stride
        size = [sides + before + after for before, after in self._margins]
        shapes = infer_shapes(graph, size)
        for node in graph.nodes[1:]:
            arguments = full_arguments(node)
            given = [shapes[name] for name in node.inputs]
            key = layer_key(node.name)
            if node.op == "activation":
                self.layers[key] = build_activation(
                    arguments["kind"],
                    arguments["alpha"],
                    inplace=_may_spoil(graph, node),
                )
                continue
            self.layers[key] = build_layer(node, given, graph.dims)
            if arguments.get("activation", "linear") != "linear":
                kind = arguments["activation"]
                self.activations[key] = build_activation(kind, inplace=True)


def layer_key(name: str) -> str:
    """Return the name of a layer's module, which cannot hold dots."""
    return name.replace(".", "_")


def _may_spoil(graph: Graph, node: Node) -> bool:
    """Say whether an activation may overwrite what it takes."""
    (taken,) = node.inputs
    users = sum(taken in other.inputs for other in graph.nodes)
    op = next(other.op for other in graph.nodes if other.name == taken)
    return users == 1 and op in _FRESH and taken not in graph.outputs


def _plan(graph: Graph, outputs: tuple[str, ...]) -> tuple[_Step, ...]:
    """List the layers that the outputs need, and after which each result can go."""
    nodes = graph.needed_for(*outputs)
    last = {name: node.name for node in nodes for name in node.inputs}
    return tuple(
        _Step(
            layer_key(node.name),
            node.name,
            node.inputs,
            tuple(
                name
                for name, user in last.items()
                if user == node.name and name not in outputs
            ),
        )
        for node in nodes[1:]
    )


def _mirrored(images: Tensor, margins: tuple[tuple[int, int], ...]) -> Tensor:
    """Mirror images at their edges, as often as it takes if they are small."""
    for axis, (before, after) in enumerate(margins, start=2):
        if before or after:
            side = images.shape[axis]
            period = max(2 * (side - 1), 1)
            at = torch.arange(-before, side + after, device=images.device) % period
            images = images.index_select(axis, torch.minimum(at, period - at))
    return images


def _cut(logits: Tensor, shape: torch.Size) -> Tensor:
    """Keep as much as the image has."""
    for axis in range(2, len(shape)):
        if logits.shape[axis] != shape[axis]:
            logits = logits.narrow(axis, 0, shape[axis])
    return logits
