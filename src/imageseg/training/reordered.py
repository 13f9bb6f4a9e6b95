"""A model whose classes are put into another order, in its output layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from imageseg.architectures.graph import Node
from imageseg.architectures.ops import full_arguments
from imageseg.classes import ClassScheme
from imageseg.model import SegmentationModel, new_model
from imageseg.networks import GraphNetwork
from imageseg.networks.network import layer_key


def reordered(
    model: SegmentationModel, labels: Sequence[int], scheme: ClassScheme
) -> SegmentationModel | None:
    """Return a model that says the same under other labels.

    Parameters
    ----------
    model
        It stays as it is.
    labels
        The new label of each of its classes, each once.
    scheme
        The classes in their new order.

    Returns
    -------
    reordered
        None if its last layers do not have one row a class, as those of forests.
    """
    names = _rows_of_outputs(model)
    if not names:
        return None
    spec = model.spec
    copy = new_model(
        scheme,
        channels=spec.channels,
        architecture=spec.architecture,
        arguments=spec.arguments,
        normalisation=spec.normalisation,
        neighbours=spec.neighbours,
    )
    state = dict(model.network.state_dict())
    order = [labels.index(label) for label in range(1, len(labels) + 1)]
    for name in names:
        state[name] = _in_order(state[name], order)
    copy.network.load_state_dict(state)
    copy.network.eval()
    return replace(copy, spec=replace(spec, scheme=scheme))


def _rows_of_outputs(model: SegmentationModel) -> list[str]:
    """Return the weights that have one row a class; none if there are others."""
    network = model.network
    if not isinstance(network, GraphNetwork):
        return []
    nodes = {node.name: node for node in network.graph.nodes}
    outputs = [nodes[name] for name in network.graph.outputs]
    if not all(map(_has_rows, outputs)):
        return []
    found = [
        f"layers.{layer_key(node.name)}.{kind}"
        for node in outputs
        for kind in ("weight", "bias")
    ]
    return [name for name in found if name in network.state_dict()]


def _has_rows(node: Node) -> bool:
    linear = full_arguments(node).get("activation", "linear") == "linear"
    return node.op in ("conv", "dense") and linear


def _in_order(rows: Tensor, order: Sequence[int]) -> Tensor:
    """Put rows into another order; a single one speaks for the second of two."""
    if len(rows) == 1:
        return rows.clone() if list(order) == [0, 1] else -rows
    return rows[torch.tensor(order)]
