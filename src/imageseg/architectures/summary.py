"""Layer tables and parameter counts as Keras gives them, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from imageseg.architectures.graph import Graph, Node
from imageseg.architectures.ops import full_arguments, per_axis
from imageseg.architectures.reach import measure_reach
from imageseg.architectures.shapes import Shape, infer_shapes

_USUAL_SIDE = {2: 256, 3: 32}


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One line of a layer table.

    Attributes
    ----------
    name, kind
        Of the layer; kinds as Keras calls them.
    shape
        Of what it gives: sides first, channels last.
    parameters, trainable
        Numbers it holds, and those it learns; the rest are running means and
        variances.
    inputs
        Layers it takes.
    """

    name: str
    kind: str
    shape: Shape
    parameters: int
    trainable: int
    inputs: tuple[str, ...]


def layer_rows(graph: Graph, size: Sequence[int] | None = None) -> list[LayerRow]:
    """List the layers of a network for an image of some size.

    Parameters
    ----------
    graph
        The network.
    size
        (Y, X) or (Z, Y, X) of its input; by default what an image of 256 × 256
        (a volume of 32³) becomes once it is padded.
    """
    shapes = infer_shapes(graph, usual_size(graph) if size is None else size)
    rows = []
    for node in graph.nodes:
        given = [shapes[name] for name in node.inputs]
        total, trainable = _count(node, given, graph.dims)
        channels, *sides = shapes[node.name]
        shape = (*sides, channels)
        kind = _KINDS[node.op].format(dims=graph.dims)
        rows.append(LayerRow(node.name, kind, shape, total, trainable, node.inputs))
    return rows


def usual_size(graph: Graph) -> tuple[int, ...]:
    """Return the size a network computes for an image of 256 × 256, or a tile."""
    reach = measure_reach(graph)
    side = graph.tile or _USUAL_SIDE[graph.dims]
    side = -(-side // reach.stride) * reach.stride
    return tuple(side + before + after for before, after in reach.margins)


def count_parameters(graph: Graph) -> tuple[int, int]:
    """Count numbers as Keras does: (total, trainable).

    Total includes the running means and variances of batch normalisation.
    """
    rows = layer_rows(graph)
    return sum(row.parameters for row in rows), sum(row.trainable for row in rows)


def _count(node: Node, given: list[Shape], dims: int) -> tuple[int, int]:
    arguments = full_arguments(node)
    if node.op == "batch_norm":
        learned = (arguments["scale"] + arguments["center"]) * given[0][0]
        return learned + 2 * given[0][0], learned
    if node.op in ("conv", "conv_transpose"):
        inputs = given[0][0] // arguments.get("groups", 1)
        inputs *= prod(per_axis(arguments["kernel"], dims))
        width = arguments["filters"]
    elif node.op == "dense":
        inputs, width = given[0][0], arguments["units"]
    else:
        return 0, 0
    count = (inputs + arguments["bias"]) * width
    return count, count


_KINDS = {
    "input": "InputLayer",
    "conv": "Conv{dims}D",
    "conv_transpose": "Conv{dims}DTranspose",
    "batch_norm": "BatchNormalization",
    "activation": "Activation",
    "max_pool": "MaxPooling{dims}D",
    "average_pool": "AveragePooling{dims}D",
    "upsample": "UpSampling{dims}D",
    "concat": "Concatenate",
    "add": "Add",
    "multiply": "Multiply",
    "dropout": "Dropout",
    "spatial_dropout": "SpatialDropout{dims}D",
    "crop": "Cropping{dims}D",
    "crop_to": "Cropping{dims}D",
    "pad": "ZeroPadding{dims}D",
    "rescale": "Rescaling",
    "flatten": "Flatten",
    "dense": "Dense",
    "global_average_pool": "GlobalAveragePooling{dims}D",
    "forest": "PixelForest",
}
