"""Open a Keras file: HDF5 or a .keras zip, whole models or weights alone."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from imageseg.errors import ModelFormatError
from imageseg.exchange.keras.hdf5 import MAGIC, attribute, child, open_hdf5

if TYPE_CHECKING:
    import h5py

_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
_MAX_TEXT = 64 << 20
_MAX_WEIGHTS = 4 << 30
_MAX_RATIO = 200  # weights are noise: no true file shrinks like this
_SMALL = 1 << 20


@dataclass(frozen=True, slots=True)
class KerasFile:
    """An open Keras file.

    Attributes
    ----------
    path
        Where it is.
    config
        The model as Keras describes it; None in files of weights.
    weights
        The group that holds the layers' weights.
    by_name
        Whether layers are found by their names (HDF5 as of Keras 2) or by
        their class and number (Keras 3's own layout).
    version
        Of Keras, as far as the file tells.
    form
        What kind of file it is, for people.
    """

    path: Path
    config: dict[str, Any] | None
    weights: h5py.Group
    by_name: bool
    version: str
    form: str


def is_keras_file(path: Path | str) -> bool:
    """Say whether a file's content is HDF5 or a .keras zip, whatever its name."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            start = file.read(len(MAGIC))
        if start == MAGIC:
            return True
        return start[:4] == b"PK\x03\x04" and _CONFIG in _members(path)
    except (OSError, zipfile.BadZipFile):
        return False


@contextmanager
def open_keras(path: Path | str) -> Iterator[KerasFile]:
    """Open a Keras file for reading.

    Raises
    ------
    ModelFormatError
        It is no Keras file, or damaged.
    """
    path = Path(path)
    if zipfile.is_zipfile(path):
        with _open_zip(path) as opened:
            yield opened
    else:
        with open_hdf5(path) as file:
            yield _describe(path, file)


def _describe(path: Path, file: h5py.File) -> KerasFile:
    """Tell the three layouts of HDF5 apart."""
    whole, layers = child(file, "model_weights"), child(file, "layers")
    if whole is not None:
        config = _parse(path, attribute(file, "model_config"))
        version = attribute(file, "keras_version") or "unknown"
        return KerasFile(path, config, whole, True, version, "HDF5")  # noqa: FBT003
    if "layer_names" in file.attrs or "layer_names0" in file.attrs:
        version = attribute(file, "keras_version") or "unknown"
        return KerasFile(path, None, file, True, version, "HDF5 weights")  # noqa: FBT003
    if layers is not None:
        return KerasFile(path, None, file, False, "3", "HDF5 weights")  # noqa: FBT003
    raise ModelFormatError(
        f"{path} is an HDF5 file, but no Keras model: it holds neither layers nor "
        "weights. Choose a file saved with Keras."
    )


@contextmanager
def _open_zip(path: Path) -> Iterator[KerasFile]:
    try:
        members = _members(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise ModelFormatError(
            f"{path} is damaged or cut short ({error}). Get the file again."
        ) from error
    missing = [name for name in (_CONFIG, _WEIGHTS) if name not in members]
    if missing:
        raise ModelFormatError(
            f"{path} is no Keras model: the archive lacks {' and '.join(missing)}."
        )
    _check_members(path, members)
    with zipfile.ZipFile(path) as archive:
        config = _parse(path, _read(path, archive, _CONFIG))
        about = _parse(path, _read(path, archive, _METADATA) or b"{}")
        weights = BytesIO(_read(path, archive, _WEIGHTS))  # seeking in zips is slow
    version = str(about.get("keras_version", "unknown"))
    with open_hdf5(path, weights) as file:
        if child(file, "layers") is None:
            raise ModelFormatError(
                f"{path} keeps its weights in a layout of early .keras files (Keras "
                f"{version}), which cannot be read. Save the model again as .h5."
            )
        yield KerasFile(path, config, file, False, version, ".keras")  # noqa: FBT003


def _members(path: Path) -> dict[str, zipfile.ZipInfo]:
    with zipfile.ZipFile(path) as archive:
        return {info.filename: info for info in archive.infolist()}


def _check_members(path: Path, members: dict[str, zipfile.ZipInfo]) -> None:
    """Refuse names that point outside and sizes that no model has."""
    for name, info in members.items():
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if ".." in parts or name.startswith(("/", "\\")) or ":" in name:
            raise ModelFormatError(
                f"{path} holds an entry {name!r} that points outside of it. The file "
                "was made to do harm or is damaged; it is not opened."
            )
        limit = _MAX_WEIGHTS if name == _WEIGHTS else _MAX_TEXT
        packed = max(info.compress_size, 1)
        bomb = info.file_size > _SMALL and info.file_size > _MAX_RATIO * packed
        if bomb or (info.file_size > limit and name in (_CONFIG, _METADATA, _WEIGHTS)):
            raise ModelFormatError(
                f"{path}: its entry {name!r} would unpack to {info.file_size:,} bytes, "
                "which no model needs. The file is damaged or made to do harm; it is "
                "not opened."
            )


def _read(path: Path, archive: zipfile.ZipFile, name: str) -> bytes:
    """Return an entry whose check sum is right; nothing if there is none."""
    if name not in archive.namelist():
        return b""
    try:
        return archive.read(name)
    except (zipfile.BadZipFile, OSError, RuntimeError, zlib.error) as error:
        raise ModelFormatError(
            f"{path} is damaged: its entry {name!r} cannot be read ({error}). Get the "
            "file again."
        ) from error


def _parse(path: Path, text: str | bytes | None) -> dict[str, Any]:
    try:
        parsed = json.loads(text or "")
    except (ValueError, RecursionError) as error:
        raise ModelFormatError(
            f"{path} lacks a readable description of its layers ({error}). Save the "
            "whole model with Keras, not a subclassed one."
        ) from error
    if not isinstance(parsed, dict):
        raise ModelFormatError(f"{path} describes its layers in an unknown way.")
    return parsed
