"""The table of layers: their arguments, and the arithmetic of their sides.

Sizes follow Keras, as TensorFlow defines "same" and "valid" padding
(https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from imageseg.architectures.graph import Node
from imageseg.errors import ModelFormatError

_REQUIRED = object()
_WINDOW = {"kernel": _REQUIRED, "stride": 1, "padding": "same"}
_WEIGHTS = {"bias": True, "activation": "linear", "init": "glorot_uniform"}
_POOL = {"size": _REQUIRED, "stride": None, "padding": "valid"}

OPS: dict[str, dict[str, Any]] = {
    "input": {},
    "conv": {"filters": _REQUIRED, **_WINDOW, "dilation": 1, "groups": 1, **_WEIGHTS},
    "conv_transpose": {
        "filters": _REQUIRED,
        **_WINDOW,
        "output_padding": None,
        **_WEIGHTS,
    },
    "batch_norm": {"epsilon": 1e-3, "momentum": 0.01, "scale": True, "center": True},
    "activation": {"kind": _REQUIRED, "alpha": None},
    "max_pool": _POOL,
    "average_pool": _POOL,
    "upsample": {"factor": _REQUIRED, "mode": "nearest"},
    "concat": {},
    "add": {},
    "multiply": {},
    "dropout": {"rate": _REQUIRED},
    "spatial_dropout": {"rate": _REQUIRED},
    "crop": {"sides": _REQUIRED},
    "crop_to": {},
    "pad": {"sides": _REQUIRED},
    "rescale": {"scale": 1.0, "offset": 0.0},
    "flatten": {},
    "dense": {"units": _REQUIRED, **_WEIGHTS},
    "global_average_pool": {},
    "forest": {"filters": _REQUIRED, "features": _REQUIRED, "trees": _REQUIRED},
}
"""Names of layers, their arguments and defaults.

`momentum` is torch's: the share of the new batch. `crop_to` cuts its first input
to the size of its second. `rescale` multiplies and adds one number, or a list of one
a channel.
"""


def full_arguments(node: Node) -> dict[str, Any]:
    """Return a layer's arguments, defaults filled in.

    Raises
    ------
    ModelFormatError
        The layer is unknown, or an argument is missing or unknown.
    """
    if node.op not in OPS:
        raise ModelFormatError(
            f"The layer {node.name!r} is a {node.op!r}, which this version does not "
            f"know; it has {', '.join(OPS)}."
        )
    known = OPS[node.op]
    values = known | node.arguments
    if values.get("padding", "same") not in ("same", "valid"):
        raise ModelFormatError(
            f"The layer {node.name!r} pads as {values['padding']!r}; there are same "
            "and valid."
        )
    wrong = [name for name in values if name not in known or values[name] is _REQUIRED]
    if wrong:
        raise ModelFormatError(
            f"The layer {node.name!r} ({node.op}) lacks an argument or has one too "
            f"many: {', '.join(wrong)}."
        )
    return values


def per_axis(value: int | Sequence[int], dims: int) -> tuple[int, ...]:
    """Return one number an axis."""
    return (value,) * dims if isinstance(value, int) else tuple(value)


def windowed_side(side: int, window: int, stride: int, padding: str) -> int:
    """Return how often a window fits; `window` includes the dilation."""
    if padding == "same":
        return -(-side // stride)
    return (side - window) // stride + 1


def same_padding(side: int, window: int, stride: int) -> tuple[int, int]:
    """Return the zeros before and after a side; the odd one comes after."""
    steps = -(-side // stride) - 1
    total = max(steps * stride + window - side, 0)
    return total // 2, total - total // 2


def transposed_excess(
    kernel: int, stride: int, padding: str, output_padding: int | None
) -> int:
    """Return by how much a transposed convolution's full side is cut.

    The full side is ``(side - 1) * stride + kernel``; half of the excess is cut
    before, the odd one after. A negative excess is appended.
    """
    if padding == "same":
        given = output_padding is not None
        return 2 * (kernel // 2) - output_padding if given else kernel - stride  # type: ignore[operator]
    return -(max(stride - kernel, 0) if output_padding is None else output_padding)
