"""Read back the ONNX files that we wrote."""

from __future__ import annotations

import binascii
from base64 import b64decode
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load

from imageseg.errors import ModelFormatError
from imageseg.exchange.onnx.export import UNUSED
from imageseg.model import SegmentationModel, assemble_model
from imageseg.spec import FORMAT, spec_of

if TYPE_CHECKING:
    import onnx

_LARGEST = 2 << 30  # what a file of this kind can hold
_IR_VERSION, _NEXT_FIELDS = 0x08, (0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42)


def is_onnx_file(path: Path | str) -> bool:
    """Say whether a file looks like ONNX: by its first bytes, or by its name.

    The first field of an ONNX file is the version of its layout; that of a
    safetensors file is a length and then a brace.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            start = file.read(9)
    except OSError:
        return False
    if start[8:] == b"{":
        return False
    known = len(start) > 2 and start[0] == _IR_VERSION and start[2] in _NEXT_FIELDS
    return known or path.suffix.lower() == ".onnx"


def import_onnx(path: Path | str) -> SegmentationModel:
    """Open an ONNX file that `export_onnx` wrote; nothing in it is run.

    Raises
    ------
    ModelFormatError
        The file is of another program, damaged or newer, or the package onnx is
        not installed.
    """
    path = Path(path)
    written = _parse(path)
    metadata = {entry.key: entry.value for entry in written.metadata_props}
    if metadata.get("format") != FORMAT:
        raise ModelFormatError(_foreign(path, written))
    spec = spec_of(metadata, path)
    try:
        arrays = load(b64decode(metadata[UNUSED], validate=True))
        arrays |= _initialisers(written)
        weights = {name: torch.from_numpy(v.copy()) for name, v in arrays.items()}
    except _DAMAGE as error:
        raise ModelFormatError(
            f"{path} is damaged: its weights cannot be read ({error}). Get the file "
            "again, or export the model again."
        ) from error
    model = assemble_model(spec, weights, path)
    if model.digest() != metadata.get("digest"):
        raise ModelFormatError(
            f"{path} was changed after its export: its weights are not those that were "
            "saved. Export the model again."
        )
    return model


_DAMAGE = (KeyError, TypeError, ValueError, binascii.Error, SafetensorError)


def _parse(path: Path) -> onnx.ModelProto:
    try:
        import onnx  # noqa: PLC0415  optional

        damage = import_module("google.protobuf.message").DecodeError  # comes with it
    except ImportError as error:
        raise ModelFormatError(
            f"{path} is an ONNX file; the package onnx, which reads it, is not "
            'installed. Install it with: pip install "napari-imageseg[onnx]"'
        ) from error
    if path.stat().st_size > _LARGEST:
        raise ModelFormatError(f"{path} is larger than an ONNX file can be (2 GiB).")
    try:
        return onnx.load_model_from_string(path.read_bytes())
    except (damage, OSError, ValueError) as error:
        raise ModelFormatError(
            f"{path} is damaged or cut short, or no ONNX file ({error}). Get the file "
            "again."
        ) from error


def _initialisers(written: onnx.ModelProto) -> dict[str, NDArray[np.generic]]:
    """Return the weights; those kept in other files are never followed."""
    from onnx import TensorProto, numpy_helper  # noqa: PLC0415  optional

    arrays = {}
    for tensor in written.graph.initializer:
        if tensor.data_location == TensorProto.EXTERNAL:
            raise ValueError(f"{tensor.name} is kept in another file")
        if tensor.name.startswith("layers."):
            arrays[tensor.name] = numpy_helper.to_array(tensor)
    return arrays


def _foreign(path: Path, written: onnx.ModelProto) -> str:
    """Say what a file of another program holds."""
    taken = ", ".join(value.name for value in written.graph.input) or "nothing"
    maker = written.producer_name or "an unknown program"
    return (
        f"{path} is an ONNX file of {maker} ({len(written.graph.node)} operators, "
        f"takes {taken}). Only ONNX files exported by imageseg are opened: others do "
        "not tell their classes and values. Get the model as a Keras file, or retrain "
        "it."
    )
