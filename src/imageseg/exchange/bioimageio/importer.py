"""Open the bioimage.io packages that we wrote; say of others what is in them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from imageseg import model
from imageseg.errors import ModelFormatError
from imageseg.exchange.bioimageio.archive import Package, open_package
from imageseg.exchange.onnx import import_onnx
from imageseg.model import SegmentationModel

Entry = dict[str, Any]
Opener = Callable[[Path], SegmentationModel]

_SUFFIX = ".safetensors"
_LONGEST = 80
_KINDS = {
    "pytorch_state_dict": "pickled PyTorch weights, which are never opened",
    "torchscript": "TorchScript, which is code and never run",
    "keras_hdf5": "a Keras model; unpack it and open the .h5 file itself",
    "keras_v3": "a Keras model; unpack it and open the .keras file itself",
    "onnx": "ONNX of another program, which does not tell its classes",
    "tensorflow_js": "TensorFlow.js",
    "tensorflow_saved_model_bundle": "a TensorFlow bundle, which is code and never run",
}


def import_package(path: Path | str) -> SegmentationModel:
    """Open a package that `export_package` wrote: a zip, its folder or rdf.yaml.

    Raises
    ------
    ModelFormatError
        The package is of another program, damaged, or its weights could only be
        opened by running code.
    """
    package = open_package(path)
    if not isinstance(_part(package.description, "config").get("imageseg"), Mapping):
        raise ModelFormatError(_refusal(path, package))
    entry, opener = _ours(path, package)
    content = package.read(entry)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model"
        file.write_bytes(content)
        try:
            return opener(file)
        except ModelFormatError as error:
            reason = str(error).replace(str(file), f"its file {entry['source']!r}")
            raise ModelFormatError(f"{path} cannot be used: {reason}") from error


def _ours(path: Path | str, package: Package) -> tuple[Entry, Opener]:
    """Return the file to open, and what opens it: a model file, or else ONNX."""
    attachments = package.description.get("attachments")
    for entry in attachments if isinstance(attachments, list) else []:
        if isinstance(entry, dict) and str(entry.get("source")).endswith(_SUFFIX):
            return entry, model.load_model
    onnx = _part(package.description, "weights").get("onnx")
    if isinstance(onnx, dict) and "source" in onnx:
        return onnx, import_onnx
    raise ModelFormatError(
        f"{path} is of imageseg, but holds neither its model file nor ONNX. Get the "
        "package again."
    )


def _refusal(path: Path | str, package: Package) -> str:
    weights = _part(package.description, "weights")
    known = "; ".join(
        f"{kind}: {_KINDS.get(str(kind), 'unknown to this program')}"
        for kind in weights
        if weights[kind]
    )
    name = str(package.description.get("name", "a model"))[:_LONGEST]
    return (
        f"{path} holds {name!r} of another program, whose weights cannot be opened "
        f"safely and completely ({known or 'none named'})."
    )


def _part(description: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = description.get(name)
    return part if isinstance(part, Mapping) else {}
