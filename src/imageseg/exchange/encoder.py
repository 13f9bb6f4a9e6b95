"""Weights of a ResNet that learned elsewhere, as encoder of a new model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from imageseg.architectures import encoder_nodes
from imageseg.errors import ModelFormatError, ModelMismatchError, SettingsError
from imageseg.model import SegmentationModel
from imageseg.networks import GraphNetwork
from imageseg.networks.network import layer_key
from imageseg.spec import digest_of

_RGB = 3
_PICKLES = (b"PK\x03\x04", b"\x80")  # torch.save today, and before version 1.6
_UNUSED = ("fc.", "num_batches_tracked")
_SHOWN = 4


def with_encoder(model: SegmentationModel, path: Path | str) -> SegmentationModel:
    """Put the weights of a trained ResNet into a new model of the network ``resnet``.

    The file names its tensors as torchvision and timm do (``conv1.weight``,
    ``layer1.0.bn1.running_mean``, ``layer2.0.downsample.0.weight`` …); its classifier,
    ``fc``, is left out. An image of one or two channels gets the mean of the three
    first kernels, one of more than three gets them in turn; either is multiplied by
    3 / channels, so that the sum over channels keeps its size.

    Parameters
    ----------
    model
        With a new network, which is changed in place.
    path
        A ``.safetensors`` file.

    Returns
    -------
    model
        The same network; its provenance names the file as parent.

    Raises
    ------
    ModelFormatError
        The file is a pickle, damaged, or lacks tensors.
    ModelMismatchError
        Its tensors are those of another ResNet.
    SettingsError
        The model is of another architecture.
    """
    path, network = Path(path), model.network
    if model.spec.architecture != "resnet" or not isinstance(network, GraphNetwork):
        given = f"{path}, but the network is {model.spec.architecture}"
        raise SettingsError("encoder", given, "left out, or the network resnet")
    weights = _read(path)
    state = network.state_dict()
    state.update(_fitted(weights, _places(network), state, path))
    network.load_state_dict(state)
    digest = digest_of({name: t.numpy() for name, t in weights.items()})
    story = {"parent": {"name": path.name, "digest": digest}}
    return replace(model, spec=replace(model.spec, provenance=story))


def _read(path: Path) -> dict[str, Tensor]:
    """Return the tensors that an encoder needs, as float32."""
    if _is_pickle(path):
        raise ModelFormatError(
            f"{path} is a pickle, which can run code when it is opened; it never is. "
            "Where you trust it, turn it into a safetensors file: "
            "safetensors.torch.save_file(torch.load(FILE, weights_only=True), "
            "'encoder.safetensors')."
        )
    try:
        with safe_open(path, "pt") as file:
            names = [n for n in file.keys() if not _unused(n)]  # noqa: SIM118  no dict
            return {name: file.get_tensor(name).float() for name in names}
    except (SafetensorError, OSError, ValueError, RuntimeError) as error:
        raise ModelFormatError(
            f"{path} cannot be read as a safetensors file ({error}). Get the file "
            "again, or another one."
        ) from error


def _is_pickle(path: Path) -> bool:
    """Tell by the first bytes; a safetensors file has a length and then a brace."""
    try:
        with path.open("rb") as file:
            start = file.read(9)
    except OSError:
        return False  # said when it is opened
    return start.startswith(_PICKLES) and start[8:] != b"{"


def _unused(name: str) -> bool:
    classifier, counter = _UNUSED
    return name.startswith(classifier) or name.endswith(counter)


def _places(network: GraphNetwork) -> dict[str, str]:
    """Return where each of torchvision's tensors goes: its layers have our names."""
    names = set(encoder_nodes(network.graph))
    return {
        f"{node.name}.{tensor}": f"layers.{layer_key(node.name)}.{tensor}"
        for node in network.graph.nodes
        if node.name in names
        for tensor in _TENSORS.get(node.op, ())
    }


_TENSORS = {
    "conv": ("weight",),
    "batch_norm": ("weight", "bias", "running_mean", "running_var"),
}


def _fitted(
    weights: dict[str, Tensor],
    places: dict[str, str],
    state: dict[str, Tensor],
    path: Path,
) -> dict[str, Tensor]:
    """Return the tensors under our names, or say what does not fit."""
    missing = [name for name in places if name not in weights]
    if missing:
        raise ModelFormatError(
            f"{path} lacks {_listed(missing)}. An encoder is a ResNet with the layers "
            "of the network (--encoder-layers), named as in torchvision or timm."
        )
    foreign = [name for name in weights if name not in places]
    if foreign:
        raise ModelMismatchError(
            f"{path} holds {_listed(foreign)}, which the network does not have; it may "
            "be a ResNet of other layers (--encoder-layers)."
        )
    channels = state[places[_FIRST]].shape[1]
    fitted = weights | {_FIRST: _for_channels(weights[_FIRST], channels)}
    wrong = [
        f"{name} {tuple(fitted[name].shape)} instead of {tuple(state[place].shape)}"
        for name, place in places.items()
        if fitted[name].shape != state[place].shape
    ]
    if wrong:
        raise ModelMismatchError(
            f"{path} is the encoder of another network: {_listed(wrong)}. ResNets of "
            "torchvision have 64 filters (--filters)."
        )
    return {place: fitted[name] for name, place in places.items()}


_FIRST = "conv1.weight"


def _for_channels(kernels: Tensor, channels: int) -> Tensor:
    """Return the first kernels (F, 3, Y, X) for images of other channels."""
    if channels == _RGB or kernels.ndim != 4 or kernels.shape[1] != _RGB:
        return kernels
    if channels < _RGB:
        own = kernels.mean(1, keepdim=True).expand(-1, channels, -1, -1)
    else:
        own = kernels[:, torch.arange(channels) % _RGB]
    return own * (_RGB / channels)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
