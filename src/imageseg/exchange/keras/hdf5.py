"""Read HDF5 without trusting it: no links, no foreign storage, bounded sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import IO, TYPE_CHECKING, Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import ModelFormatError

if TYPE_CHECKING:
    from pathlib import Path

    import h5py

P = ParamSpec("P")
T = TypeVar("T")

MAGIC = b"\x89HDF\r\n\x1a\n"
_MAX_NUMBERS = 1 << 28  # in one array: 1 GiB
_DAMAGE = (  # what h5py raises for damaged files
    *(OSError, RuntimeError, KeyError),
    *(ValueError, TypeError, AttributeError),
)


@contextmanager
def open_hdf5(path: Path, file: IO[bytes] | None = None) -> Iterator[h5py.File]:
    """Open a file, or the part of `path` behind `file`, for reading.

    Raises
    ------
    ModelFormatError
        It is damaged or cut short, or h5py is not installed.
    """
    try:
        import h5py  # noqa: PLC0415  optional
    except ImportError as error:
        raise ModelFormatError(
            f"{path} is a Keras model; h5py, which reads it, is not installed. Install "
            'it with: pip install "napari-imageseg[keras]"'
        ) from error
    try:
        opened = h5py.File(file or path, "r")
    except _DAMAGE as error:
        raise ModelFormatError(
            f"{path} is damaged or cut short ({error}). Get the file again."
        ) from error
    with opened:
        yield opened


def _guarded(function: Callable[P, T]) -> Callable[P, T]:
    """Turn what HDF5 says of damaged places into an error for people."""

    @wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except ModelFormatError:
            raise
        except _DAMAGE as error:
            raise ModelFormatError(
                f"It is damaged or cut short ({error}). Get the file again."
            ) from error

    return guarded


@_guarded
def child(group: h5py.Group, path: str) -> Any:  # noqa: ANN401  a group or an array
    """Return what lies at `path` below a group, or None.

    Raises
    ------
    ModelFormatError
        A link on the way leads elsewhere, which model files never need.
    """
    import h5py  # noqa: PLC0415  optional

    for part in path.split("/"):
        link = group.get(part, getlink=True) if isinstance(group, h5py.Group) else None
        if link is None:
            return None
        if not isinstance(link, h5py.HardLink):
            raise ModelFormatError(
                f"Its entry {path!r} is a link to another place, which is not "
                "followed. Save the model again with Keras."
            )
        group = group[part]
    return group


@_guarded
def read_array(dataset: h5py.Dataset, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Read an array of floats of a known shape.

    Raises
    ------
    ModelFormatError
        It has another shape, is no array of floats, or keeps its values outside
        the file.
    """
    found = getattr(dataset, "shape", None)
    if found != shape:
        raise ModelFormatError(
            f"The array {dataset.name!r} has the shape {found}; {shape} fits the "
            "network. The weights belong to a network of other settings."
        )
    plain = dataset.dtype.kind == "f" and not (dataset.external or dataset.is_virtual)
    if not plain or dataset.size > _MAX_NUMBERS:
        raise ModelFormatError(
            f"The array {dataset.name!r} is not a plain array of floats in the file "
            "itself. Save the model again with Keras, in full precision."
        )
    values: NDArray[np.float32] = np.asarray(dataset[()], np.float32)
    if not np.isfinite(values).all():
        raise ModelFormatError(
            f"The array {dataset.name!r} holds values that are no numbers; the model's "
            "training has failed. Use an earlier checkpoint."
        )
    return values


@_guarded
def attribute(group: h5py.Group, name: str) -> str | None:
    """Return a text that a group carries: bytes of TF 2.2, or str."""
    value = group.attrs.get(name)
    return None if value is None else _text(value)


@_guarded
def names(group: h5py.Group, name: str) -> list[str]:
    """Return a list of names; Keras cuts long ones into `name0` and so on."""
    if name in group.attrs:
        return [_text(value) for value in group.attrs[name]]
    found: list[str] = []
    while (part := f"{name}{len(found)}") in group.attrs:
        found.append(part)
    return [_text(value) for part in found for value in group.attrs[part]]


def _text(value: str | bytes) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)
