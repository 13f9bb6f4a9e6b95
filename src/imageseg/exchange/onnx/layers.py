"""Layers of a graph as ONNX operators that compute what ours compute.

Operators and their padding: https://onnx.ai/onnx/operators/.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from imageseg.architectures.graph import Node
from imageseg.architectures.ops import full_arguments, per_axis
from imageseg.architectures.shapes import (
    effective_windows,
    pool_axes,
    transposed_axes,
)
from imageseg.errors import ModelError
from imageseg.exchange.onnx.writer import Writer

_KERAS_SLOPE = 0.3  # of the leaky rectifier
_TO_THE_END = np.iinfo(np.int64).max

Arguments = dict[str, Any]


def write_layer(
    w: Writer, node: Node, key: str, given: Sequence[str], dims: int
) -> str:
    """Write a layer with its activation, and return the name of its result.

    Parameters
    ----------
    w
        Where to.
    node
        The layer.
    key
        Its name in the network, where its weights are.
    given
        Names of what it takes.
    dims
        Axes of the images.

    Raises
    ------
    ModelError
        ONNX has no operator for it.
    """
    if node.op not in _LAYERS:
        raise ModelError(
            f"The layer {node.name!r} ({node.op}) cannot be written as ONNX, which has "
            "no such operator. Keep the model as .safetensors file."
        )
    w.layer = node.name
    arguments = full_arguments(node) | {"weights": f"layers.{key}"}
    result = _LAYERS[node.op](w, given, arguments, dims)
    if "activation" in arguments:
        return _activated(w, result, arguments["activation"], None)
    return result


def _activated(w: Writer, x: str, kind: str, alpha: float | None) -> str:
    if kind == "linear":
        return x
    if kind == "silu":
        return w.add("Mul", x, w.add("Sigmoid", x))
    attributes: Arguments = {"axis": 1} if kind == "softmax" else {}
    if kind == "leaky_relu":
        attributes["alpha"] = _KERAS_SLOPE if alpha is None else alpha
    elif alpha is not None:
        attributes["alpha"] = alpha
    return w.add(_ACTIVATIONS[kind], x, **attributes)


def _conv(w: Writer, given: Sequence[str], a: Arguments, dims: int) -> str:
    strides = per_axis(a["stride"], dims)
    padding: Arguments = {"auto_pad": "SAME_UPPER"}  # as Keras: the odd one at the end
    if a["padding"] == "valid":
        padding = {"pads": [0] * 2 * dims}
    elif set(strides) == {1}:
        excess = [window - 1 for window in effective_windows(a, dims)]
        padding = {"pads": [e // 2 for e in excess] + [e - e // 2 for e in excess]}
    return w.add(
        "Conv",
        given[0],
        *_weights(w, a),
        kernel_shape=per_axis(a["kernel"], dims),
        strides=strides,
        dilations=per_axis(a["dilation"], dims),
        group=a["groups"],
        **padding,
    )


def _transposed(w: Writer, given: Sequence[str], a: Arguments, dims: int) -> str:
    excess = [e for _, _, e in transposed_axes(a, dims)]
    cuts = [max(e, 0) for e in excess]
    return w.add(
        "ConvTranspose",
        given[0],
        *_weights(w, a),
        kernel_shape=per_axis(a["kernel"], dims),
        strides=per_axis(a["stride"], dims),
        pads=[c // 2 for c in cuts] + [c - c // 2 for c in cuts],
        output_padding=[max(-e, 0) for e in excess],
    )


def _dense(w: Writer, given: Sequence[str], a: Arguments, _dims: int) -> str:
    return w.add("Gemm", given[0], *_weights(w, a), transB=1)


def _weights(w: Writer, a: Arguments) -> list[str]:
    names = [w.weight(f"{a['weights']}.{name}") for name in ("weight", "bias")]
    return [name for name in names if name]


def _batch_norm(w: Writer, given: Sequence[str], a: Arguments, _dims: int) -> str:
    key = a["weights"]
    mean, var = (w.weight(f"{key}.running_{name}") for name in ("mean", "var"))
    gain = w.weight(f"{key}.weight") or w.ones(mean, 1)
    offset = w.weight(f"{key}.bias") or w.ones(mean, 0)
    return w.add(
        "BatchNormalization",
        *(given[0], gain, offset, mean, var),
        epsilon=a["epsilon"],
    )


def _pool(op: str) -> Callable[..., str]:
    def write(w: Writer, given: Sequence[str], a: Arguments, dims: int) -> str:
        windows, strides = pool_axes(a, dims)
        padding = "VALID" if a["padding"] == "valid" else "SAME_UPPER"
        return w.add(
            op, given[0], kernel_shape=windows, strides=strides, auto_pad=padding
        )

    return write


def _activation(w: Writer, given: Sequence[str], a: Arguments, _dims: int) -> str:
    return _activated(w, given[0], a["kind"], a["alpha"])


def _upsample(w: Writer, given: Sequence[str], a: Arguments, dims: int) -> str:
    return enlarged(w, given[0], per_axis(a["factor"], dims), a["mode"])


def enlarged(w: Writer, x: str, factors: Sequence[int], mode: str = "nearest") -> str:
    """Return an image of more pixels, each repeated or drawn between neighbours."""
    scales = w.constant((1, 1, *factors), np.float32)
    if mode == "nearest":
        ways = {
            "mode": "nearest",
            "nearest_mode": "floor",
            "coordinate_transformation_mode": "asymmetric",
        }
    else:
        ways = {
            "mode": "linear",
            "coordinate_transformation_mode": "half_pixel",
        }
    return w.add("Resize", x, "", scales, **ways)


def _joined(op: str) -> Callable[..., str]:
    def write(w: Writer, given: Sequence[str], _a: Arguments, _dims: int) -> str:
        first, *others = given
        for other in others:
            first = w.add(op, first, other)
        return first

    return write


def _concat(w: Writer, given: Sequence[str], _a: Arguments, _dims: int) -> str:
    return w.add("Concat", *given, axis=1)


def _unchanged(_w: Writer, given: Sequence[str], _a: Arguments, _dims: int) -> str:
    return given[0]


def _crop(w: Writer, given: Sequence[str], a: Arguments, dims: int) -> str:
    starts = [before for before, _ in a["sides"]]
    ends = [-after if after else _TO_THE_END for _, after in a["sides"]]
    return w.cut(given[0], w.whole(*starts), w.whole(*ends), range(2, 2 + dims))


def _crop_to(w: Writer, given: Sequence[str], _a: Arguments, dims: int) -> str:
    """Cut the centre to the size of another; the odd row goes at the end."""
    sizes = w.shape(given[1], 2)
    excess = w.add("Sub", w.shape(given[0], 2), sizes)
    starts = w.add("Div", excess, w.whole(2))
    return w.cut(given[0], starts, w.add("Add", starts, sizes), range(2, 2 + dims))


def _pad(w: Writer, given: Sequence[str], a: Arguments, _dims: int) -> str:
    before, after = zip(*a["sides"], strict=True)
    return w.add("Pad", given[0], w.whole(0, 0, *before, 0, 0, *after))


def _rescale(w: Writer, given: Sequence[str], a: Arguments, dims: int) -> str:
    scale, offset = (
        np.reshape(a[name], (-1, *[1] * dims)) for name in ("scale", "offset")
    )
    scaled = w.add("Mul", given[0], w.constant(scale, np.float32))
    return w.add("Add", scaled, w.constant(offset, np.float32))


def _flatten(w: Writer, given: Sequence[str], _a: Arguments, dims: int) -> str:
    order = (0, *range(2, 2 + dims), 1)  # Keras' channels are last
    return w.add("Flatten", w.add("Transpose", given[0], perm=order), axis=1)


def _mean(w: Writer, given: Sequence[str], _a: Arguments, dims: int) -> str:
    return w.add("ReduceMean", given[0], w.whole(*range(2, 2 + dims)), keepdims=0)


_LAYERS: dict[str, Callable[..., str]] = {
    "conv": _conv,
    "conv_transpose": _transposed,
    "batch_norm": _batch_norm,
    "activation": _activation,
    "max_pool": _pool("MaxPool"),
    "average_pool": _pool("AveragePool"),
    "upsample": _upsample,
    "concat": _concat,
    "add": _joined("Add"),
    "multiply": _joined("Mul"),
    "dropout": _unchanged,
    "spatial_dropout": _unchanged,
    "crop": _crop,
    "crop_to": _crop_to,
    "pad": _pad,
    "rescale": _rescale,
    "flatten": _flatten,
    "dense": _dense,
    "global_average_pool": _mean,
}

_ACTIVATIONS = {
    "relu": "Relu",
    "sigmoid": "Sigmoid",
    "softmax": "Softmax",
    "tanh": "Tanh",
    "elu": "Elu",
    "leaky_relu": "LeakyRelu",
    "selu": "Selu",
    "gelu": "Gelu",
    "softplus": "Softplus",
}
