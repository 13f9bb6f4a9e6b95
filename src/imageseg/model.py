"""A segmentation model: a network and its description, in one safe file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from imageseg.classes import ClassScheme
from imageseg.errors import ModelFormatError, SettingsError
from imageseg.files import atomic_path
from imageseg.networks import GraphNetwork, build_network
from imageseg.networks.table import memory_order
from imageseg.settings import Normalisation
from imageseg.spec import (
    ModelSpec,
    digest_of,
    find_model,
    header,
    read_metadata,
    spec_of,
)

_MOST_LAYERS = 10_000  # the deepest of the table has 134
_LARGEST_NUMBER = 1 << 16  # of filters, kernel sides, trees, …
_MALFORMED = (  # what descriptions of strange numbers make networks raise
    *(ModelFormatError, SettingsError, TypeError, ValueError, RuntimeError),
    *(ArithmeticError, LookupError, AttributeError, MemoryError),
)


@dataclass(frozen=True, slots=True, eq=False)
class SegmentationModel:
    """A network with all that is needed to use it.

    Attributes
    ----------
    network
        Maps (N, C, Y, X) to logits (N, K, Y, X); K is 1 for two classes.
    spec
        Its description.
    """

    network: nn.Module
    spec: ModelSpec

    def save(self, path: Path | str) -> Path:
        """Write one ``.safetensors`` file, atomically; nothing in it is code.

        Raises
        ------
        OSError
            The folder cannot be written.
        """
        path = Path(path)
        if path.suffix != ".safetensors":
            path = path.with_name(path.name + ".safetensors")
        tensors = {k: v.cpu().contiguous().clone() for k, v in self._state().items()}
        with atomic_path(path) as temporary:
            save_file(tensors, temporary, metadata=header(self.spec, self.digest()))
        return path

    def on_joined_slices(self) -> Self:
        """Return the same network as one whose neighbouring slices are channels.

        See `imageseg.images.with_neighbours`.
        """
        spec = replace(
            self.spec, channels=self.spec.inputs, neighbours=0, channel_names=()
        )
        return replace(self, spec=spec)

    def digest(self) -> str:
        """Return the first 12 digits of the SHA-256 of the weights."""
        return _digest(self._state())

    def _state(self) -> dict[str, Tensor]:
        return self.network.state_dict()


def new_model(  # noqa: PLR0913  the fields of a description
    scheme: ClassScheme,
    *,
    channels: int,
    architecture: str = "unet",
    arguments: dict[str, Any] | None = None,
    normalisation: Normalisation = "range",
    neighbours: int = 0,
    channel_names: tuple[str, ...] = (),
    name: str = "new",
) -> SegmentationModel:
    """Build an untrained model.

    Raises
    ------
    SettingsError
        An argument is out of range.
    """
    spec = ModelSpec(
        name=name,
        architecture=architecture,
        arguments=dict(arguments or {}),
        channels=channels,
        scheme=scheme,
        normalisation=normalisation,
        neighbours=neighbours,
        channel_names=channel_names,
    )
    return SegmentationModel(_in_order(_network(spec)), spec)


def load_model(name_or_path: Path | str) -> SegmentationModel:
    """Open a bundled model by name, or a model file.

    Parameters
    ----------
    name_or_path
        ``"canopy"``, or the path of a ``.safetensors`` file.

    Raises
    ------
    ModelFormatError
        There is no such model, or the file is foreign, damaged or newer.
    """
    path = find_model(name_or_path)
    metadata = read_metadata(path)
    spec = spec_of(metadata, path)
    try:
        weights = _read_weights(path)
    except (SafetensorError, OSError, ValueError, RuntimeError) as error:
        raise ModelFormatError(
            f"{path} is damaged or cut short: its weights cannot be read "
            f"({_first_line(error)}). Get the file again."
        ) from error
    if metadata.get("digest", "") not in ("", _digest(weights)):
        raise ModelFormatError(
            f"{path} is damaged: its weights are not those that were saved. Get the "
            "file again."
        )
    return assemble_model(spec, weights, path)


def assemble_model(
    spec: ModelSpec, weights: dict[str, Tensor], path: Path | str
) -> SegmentationModel:
    """Put weights into the network that a description tells of.

    The network gets no memory before the weights are known to fit, so that no
    description, whatever its numbers, can exhaust it.

    Parameters
    ----------
    spec
        Description of the model.
    weights
        Tensors by the names that torch gives them; they become the model's own.
    path
        File they are from, for messages.

    Raises
    ------
    ModelFormatError
        The description makes no network, or the weights do not fit it.
    """
    try:
        with torch.device("meta"):
            network = _network(spec)
        _check_fit(network.state_dict(), weights)
        network.load_state_dict(weights, assign=True)
    except _MALFORMED as error:
        raise ModelFormatError(
            f"{path} cannot be used: its weights do not fit its description, or that "
            f"makes no network ({_first_line(error)}). Get the file again."
        ) from error
    return SegmentationModel(_in_order(network).eval(), spec)


def class_probabilities(logits: Tensor) -> Tensor:
    """Turn logits (N, K', Y, X) into probabilities (N, K, Y, X).

    One map means two classes: sigmoid is the probability of the second.
    """
    logits = logits.float()
    if logits.shape[1] > 1:
        return logits.softmax(1)
    second = logits.sigmoid()
    return torch.cat([1 - second, second], dim=1)


def _digest(state: dict[str, Tensor]) -> str:
    return digest_of({name: t.detach().cpu().numpy() for name, t in state.items()})


def _read_weights(path: Path) -> dict[str, Tensor]:
    """Copy the weights: safetensors' own stay tied to the file, which may change."""
    with safe_open(path, "pt") as file:
        return {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118  no dict


def _check_fit(expected: dict[str, Tensor], weights: dict[str, Tensor]) -> None:
    """Compare names, shapes and types of weights with those of a network.

    What has memory all the same are trees, whose number of nodes differs; they are
    checked when they are put in.
    """
    for name in sorted(expected.keys() ^ weights.keys()):
        raise ValueError(f"{name} is on one side only")
    for name, tensor in expected.items():
        found = weights[name]
        fits = (found.shape, found.dtype) == (tensor.shape, tensor.dtype)
        if tensor.is_meta and not fits:
            raise ValueError(
                f"{name} is {tuple(found.shape)} {found.dtype}, not "
                f"{tuple(tensor.shape)} {tensor.dtype}"
            )


def _network(spec: ModelSpec) -> GraphNetwork:
    layers = spec.arguments.get("graph")
    if isinstance(layers, dict) and len(layers.get("nodes", ())) > _MOST_LAYERS:
        raise ModelFormatError(f"A network has at most {_MOST_LAYERS:,} layers.")
    _check_numbers([spec.arguments, spec.channels, spec.neighbours])
    return build_network(spec.architecture, spec.inputs, spec.outputs, spec.arguments)


def _check_numbers(values: object) -> None:
    """Refuse numbers that no network is built with, before memory is asked for."""
    if isinstance(values, dict | list | tuple):
        for value in values.values() if isinstance(values, dict) else values:
            _check_numbers(value)
    elif isinstance(values, int) and abs(values) > _LARGEST_NUMBER:
        raise ModelFormatError(
            f"An argument of its network is {str(values)[:12]}…, more than "
            f"{_LARGEST_NUMBER:,}."
        )


def _in_order(network: GraphNetwork) -> nn.Module:
    """Lay out neighbouring channels: 1.4 to 1.9 times faster convolutions on CPUs."""
    order = memory_order(network.dims)
    return network.to(memory_format=order)  # type: ignore[call-overload, no-any-return]


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
