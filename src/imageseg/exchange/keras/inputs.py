"""Make an imported network take RGB images with values from 0 to 1, as ours do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import numpy as np

from imageseg.architectures.graph import Graph, Node
from imageseg.errors import ModelFormatError
from imageseg.exchange.keras.weights import Arrays, roles

_KEPT = (  # what works channel by channel
    *("rescale", "activation", "crop", "pad", "dropout", "spatial_dropout"),
    *("max_pool", "average_pool", "upsample", "batch_norm"),
)
Scale = Literal["auto", "0-1", "0-255"]
"""Values a Keras model was trained on; "auto" looks for a Rescaling layer."""

_BYTES = 0.1  # a smaller factor is meant for values up to 255


def guess_scale(graph: Graph) -> Scale:
    """Return "0-255" if the network itself scales such values down, else "0-1"."""
    first = (node for node in graph.nodes if graph.nodes[0].name in node.inputs)
    shrinks = any(n.op == "rescale" and n.arguments["scale"] < _BYTES for n in first)
    return "0-255" if shrinks else "0-1"


def scaled_input(graph: Graph) -> Graph:
    """Return the same network for values from 0 to 1 instead of 0 to 255."""
    first, *others = graph.nodes
    scaled = Node("input_to_255", "rescale", (first.name,), {"scale": 255.0})

    def moved(node: Node) -> Node:
        inputs = [scaled.name if name == first.name else name for name in node.inputs]
        return replace(node, inputs=tuple(inputs))

    return replace(graph, nodes=(first, scaled, *map(moved, others)))


def flip_channels(graph: Graph, arrays: dict[str, Arrays]) -> None:
    """Turn the first weights from BGR to RGB, in place.

    Raises
    ------
    ModelFormatError
        The network mixes the image's channels before any convolution.
    """
    if graph.channels != 3:
        raise ModelFormatError(
            f"It takes {graph.channels} channel(s); only three can be BGR."
        )
    for node in _first_weighted(graph):
        weights = arrays[node.name]
        for name in ("weight",) if node.op == "conv" else tuple(weights):
            axis = 1 if node.op == "conv" else 0
            weights[name] = np.ascontiguousarray(np.flip(weights[name], axis))


def _first_weighted(graph: Graph) -> Iterator[Node]:
    """Yield the layers with weights that see the image's own channels."""
    same = {graph.nodes[0].name}
    for node in graph.nodes[1:]:
        if not same.intersection(node.inputs):
            continue
        if node.op not in (*_KEPT, "conv") or node.arguments.get("groups", 1) != 1:
            raise ModelFormatError(
                f"The layer {node.name!r} takes the image's channels in an order that "
                "cannot be turned. Convert the images to BGR and choose rgb."
            )
        if roles(node):
            yield node
        if node.op != "conv":
            same.add(node.name)
