"""Layers of a graph as torch modules that compute what Keras computes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from imageseg.architectures.graph import Node
from imageseg.architectures.ops import full_arguments, per_axis, same_padding
from imageseg.architectures.shapes import Shape, pool_axes
from imageseg.errors import ModelFormatError
from imageseg.networks.convolutions import convolution, padded, transposed
from imageseg.networks.forest import PixelForest
from imageseg.networks.initialise import fill

_KERAS_SLOPE = 0.3  # of the leaky rectifier; torch's is 0.01

Arguments = dict[str, Any]
Build = Callable[[Arguments, Sequence[Shape], int], nn.Module]


def build_layer(node: Node, given: Sequence[Shape], dims: int) -> nn.Module:
    """Return the module of a layer, without its fused activation.

    Parameters
    ----------
    node
        The layer.
    given
        Shapes of its inputs.
    dims
        Axes of the images.

    Raises
    ------
    ModelFormatError
        It cannot be built with its arguments.
    """
    arguments = full_arguments(node)
    try:
        module = _LAYERS[node.op](arguments, given, dims)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ModelFormatError(
            f"The layer {node.name!r} ({node.op}) cannot be built: its arguments do "
            f"not fit together ({error})."
        ) from error
    if "init" in arguments:
        fill(module.weight, arguments["init"])  # type: ignore[arg-type]
        if arguments["bias"]:
            nn.init.zeros_(module.bias)  # type: ignore[arg-type]
    return module


def build_activation(
    kind: str, alpha: float | None = None, *, inplace: bool = False
) -> nn.Module:
    """Return an activation by its Keras name.

    Raises
    ------
    ModelFormatError
        It is unknown.
    """
    if kind not in _ACTIVATIONS:
        raise ModelFormatError(
            f"The activation {kind!r} is unknown; there are {', '.join(_ACTIVATIONS)}."
        )
    if kind == "relu":
        return nn.ReLU(inplace=inplace)
    if kind == "leaky_relu":
        return nn.LeakyReLU(_KERAS_SLOPE if alpha is None else alpha)
    make = _ACTIVATIONS[kind]
    return make() if alpha is None else make(alpha)


class _Function(nn.Module):
    """A layer without weights."""

    def __init__(self, function: Callable[..., Tensor], **arguments: object) -> None:
        super().__init__()
        self._function = function
        self._arguments = arguments

    def forward(self, *given: Tensor) -> Tensor:
        return self._function(*given, **self._arguments)


def _without_arguments(function: Callable[..., Tensor]) -> Build:
    return lambda _arguments, _given, _dims: _Function(function)


def _with_arguments(function: Callable[..., Tensor]) -> Build:
    return lambda arguments, _given, _dims: _Function(function, **arguments)


def _batch_norm(arguments: Arguments, given: Sequence[Shape], dims: int) -> nn.Module:
    module: nn.Module = _torch("BatchNorm", dims if len(given[0]) > 1 else 1)(
        given[0][0], eps=arguments["epsilon"], momentum=arguments["momentum"]
    )
    if not arguments["scale"]:
        module.register_parameter("weight", None)
    if not arguments["center"]:
        module.register_parameter("bias", None)
    return module


def _pool(name: str) -> Build:
    def build(arguments: Arguments, _given: Sequence[Shape], dims: int) -> nn.Module:
        windows, strides = pool_axes(arguments, dims)
        pool: nn.Module = _torch(name, dims)(windows, strides)
        if arguments["padding"] == "valid":
            return pool
        function = _padded_maximum if name == "MaxPool" else _padded_mean
        return _Function(function, pool=pool, windows=windows, strides=strides)

    return build


def _padded_maximum(
    x: Tensor, pool: nn.Module, windows: Sequence[int], strides: Sequence[int]
) -> Tensor:
    largest: Tensor = pool(padded(x, _pads(x, windows, strides), -torch.inf))
    return largest


def _padded_mean(
    x: Tensor, pool: nn.Module, windows: Sequence[int], strides: Sequence[int]
) -> Tensor:
    """Average what is inside; padding has no weight."""
    pads = _pads(x, windows, strides)
    mean: Tensor = pool(padded(x, pads)) / pool(padded(torch.ones_like(x), pads))
    return mean


def _pads(
    x: Tensor, windows: Sequence[int], strides: Sequence[int]
) -> list[tuple[int, int]]:
    axes = zip(x.shape[2:], windows, strides, strict=True)
    return [same_padding(*axis) for axis in axes]


def _upsample(arguments: Arguments, _given: Sequence[Shape], dims: int) -> nn.Module:
    factors = tuple(float(f) for f in per_axis(arguments["factor"], dims))
    mode = arguments["mode"]
    if mode == "bilinear" and dims == 3:
        mode = "trilinear"
    return nn.Upsample(scale_factor=factors, mode=mode)


def _activation(arguments: Arguments, _given: Sequence[Shape], _dims: int) -> nn.Module:
    return build_activation(arguments["kind"], arguments["alpha"])


def _dropout(name: str) -> Build:
    def build(arguments: Arguments, given: Sequence[Shape], _dims: int) -> nn.Module:
        axes = len(given[0]) - 1
        kind = getattr(nn, f"{name}{axes}d") if name and axes else nn.Dropout
        module: nn.Module = kind(arguments["rate"])
        return module

    return build


def _dense(arguments: Arguments, given: Sequence[Shape], _dims: int) -> nn.Module:
    return nn.Linear(given[0][0], arguments["units"], bias=arguments["bias"])


def _forest(arguments: Arguments, given: Sequence[Shape], _dims: int) -> nn.Module:
    maps, features, trees = (arguments[a] for a in ("filters", "features", "trees"))
    return PixelForest(given[0][0], maps, features, trees)


def _torch(name: str, dims: int) -> Any:  # noqa: ANN401  torch types tuples by length
    """Return torch's layer for so many axes."""
    return getattr(nn, f"{name}{dims}d")


