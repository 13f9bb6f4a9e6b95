"""Open a model of whatever format, told by its content."""

from __future__ import annotations

from pathlib import Path

from imageseg import model
from imageseg.exchange.keras import KerasOptions, import_keras, is_keras_file
from imageseg.model import SegmentationModel
from imageseg.spec import find_model


def load_model(
    name_or_path: Path | str, keras: KerasOptions | None = None
) -> SegmentationModel:
    """Open a bundled model by name, a model file, or a Keras model.

    Parameters
    ----------
    name_or_path
        ``"canopy"``, or the path of a ``.safetensors``, ``.h5`` or ``.keras`` file;
        its content decides, not its suffix.
    keras
        What a Keras file does not tell: classes, scale and order of channels.

    Raises
    ------
    ModelFormatError
        There is no such model, or the file is foreign, damaged or newer.
    """
    path = find_model(name_or_path)
    if is_keras_file(path):
        return import_keras(path, keras)
    return model.load_model(path)
