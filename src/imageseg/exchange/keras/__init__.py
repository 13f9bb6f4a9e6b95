"""Keras models without Keras: HDF5 and ``.keras`` files read with h5py."""

from imageseg.exchange.keras.container import is_keras_file
from imageseg.exchange.keras.importer import KerasOptions, import_keras

__all__ = ["KerasOptions", "import_keras", "is_keras_file"]
