"""Networks as data: layers in a graph, their shapes, counts and reach."""

from imageseg.architectures.graph import Builder, Graph, Node
from imageseg.architectures.reach import Reach, encoder_nodes, measure_reach
from imageseg.architectures.shapes import infer_shapes
from imageseg.architectures.summary import LayerRow, count_parameters, layer_rows
from imageseg.architectures.table import (
    ARCHITECTURES,
    Architecture,
    architecture_of,
    write_graph,
)

__all__ = [
    "ARCHITECTURES",
    "Architecture",
    "Builder",
    "Graph",
    "LayerRow",
    "Node",
    "Reach",
    "architecture_of",
    "count_parameters",
    "encoder_nodes",
    "infer_shapes",
    "layer_rows",
    "measure_reach",
    "write_graph",
]
