"""Write a model as an ONNX file."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import save

from imageseg.architectures import measure_reach
from imageseg.card import model_card
from imageseg.errors import ModelError
from imageseg.exchange.onnx.network import IMAGE, PROBABILITIES, write_network
from imageseg.exchange.onnx.writer import Writer
from imageseg.files import atomic_path
from imageseg.model import SegmentationModel
from imageseg.networks import GraphNetwork
from imageseg.spec import header

if TYPE_CHECKING:
    import onnx

OPSET = 20  # the first with GELU; read by ONNX Runtime 1.17 and later
_IR = 9  # the file layout of that time

UNUSED = "unused"


def export_onnx(model: SegmentationModel, path: Path | str) -> Path:
    """Write a model as one ONNX file, atomically.

    It takes ``image``, float32 (N, C, Y, X) with values 0 to 1, and gives
    ``probabilities``, float32 (N, K, Y, X); volumes have a Z before Y. Sides are
    multiples of the stride, which stands in the metadata with the rest of the
    description. N and the sides are free.

    Raises
    ------
    ModelError
        The package onnx is not installed, or the network is of another kind.
    OSError
        The folder cannot be written.
    """
    path = Path(path)
    if path.suffix != ".onnx":
        path = path.with_name(path.name + ".onnx")
    written = to_onnx(model)
    with atomic_path(path) as temporary:
        temporary.write_bytes(written.SerializeToString())
    return path


def to_onnx(model: SegmentationModel) -> onnx.ModelProto:
    """Return a model as ONNX; see `export_onnx`."""
    try:
        from onnx import helper, numpy_helper  # noqa: PLC0415  optional
    except ImportError as error:
        raise ModelError(
            "ONNX files need the package onnx, which is not installed. Install it "
            'with: pip install "napari-imageseg[onnx]"'
        ) from error
    network = model.network
    if not isinstance(network, GraphNetwork):
        raise ModelError(
            f"{model.spec.name} has a network of another kind "
            f"({type(network).__name__}), which cannot be written as ONNX."
        )
    state = {k: v.detach().cpu().numpy() for k, v in network.state_dict().items()}
    writer = Writer(state)
    write_network(writer, network)
    graph = helper.make_graph(
        writer.nodes,
        _plain_name(model.spec.name),
        [_tensor(IMAGE, network, model.spec.inputs)],
        [_tensor(PROBABILITIES, network, len(model.spec.scheme))],
        [numpy_helper.from_array(v, k) for k, v in writer.arrays.items()],
    )
    written = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=_IR,
        producer_name="napari-imageseg",
    )
    unused = {k: v for k, v in state.items() if k not in writer.arrays}
    helper.set_model_props(written, _properties(model, network, unused))
    return written


def _tensor(name: str, network: GraphNetwork, channels: int) -> onnx.ValueInfoProto:
    from onnx import TensorProto, helper  # noqa: PLC0415  optional

    sides = ["Z", "Y", "X"][-network.dims :]
    shape: list[str | int | None] = ["N", channels, *sides]
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _properties(
    model: SegmentationModel, network: GraphNetwork, unused: dict[str, Any]
) -> dict[str, str]:
    """Return what people and other programs need to know, as texts."""
    card = model_card(model.spec)
    sides = "(N, C, Y, X)" if network.dims == 2 else "(N, C, Z, Y, X)"
    reach = measure_reach(network.graph)
    tensors = {k: np.asarray(v, order="C") for k, v in unused.items()}
    return header(model.spec, model.digest()) | {
        "input": f"{sides}, channels {card.channels}; values {card.values}",
        "output": f"probabilities of {', '.join(model.spec.scheme.names)}",
        "stride": str(reach.stride),
        "halo": str(reach.halo),
        "licence": card.licence,
        UNUSED: b64encode(save(tensors)).decode(),
    }


def _plain_name(name: str) -> str:
    """Return a name of letters that every program takes."""
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in name) or "model"
