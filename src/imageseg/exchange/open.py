"""Open a model of whatever format, told by its content."""

from __future__ import annotations

from pathlib import Path

from imageseg import model
from imageseg.exchange.bioimageio import import_package, is_package
from imageseg.exchange.keras import KerasOptions, import_keras, is_keras_file
from imageseg.exchange.onnx import import_onnx, is_onnx_file
from imageseg.model import SegmentationModel
from imageseg.spec import bundled_models, find_model


def load_model(
    name_or_path: Path | str, keras: KerasOptions | None = None
) -> SegmentationModel:
    """Open a bundled model by name, or a model of ours, Keras, ONNX or bioimage.io.

    Parameters
    ----------
    name_or_path
        ``"canopy"``, or the path of a ``.safetensors``, ``.h5``, ``.keras`` or
        ``.onnx`` file, of a bioimage.io package, its folder or its ``rdf.yaml``;
        the content of a file decides, not its suffix.
    keras
        What a Keras file does not tell: classes, scale and order of channels.

    Raises
    ------
    ModelFormatError
        There is no such model, or the file is foreign, damaged or newer.
    """
    if str(name_or_path) not in bundled_models() and is_package(name_or_path):
        return import_package(name_or_path)
    path = find_model(name_or_path)
    if is_keras_file(path):
        return import_keras(path, keras)
    if is_onnx_file(path):
        return import_onnx(path)
    return model.load_model(path)
