"""Read bioimage.io packages without trusting them: zips, folders, description files.

Nothing is unpacked by a name that the package gives, nothing is fetched, and
nothing larger than a model is read.
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from imageseg.errors import ModelFormatError

NAMES = ("rdf.yaml", "bioimageio.yaml")
"""What a description is called; also as ending of a name, as in ``a.rdf.yaml``."""

_MAX_TEXT = 4 << 20
_MAX_WEIGHTS = 4 << 30
_MAX_RATIO = 200  # weights are noise: no true file shrinks like this
_SMALL = 1 << 20


@dataclass(frozen=True, slots=True)
class Package:
    """An opened package.

    Attributes
    ----------
    path
        The zip or folder.
    description
        What its rdf.yaml says.
    """

    path: Path
    description: dict[str, Any]

    def read(self, entry: object) -> bytes:
        """Return a file that the description names, its check sum compared.

        Parameters
        ----------
        entry
            With a ``source`` and perhaps a ``sha256``, or a source alone.

        Raises
        ------
        ModelFormatError
            It is missing, outside of the package, too large, or another one.
        """
        values = entry if isinstance(entry, dict) else {"source": entry}
        name = str(values.get("source"))
        content = _read(self.path, name, _MAX_WEIGHTS)
        expected = values.get("sha256")
        if expected and hashlib.sha256(content).hexdigest() != expected:
            raise ModelFormatError(
                f"{self.path} is damaged: its file {name!r} is not the one it was "
                "packed with. Get the package again."
            )
        return content


def is_package(path: Path | str) -> bool:
    """Say whether a path is a package: a zip, a folder, or its description."""
    path = Path(path)
    try:
        return _is_description(path.name) or _find_description(path) is not None
    except (OSError, zipfile.BadZipFile, ValueError):
        return False


def open_package(path: Path | str) -> Package:
    """Open a package and read its description.

    Raises
    ------
    ModelFormatError
        It is no package of a model, is damaged, or PyYAML is not installed.
    """
    path = Path(path)
    try:
        name = path.name if _is_description(path.name) else _find_description(path)
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        raise ModelFormatError(
            f"{path} is damaged or cut short ({error}). Get the package again."
        ) from error
    root = path.parent if _is_description(path.name) else path
    if name is None:
        raise ModelFormatError(f"{path} is no bioimage.io package: it has no rdf.yaml.")
    description = _parse(root / name, _read(root, name, _MAX_TEXT))
    if description.get("type", "model") != "model":
        raise ModelFormatError(
            f"{path} describes a {description['type']}, no model. Choose a model's "
            "package."
        )
    return Package(root, description)


def _is_description(name: str) -> bool:
    return name in NAMES or name.endswith(tuple(f".{n}" for n in NAMES))


def _find_description(path: Path) -> str | None:
    if path.is_dir():
        names = sorted(child.name for child in path.iterdir())
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    else:
        return None
    return next((name for name in names if _is_description(name)), None)


def _parse(path: Path, content: bytes) -> dict[str, Any]:
    try:
        import yaml  # noqa: PLC0415  optional
    except ImportError as error:
        raise ModelFormatError(
            f"{path} is a bioimage.io package; PyYAML, which reads it, is not "
            'installed. Install it with: pip install "napari-imageseg[bioimageio]"'
        ) from error
    try:
        parsed = yaml.safe_load(content.decode())
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        line = next(iter(str(error).splitlines()), "")
        raise ModelFormatError(
            f"{path} is no readable description ({line}). Get the package again."
        ) from error
    if not isinstance(parsed, dict):
        raise ModelFormatError(f"{path} describes nothing. Get the package again.")
    return parsed


def _read(root: Path, name: str, limit: int) -> bytes:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if "://" in name:
        raise ModelFormatError(
            f"{root} keeps {name!r} elsewhere. Download the complete package; nothing "
            "is fetched from the network."
        )
    if ".." in parts or name.startswith(("/", "\\")) or ":" in name:
        raise ModelFormatError(
            f"{root} names a file {name!r} outside of it. The package was made to do "
            "harm or is damaged; it is not opened."
        )
    try:
        if root.is_dir():
            return _from_folder(root, name, limit)
        return _from_zip(root, name, limit)
    except (OSError, KeyError, zipfile.BadZipFile, RuntimeError, zlib.error) as error:
        raise ModelFormatError(
            f"{root} is damaged or incomplete: its file {name!r} cannot be read "
            f"({error}). Get the package again."
        ) from error


def _from_folder(root: Path, name: str, limit: int) -> bytes:
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()):
        raise OSError("it is a link to somewhere else")
    if path.stat().st_size > limit:
        raise OSError(f"it has more than {limit:,} bytes")
    return path.read_bytes()


def _from_zip(root: Path, name: str, limit: int) -> bytes:
    with zipfile.ZipFile(root) as archive:
        info = archive.getinfo(name)
        packed = max(info.compress_size, 1)
        bomb = info.file_size > _SMALL and info.file_size > _MAX_RATIO * packed
        if bomb or info.file_size > limit:
            raise OSError(f"it would unpack to {info.file_size:,} bytes")
        return archive.read(info)
