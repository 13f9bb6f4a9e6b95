"""Open Keras models as models of ours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn

from imageseg.architectures.graph import Graph
from imageseg.architectures.table import ARCHITECTURES
from imageseg.classes import ClassScheme
from imageseg.errors import ModelFormatError, ModelMismatchError
from imageseg.exchange.keras.container import KerasFile, open_keras
from imageseg.exchange.keras.graph import Written, write_model
from imageseg.exchange.keras.inputs import (
    Scale,
    flip_channels,
    guess_scale,
    scaled_input,
)
from imageseg.exchange.keras.named import write_named
from imageseg.exchange.keras.weights import (
    ROLES,
    Arrays,
    finder_by_name,
    finder_by_number,
    read_weights,
    roles,
)
from imageseg.model import SegmentationModel, new_model
from imageseg.networks.network import GraphNetwork, layer_key

_MALFORMED = (
    *(TypeError, ValueError, RuntimeError, ArithmeticError),
    *(LookupError, AttributeError),
)

ChannelOrder = Literal["auto", "rgb", "bgr"]
"""Order of its colours; "auto" is BGR for Habitat-Net and RGB for all others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KerasOptions:
    """What a Keras file does not tell.

    Attributes
    ----------
    network
        Name of the network, for files of weights alone.
    arguments
        What that network was built with.
    scale
        Values of the images it was trained on.
    channels
        Order of their colours.
    scheme
        The classes, in the order of its maps; numbered from 0 without.
    name
        Of the model; the file's without.
    """

    network: str = ""
    arguments: dict[str, Any] | None = None
    scale: Scale = "auto"
    channels: ChannelOrder = "auto"
    scheme: ClassScheme | None = None
    name: str = ""


def import_keras(
    path: Path | str, options: KerasOptions | None = None
) -> SegmentationModel:
    """Open a Keras model: HDF5 of Keras 2 and 3, ``.keras``, or weights alone.

    TensorFlow is not needed and nothing in the file is run. Optimiser, losses
    and metrics are left out. The final sigmoid or softmax is stripped, as our
    networks end in logits; input scale and BGR order become part of the network.

    Raises
    ------
    ModelFormatError
        The file is foreign or damaged, holds a layer that cannot be imported, or
        its weights do not fit.
    ModelMismatchError
        The classes are not as many as the model's maps.
    SettingsError
        An argument of the named network is out of range.
    """
    path = Path(path)
    options = options or KerasOptions()
    with open_keras(path) as file:
        try:
            return _read(file, options)
        except ModelFormatError as error:
            raise ModelFormatError(f"{path} cannot be used. {error}") from error


def _read(file: KerasFile, options: KerasOptions) -> SegmentationModel:
    written = _write(file, options)
    scale, order = _inputs(written.graph, options)
    graph = scaled_input(written.graph) if scale == "0-255" else written.graph
    arrays = _arrays(file, written)
    model = new_model(
        _scheme(graph.maps, options.scheme),
        channels=graph.channels,
        architecture="graph",
        arguments={"graph": graph.to_dict()},
        name=options.name or file.path.stem.removesuffix(".weights"),
    )
    if order == "bgr":
        flip_channels(graph, arrays)
    _load(model.network, arrays)
    imported = _provenance(file, written, scale, order)
    spec = replace(
        model.spec,
        provenance={"imported": imported},
        card=_card(file, written, imported),
    )
    return SegmentationModel(model.network.eval(), spec)


def _write(file: KerasFile, options: KerasOptions) -> Written:
    """Take the network from the file, or the one that the user names."""
    if file.config is not None:
        if options.network:
            raise ModelFormatError("It holds its own network; name none.")
        return write_model(file.config)
    if not options.network:
        raise ModelFormatError(
            "It holds weights only. Name the network they belong to (--network), with "
            f"the arguments it was built with; there are {', '.join(ARCHITECTURES)}."
        )
    return write_named(file, options.network, options.arguments or {})


def _inputs(graph: Graph, options: KerasOptions) -> tuple[str, str]:
    """Decide on scale and order of the channels."""
    habitatnet = options.network == "habitatnet"  # read with OpenCV, not scaled
    scale, order = options.scale, options.channels
    if scale == "auto":
        scale = "0-255" if habitatnet else guess_scale(graph)
    if order == "auto":
        order = "bgr" if habitatnet else "rgb"
    return scale, order


def _scheme(maps: int, scheme: ClassScheme | None) -> ClassScheme:
    classes = max(maps, 2)
    if scheme is None:
        return ClassScheme.from_names([str(k) for k in range(classes)])
    if len(scheme) != classes:
        raise ModelMismatchError(
            f"The model tells {classes} classes apart, but {len(scheme)} are named "
            f"({', '.join(scheme.names)}). Name as many."
        )
    return scheme


def _arrays(file: KerasFile, written: Written) -> dict[str, Arrays]:
    """Read the weights, which must have the shapes that the layers ask for."""
    known = _shapes(written.graph)
    arrays = {}
    for node in written.graph.nodes:
        if not roles(node):
            continue
        place, key = written.places[node.name], f"layers.{layer_key(node.name)}"
        shapes = {
            name: known[f"{key}.{name}"] for name in map(ROLES.__getitem__, roles(node))
        }
        by_name = finder_by_name(file.weights, place)
        find = by_name if file.by_name else finder_by_number(file.weights, place, node)
        arrays[node.name] = read_weights(node, find, shapes)
    return arrays


def _shapes(graph: Graph) -> dict[str, tuple[int, ...]]:
    """Return the shapes of all weights; no memory is spent on them yet."""
    try:
        with torch.device("meta"):
            state = GraphNetwork(graph).state_dict()
    except ModelFormatError:
        raise
    except _MALFORMED as error:
        raise ModelFormatError(
            f"Its layers do not fit together ({error}). Save the model again with "
            "Keras."
        ) from error
    return {name: tuple(tensor.shape) for name, tensor in state.items()}


def _load(network: nn.Module, arrays: dict[str, Arrays]) -> None:
    state = network.state_dict()
    for name, weights in arrays.items():
        for key, values in weights.items():
            state[f"layers.{layer_key(name)}.{key}"].copy_(torch.from_numpy(values))


def _provenance(
    file: KerasFile, written: Written, scale: str, order: str
) -> dict[str, Any]:
    return {
        "file": file.path.name,
        "format": f"Keras {file.version}, {file.form}",
        "input values": scale,
        "channel order": order.upper(),
        "input size": list(written.size),
        "ended in": written.end or "unknown",
        "repeated layers": list(written.shared),
    }


def _card(file: KerasFile, written: Written, imported: dict[str, Any]) -> str:
    """Say in a few sentences what the model is and what was changed."""
    sides = " × ".join("any" if n is None else str(n) for n in written.size)
    size = f"{sides} pixels (rows first)" if any(written.size) else "any size"
    values, order = imported["input values"], imported["channel order"]
    text = [f"Imported from the Keras file {file.path.name} ({imported['format']})."]
    text.append(
        f"It was built for images of {size}, values {values}, "
        f"{order} channels; scaling and order are now part of the network."
    )
    if written.end == "sigmoid" and written.graph.maps > 1:
        text.append(
            "Its maps were independent (sigmoid); their probabilities are now compared "
            "with each other (softmax), which leaves the most likely class the same."
        )
    if written.shared:
        text.append(
            f"Layers used several times ({', '.join(written.shared)}) are now copies, "
            "which further training changes one by one."
        )
    return " ".join(text)