def _crop(x: Tensor, sides: Sequence[tuple[int, int]]) -> Tensor:
    return padded(x, [(-before, -after) for before, after in sides])


def _pad(x: Tensor, sides: Sequence[tuple[int, int]]) -> Tensor:
    return padded(x, sides)


def _crop_centre(x: Tensor, reference: Tensor) -> Tensor:
    """Cut the centre to the size of another; the odd row goes at the end."""
    for axis in range(2, x.ndim):
        size = reference.shape[axis]
        x = x.narrow(axis, (x.shape[axis] - size) // 2, size)
    return x


def _rescale(
    x: Tensor, scale: float | list[float], offset: float | list[float]
) -> Tensor:
    return x * _of_channels(x, scale) + _of_channels(x, offset)


def _of_channels(x: Tensor, value: float | list[float]) -> float | Tensor:
    """Return a number for all channels, or one for each in the shape to multiply."""
    if not isinstance(value, list):
        return value
    return x.new_tensor(value).reshape(-1, *[1] * (x.ndim - 2))


def _flatten(x: Tensor) -> Tensor:
    return x.movedim(1, -1).flatten(1)  # Keras' channels are last


def _mean(x: Tensor) -> Tensor:
    return x.flatten(2).mean(2)


def _concat(*given: Tensor) -> Tensor:
    return torch.cat(given, 1)


def _sum(first: Tensor, *others: Tensor) -> Tensor:
    for other in others:
        first = first + other
    return first


def _product(first: Tensor, *others: Tensor) -> Tensor:
    for other in others:
        first = first * other
    return first


_LAYERS: dict[str, Build] = {
    "conv": convolution,
    "conv_transpose": transposed,
    "batch_norm": _batch_norm,
    "activation": _activation,
    "max_pool": _pool("MaxPool"),
    "average_pool": _pool("AvgPool"),
    "upsample": _upsample,
    "concat": _without_arguments(_concat),
    "add": _without_arguments(_sum),
    "multiply": _without_arguments(_product),
    "dropout": _dropout(""),
    "spatial_dropout": _dropout("Dropout"),
    "crop": _with_arguments(_crop),
    "crop_to": _without_arguments(_crop_centre),
    "pad": _with_arguments(_pad),
    "rescale": _with_arguments(_rescale),
    "flatten": _without_arguments(_flatten),
    "dense": _dense,
    "global_average_pool": _without_arguments(_mean),
    "forest": _forest,
}

_ACTIVATIONS: dict[str, Callable[..., nn.Module]] = {
    "linear": nn.Identity,
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "softmax": partial(nn.Softmax, dim=1),
    "tanh": nn.Tanh,
    "elu": nn.ELU,
    "leaky_relu": nn.LeakyReLU,
    "selu": nn.SELU,
    "silu": nn.SiLU,
    "gelu": nn.GELU,
    "softplus": nn.Softplus,
}
