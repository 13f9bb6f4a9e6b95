"""The table of Keras layers: each as a layer of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from imageseg.errors import ModelFormatError
from imageseg.exchange.keras.config import Layer

Op = tuple[str, dict[str, Any]]
"""Name and arguments of a layer of ours."""

Config = dict[str, Any]

_SKIPPED = (  # at work they change nothing
    "ActivityRegularization",
    "AlphaDropout",
    "GaussianDropout",
    "GaussianNoise",
    "Identity",
    "RandomBrightness",
    "RandomContrast",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
)
_ACTIVATIONS = {  # Keras' name: ours, and the slope where Keras' differs
    **{name: (name, None) for name in ("linear", "relu", "sigmoid", "softmax", "tanh")},
    **{name: (name, None) for name in ("elu", "selu", "gelu", "silu", "softplus")},
    "swish": ("silu", None),
    "leaky_relu": ("leaky_relu", 0.2),
}


def translate(layer: Layer, dims: int) -> list[Op]:
    """Return the layers of ours that compute a Keras layer; none if it does nothing.

    Parameters
    ----------
    layer
        The layer.
    dims
        2 for planes, 3 for volumes.

    Raises
    ------
    ModelFormatError
        The layer, or a setting of it, is not supported; code is never run.
    """
    if layer.kind in _SKIPPED:
        return []
    kind = layer.kind.removesuffix(f"{dims}D")
    if layer.kind.endswith("DTranspose"):
        kind = layer.kind.replace(f"{dims}D", "")
    if kind not in _TRANSLATIONS:
        raise refusal(layer, _why(layer.kind))
    if layer.config.get("data_format") == "channels_first":
        raise refusal(
            layer, "has its channels first; save the model with channels last"
        )
    try:
        return [op for op in _TRANSLATIONS[kind](layer, layer.config) if op[0]]
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise refusal(
            layer, f"lacks a setting or has a strange one ({error})"
        ) from error


def refusal(layer: Layer, reason: str) -> ModelFormatError:
    """Return the error for a layer that cannot be used."""
    return ModelFormatError(f"The layer {layer.name!r} ({layer.kind}) {reason}.")


def _why(kind: str) -> str:
    if kind in ("Lambda", "TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer"):
        return (
            "holds code, which is never run. Rebuild the model in Keras without it "
            "(Rescaling, Cropping2D and others do most such things) and save it again"
        )
    return f"is of a kind that cannot be imported; there are {', '.join(_TRANSLATIONS)}"


def _conv(layer: Layer, config: Config) -> list[Op]:
    arguments = {
        "filters": config["filters"],
        "kernel": _axes(config["kernel_size"]),
        "stride": _axes(config["strides"]),
        "dilation": _axes(config.get("dilation_rate", 1)),
        "padding": _padding(layer, config),
        "groups": config.get("groups", 1),
        "bias": config["use_bias"],
    }
    return _activated(layer, "conv", arguments, config["activation"])


def _conv_transpose(layer: Layer, config: Config) -> list[Op]:
    if _axes(config.get("dilation_rate", 1)) != 1 or config.get("groups", 1) != 1:
        raise refusal(layer, "is dilated or grouped, which cannot be imported")
    extra = config.get("output_padding")
    arguments = {
        "filters": config["filters"],
        "kernel": _axes(config["kernel_size"]),
        "stride": _axes(config["strides"]),
        "padding": _padding(layer, config),
        "output_padding": None if extra is None else _axes(extra),
        "bias": config["use_bias"],
    }
    return _activated(layer, "conv_transpose", arguments, config["activation"])


def _dense(layer: Layer, config: Config) -> list[Op]:
    arguments = {"units": config["units"], "bias": config["use_bias"]}
    return _activated(layer, "dense", arguments, config["activation"])


def _batch_norm(layer: Layer, config: Config) -> list[Op]:
    axis = config.get("axis", -1)
    axis = axis[0] if isinstance(axis, list) else axis
    if axis == 1 or config.get("renorm"):
        raise refusal(layer, "normalises another axis than channels, or by renorm")
    arguments = {
        "epsilon": config["epsilon"],
        "momentum": round(1 - config["momentum"], 9),  # torch counts the new share
        "scale": config["scale"],
        "center": config["center"],
    }
    return [("batch_norm", arguments)]


def _activated(
    layer: Layer, op: str, arguments: Config, activation: object
) -> list[Op]:
    """Fuse an activation, or add it as a layer if it has a slope of its own."""
    kind, alpha = _activation(layer, activation)
    if alpha is None:
        return [(op, arguments | {"activation": kind})]
    return [(op, arguments), ("activation", {"kind": kind, "alpha": alpha})]


def _activation(layer: Layer, value: object) -> tuple[str, float | None]:
    if isinstance(value, dict):  # Keras 3 writes some as objects
        value = value.get("config") if value.get("class_name") == "function" else None
    if value not in _ACTIVATIONS:
        raise refusal(layer, f"has the activation {value!r}, which cannot be imported")
    return _ACTIVATIONS[str(value)]


def _activation_layer(layer: Layer, config: Config) -> list[Op]:
    kind, alpha = _activation(layer, config["activation"])
    slope = {} if alpha is None else {"alpha": alpha}
    return [] if kind == "linear" else [("activation", {"kind": kind, **slope})]


def _relu(layer: Layer, config: Config) -> list[Op]:
    if config.get("max_value") is not None or config.get("threshold"):
        raise refusal(layer, "has a threshold or a maximum, which cannot be imported")
    slope = float(config.get("negative_slope") or 0)
    plain: Op = ("activation", {"kind": "relu"})
    return [_sloped("leaky_relu", slope)] if slope else [plain]


def _leaky_relu(_layer: Layer, config: Config) -> list[Op]:
    name = "negative_slope" if "negative_slope" in config else "alpha"  # Keras 3, 2
    return [_sloped("leaky_relu", config.get(name, 0.3))]


def _elu(_layer: Layer, config: Config) -> list[Op]:
    return [_sloped("elu", config.get("alpha", 1.0))]


def _softmax(layer: Layer, config: Config) -> list[Op]:
    if config.get("axis", -1) not in (-1, [-1]):
        raise refusal(layer, "works along another axis than channels")
    return [("activation", {"kind": "softmax"})]


def _sloped(kind: str, alpha: float) -> Op:
    return "activation", {"kind": kind, "alpha": float(alpha)}


def _pool(op: str) -> Callable[[Layer, Config], list[Op]]:
    def translated(layer: Layer, config: Config) -> list[Op]:
        size, stride = config["pool_size"], config.get("strides")
        arguments = {
            "size": _axes(size),
            "stride": None if stride is None else _axes(stride),
            "padding": _padding(layer, config),
        }
        return [(op, arguments)]

    return translated


def _upsample(layer: Layer, config: Config) -> list[Op]:
    mode = config.get("interpolation", "nearest")
    if mode not in ("nearest", "bilinear"):
        raise refusal(layer, f"enlarges by {mode!r}, which cannot be imported")
    return [("upsample", {"factor": _axes(config["size"]), "mode": mode})]


def _concat(layer: Layer, config: Config) -> list[Op]:
    if config.get("axis", -1) in (0, 1):
        raise refusal(layer, "joins along another axis than channels")
    return [("concat", {})]


def _plain(op: str, *names: str) -> Callable[[Layer, Config], list[Op]]:
    """Translate a layer whose settings are named alike."""
    return lambda _layer, config: [(op, {name: config[name] for name in names})]


def _sides(op: str, name: str) -> Callable[[Layer, Config], list[Op]]:
    def translated(_layer: Layer, config: Config) -> list[Op]:
        return [(op, {"sides": [[int(n) for n in axis] for axis in config[name]]})]

    return translated


def _rescale(layer: Layer, config: Config) -> list[Op]:
    scale, offset = config["scale"], config.get("offset", 0.0)
    if not isinstance(scale, int | float) or not isinstance(offset, int | float):
        raise refusal(
            layer, "scales each channel differently, which cannot be imported"
        )
    return [("rescale", {"scale": float(scale), "offset": float(offset)})]


def _padding(layer: Layer, config: Config) -> str:
    padding = str(config.get("padding", "valid"))
    if padding not in ("same", "valid"):
        raise refusal(layer, f"pads by {padding!r}, which cannot be imported")
    return padding


def _axes(value: int | list[int]) -> int | list[int]:
    """Return one number if all axes have the same."""
    numbers = [value] if isinstance(value, int) else [int(n) for n in value]
    return numbers[0] if len(set(numbers)) == 1 else numbers


_TRANSLATIONS: dict[str, Callable[[Layer, Config], list[Op]]] = {
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "Dense": _dense,
    "BatchNormalization": _batch_norm,
    "Activation": _activation_layer,
    "ReLU": _relu,
    "LeakyReLU": _leaky_relu,
    "ELU": _elu,
    "Softmax": _softmax,
    "MaxPooling": _pool("max_pool"),
    "AveragePooling": _pool("average_pool"),
    "GlobalAveragePooling": _plain("global_average_pool"),
    "UpSampling": _upsample,
    "Concatenate": _concat,
    "Add": _plain("add"),
    "Multiply": _plain("multiply"),
    "Dropout": _plain("dropout", "rate"),
    "SpatialDropout": _plain("spatial_dropout", "rate"),
    "Cropping": _sides("crop", "cropping"),
    "ZeroPadding": _sides("pad", "padding"),
    "Rescaling": _rescale,
    "Flatten": _plain("flatten"),
}
