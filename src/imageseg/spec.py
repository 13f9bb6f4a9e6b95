"""What travels with a model's weights, readable without torch."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, get_args

from imageseg.classes import ClassScheme
from imageseg.errors import ModelFormatError, SettingsError
from imageseg.settings import Normalisation

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT = "imageseg-model"
VERSION = 1
_TYPES = {"name": str, "architecture": str, "arguments": dict, "channels": int}
_RARE = ("neighbours", "channel_names")
_MALFORMED = (ValueError, AttributeError, RecursionError)  # JSON of another kind
_MAX_HEADER = 100_000_000  # safetensors' own limit


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """The description of a segmentation model.

    Attributes
    ----------
    name
        As users see it.
    architecture, arguments
        Name in the table of networks and what it was built with.
    channels
        Image channels it takes.
    scheme
        The classes it tells apart.
    normalisation
        How pixel values become 0 to 1.
    neighbours
        Slices on each side that it sees beside the slice it labels; their channels
        stand before and behind those of the slice.
    channel_names
        Of the image channels, in order; empty if they have none.
    provenance
        How it came to be: settings, images, scores, parent, software.
    card
        A few sentences for people, Markdown.
    """

    name: str
    architecture: str
    arguments: dict[str, Any]
    channels: int
    scheme: ClassScheme
    normalisation: Normalisation = "range"
    neighbours: int = 0
    channel_names: tuple[str, ...] = ()
    provenance: dict[str, Any] = field(default_factory=dict)
    card: str = ""

    def __post_init__(self) -> None:
        if self.channels < 1:
            raise SettingsError("channels", self.channels, "1 or more")
        if self.normalisation not in get_args(Normalisation):
            allowed = " or ".join(get_args(Normalisation))
            raise SettingsError("normalisation", self.normalisation, allowed)
        if self.neighbours < 0:
            raise SettingsError("neighbours", self.neighbours, "0 or more")
        if len(self.channel_names) not in (0, self.channels):
            names = ", ".join(self.channel_names)
            raise SettingsError("channel_names", names, f"{self.channels} names")

    @property
    def inputs(self) -> int:
        """Maps the network takes: the channels of a slice and of its neighbours."""
        return self.channels * (2 * self.neighbours + 1)

    @property
    def outputs(self) -> int:
        """Maps the network gives: one for two classes (sigmoid), else one a class."""
        return 1 if len(self.scheme) == 2 else len(self.scheme)

    @property
    def summary(self) -> str:
        """One line: architecture, channels, classes."""
        channels = {1: "grey", 3: "RGB"}.get(self.channels, f"{self.channels} channels")
        if self.neighbours:
            channels += f" of {2 * self.neighbours + 1} slices"
        network = f"{self.architecture} {self.arguments.get('filters', '')}".rstrip()
        return f"{network} · {channels} · {', '.join(self.scheme.names)}"

    def renamed(self, name: str) -> Self:
        """Return the same description under another name."""
        return replace(self, name=name)

    def to_json(self) -> str:
        """Return the text stored in a model file's header."""
        values = {f: getattr(self, f) for f in self.__slots__} | {
            "scheme": self.scheme.to_dict()
        }
        for name in _RARE:  # other programs of this version know nothing of them
            if not values[name]:
                del values[name]
        return json.dumps(values, ensure_ascii=False, default=_plain)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Rebuild a description from `to_json`.

        Raises
        ------
        ModelFormatError
            Fields are missing or make no sense.
        """
        try:
            values = _with_types(json.loads(text))
            return cls(**values | {"scheme": ClassScheme.from_dict(values["scheme"])})
        except (*_MALFORMED, TypeError, KeyError) as error:
            raise ModelFormatError(
                f"The description inside the model file is damaged ({error})."
            ) from error


def read_spec(path: Path | str) -> ModelSpec:
    """Read a model file's description without its weights.

    Raises
    ------
    ModelFormatError
        The file is missing, not ours, damaged, or from a newer version.
    """
    return spec_of(read_metadata(path), path)


def spec_of(metadata: dict[str, str], path: Path | str) -> ModelSpec:
    """Rebuild a description from the metadata of a model file.

    Parameters
    ----------
    metadata
        As of `header`.
    path
        Of the file, for messages.

    Raises
    ------
    ModelFormatError
        The metadata are not ours, damaged, or from a newer version.
    """
    if metadata.get("format") != FORMAT:
        raise ModelFormatError(
            f"{path} holds tensors but no imageseg model: its header lacks a "
            "description. Choose a file saved by imageseg."
        )
    version = metadata.get("version", "")
    if not version.isdecimal() or int(version) > VERSION:
        raise ModelFormatError(
            f"{path} was written by a newer imageseg (model format {version}; this "
            f"program reads up to {VERSION}). Update napari-imageseg to open it."
        )
    try:
        return ModelSpec.from_json(metadata.get("spec", ""))
    except ModelFormatError as error:
        raise ModelFormatError(f"{path} cannot be used. {error}") from error


def find_model(name_or_path: Path | str) -> Path:
    """Return the file of a bundled model or the path itself.

    Raises
    ------
    ModelFormatError
        There is neither.
    """
    bundled = bundled_models()
    if str(name_or_path) in bundled:
        return bundled[str(name_or_path)]
    path = Path(name_or_path)
    if path.is_file():
        return path
    raise ModelFormatError(
        f"There is no model {str(name_or_path)!r}: neither a file nor one of the "
        f"bundled models ({', '.join(bundled) or 'none'})."
    )


def bundled_models() -> dict[str, Path]:
    """Return the models that come with the program: name to file."""
    folder = Path(str(resources.files("imageseg"))) / "weights"
    return {path.stem: path for path in sorted(folder.glob("*.safetensors"))}


def header(spec: ModelSpec, digest: str = "") -> dict[str, str]:
    """Return the metadata that `read_spec` reads back.

    Parameters
    ----------
    spec
        Description of the model.
    digest
        Of its weights, which are compared with it when they are read.
    """
    values = {"format": FORMAT, "version": str(VERSION), "spec": spec.to_json()}
    return values | ({"digest": digest} if digest else {})


def digest_of(weights: Mapping[str, NDArray[Any]]) -> str:
    """Return the first 12 digits of the SHA-256 of weights, names included."""
    sha = hashlib.sha256()
    for name, array in sorted(weights.items()):
        sha.update(name.encode())
        sha.update(array.tobytes())
    return sha.hexdigest()[:12]


def read_digest(path: Path | str) -> str:
    """Return the digest of a model file's weights; early files do not state theirs.

    Raises
    ------
    ModelFormatError
        The file is missing or damaged.
    """
    stated = read_metadata(path).get("digest")
    if stated:
        return stated
    from safetensors import SafetensorError  # noqa: PLC0415  rarely needed
    from safetensors.numpy import load_file  # noqa: PLC0415

    try:
        return digest_of(load_file(path))
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelFormatError(
            f"{path} is damaged or cut short ({error}). Get the file again."
        ) from error


def read_metadata(path: Path | str) -> dict[str, str]:
    """Read what a safetensors file says of itself.

    Its header is 8 bytes of length, then JSON
    (https://huggingface.co/docs/safetensors, "Format").

    Raises
    ------
    ModelFormatError
        The file is missing or no safetensors file.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > _MAX_HEADER:
                raise ValueError("no safetensors header")
            parsed = json.loads(file.read(length))
            metadata = parsed.get("__metadata__", {})
            return {str(k): str(v) for k, v in metadata.items()}
    except OSError as error:
        raise ModelFormatError(f"Cannot open {path}: {error.strerror}.") from error
    except (*_MALFORMED, struct.error) as error:
        raise ModelFormatError(
            f"{path} is no imageseg model. A model is one .safetensors file; others, "
            "pickled ones above all, are never opened."
        ) from error


def _with_types(values: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a description after a look at their types."""
    for name, kind in _TYPES.items():
        if not isinstance(values[name], kind):
            raise TypeError(f"{name} is {values[name]!r}")
    names, neighbours = values.get("channel_names", []), values.get("neighbours", 0)
    if not isinstance(neighbours, int) or not isinstance(names, list):
        raise TypeError(f"neighbours is {neighbours!r}, channel_names is {names!r}")
    return values | {"channel_names": tuple(map(str, names))}


def _plain(value: object) -> Any:  # noqa: ANN401  whatever JSON can hold
    """Turn NumPy numbers and paths into what JSON knows."""
    if hasattr(value, "item"):
        return value.item()
    return str(value)
