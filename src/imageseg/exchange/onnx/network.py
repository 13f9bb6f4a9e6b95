"""A whole network as ONNX nodes, from image values to probabilities."""

from __future__ import annotations

import numpy as np

from imageseg.architectures import measure_reach
from imageseg.exchange.onnx.layers import enlarged, write_layer
from imageseg.exchange.onnx.writer import Writer
from imageseg.networks import GraphNetwork
from imageseg.networks.network import layer_key

IMAGE, PROBABILITIES = "image", "probabilities"

Margins = tuple[tuple[int, int], ...]


def write_network(w: Writer, network: GraphNetwork) -> None:
    """Write the nodes from `IMAGE` to `PROBABILITIES`."""
    graph = network.graph
    w.layer = "input"
    margins = measure_reach(graph).margins
    if graph.tile:
        logits = _tiled(w, network, graph.tile)
    else:
        logits = _computed(w, network, _mirrored(w, IMAGE, margins))
    w.layer = "output"
    if any(map(any, margins)):
        starts = w.whole(*[0] * graph.dims)
        axes = range(2, 2 + graph.dims)
        logits = w.cut(logits, starts, w.shape(IMAGE, 2), axes)
    _probabilities(w, logits, graph.maps)


def _computed(w: Writer, network: GraphNetwork, image: str) -> str:
    graph = network.graph
    values = {graph.nodes[0].name: image}
    for node in graph.needed_for(graph.outputs[0])[1:]:
        given = [values[name] for name in node.inputs]
        key = layer_key(node.name)
        values[node.name] = write_layer(w, node, key, given, graph.dims)
    return values[graph.outputs[0]]


def _mirrored(w: Writer, image: str, margins: Margins) -> str:
    """Mirror images at their edges, as often as it takes if they are small."""
    for axis, (before, after) in enumerate(margins, start=2):
        if not before and not after:
            continue
        side = w.shape(image, axis, axis + 1)
        around = w.add("Sub", w.add("Add", side, side), w.whole(2))
        period = w.add("Max", around, w.whole(1))
        start = w.constant(-before, np.int64)
        stop = w.add("Squeeze", w.add("Add", side, w.whole(after)))
        at = w.add("Range", start, stop, w.constant(1, np.int64))
        at = w.add("Mod", at, period)
        at = w.add("Min", at, w.add("Sub", period, at))
        image = w.add("Gather", image, at, axis=axis)
    return image


def _tiled(w: Writer, network: GraphNetwork, side: int) -> str:
    """Cut into squares, class each, and give every pixel the logits of its own."""
    count = w.shape(IMAGE, 0, 1)
    rows, columns = (
        w.add("Div", w.shape(IMAGE, axis, axis + 1), w.whole(side)) for axis in (2, 3)
    )
    channels, sides = w.shape(IMAGE, 1, 2), w.whole(side)
    grid = w.add("Concat", count, channels, rows, sides, columns, sides, axis=0)
    cut = w.add("Reshape", IMAGE, grid)
    squares = w.add("Transpose", cut, perm=(0, 2, 4, 1, 3, 5))
    stack = w.whole(-1, network.graph.channels, side, side)
    logits = _computed(w, network, w.add("Reshape", squares, stack))
    w.layer = "output"
    back = w.add("Concat", count, rows, columns, w.whole(-1), axis=0)
    places = w.add("Reshape", logits, back)
    return enlarged(w, w.add("Transpose", places, perm=(0, 3, 1, 2)), (side, side))


def _probabilities(w: Writer, logits: str, maps: int) -> None:
    """End in one map a class; a single map is the second of two classes."""
    if maps > 1:
        w.add("Softmax", logits, output=PROBABILITIES, axis=1)
        return
    second = w.add("Sigmoid", logits)
    first = w.add("Sub", w.constant([1], np.float32), second)
    w.add("Concat", first, second, output=PROBABILITIES, axis=1)
