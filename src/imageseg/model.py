"""A segmentation model: a network and its description, in one safe file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from imageseg.classes import ClassScheme
from imageseg.errors import ModelFormatError, SettingsError
from imageseg.files import atomic_path
from imageseg.networks import build_network
from imageseg.settings import Normalisation
from imageseg.spec import ModelSpec, find_model, header, read_spec


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
        tensors = {k: v.contiguous().cpu() for k, v in self._state().items()}
        with atomic_path(path) as temporary:
            save_file(tensors, temporary, metadata=header(self.spec))
        return path

    def digest(self) -> str:
        """Return the first 12 digits of the SHA-256 of the weights."""
        sha = hashlib.sha256()
        for name, tensor in sorted(self._state().items()):
            sha.update(name.encode())
            sha.update(tensor.detach().cpu().contiguous().numpy().tobytes())
        return sha.hexdigest()[:12]

    def _state(self) -> dict[str, Tensor]:
        return self.network.state_dict()


def new_model(
    scheme: ClassScheme,
    *,
    channels: int,
    architecture: str = "unet",
    arguments: dict[str, Any] | None = None,
    normalisation: Normalisation = "range",
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
    )
    return SegmentationModel(_build(spec), spec)


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
    spec = read_spec(path)
    try:
        network = _build(spec)
    except (ModelFormatError, SettingsError) as error:
        raise ModelFormatError(f"{path} cannot be used. {error}") from error
    try:
        network.load_state_dict(load_file(path))
    except (SafetensorError, RuntimeError, OSError) as error:
        raise ModelFormatError(
            f"{path} is damaged or cut short: its weights do not fit its description "
            f"({str(error).splitlines()[0]}). Get the file again."
        ) from error
    return SegmentationModel(network.eval(), spec)


def class_probabilities(logits: Tensor) -> Tensor:
    """Turn logits (N, K', Y, X) into probabilities (N, K, Y, X).

    One map means two classes: sigmoid is the probability of the second.
    """
    logits = logits.float()
    if logits.shape[1] > 1:
        return logits.softmax(1)
    second = logits.sigmoid()
    return torch.cat([1 - second, second], dim=1)


def _build(spec: ModelSpec) -> nn.Module:
    network = build_network(
        spec.architecture, spec.channels, spec.outputs, spec.arguments
    )
    # Neighbouring channels in memory: 1.4 to 1.9 times faster convolutions on CPUs.
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]
