"""Shapes of all layers for an image of some size, without running them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from imageseg.architectures.graph import Graph, Node
from imageseg.architectures.ops import (
    full_arguments,
    per_axis,
    transposed_excess,
    windowed_side,
)
from imageseg.errors import ModelFormatError

Shape = tuple[int, ...]
"""(C, Y, X) or (C, Z, Y, X); (C,) after a layer that forgets places."""

Arguments = dict[str, Any]


def infer_shapes(
    graph: Graph, size: Sequence[int], *, strict: bool = True
) -> dict[str, Shape]:
    """Return the output shape of every layer for an image of `size`.

    Parameters
    ----------
    graph
        The network.
    size
        (Y, X) or (Z, Y, X) of its input.
    strict
        Whether what is joined must have one size, as at work.

    Raises
    ------
    ModelFormatError
        A layer is unknown, or takes shapes that do not fit together.
    """
    shapes: dict[str, Shape] = {}
    for node in graph.nodes:
        arguments = full_arguments(node)
        given = [shapes[name] for name in node.inputs]
        if node.op == "input":
            shapes[node.name] = (graph.channels, *size)
            continue
        if strict and node.op in _JOINS:
            _check_equal(node, {shape[1:] for shape in given})
        shapes[node.name] = _SHAPES.get(node.op, _first)(node, arguments, given)
    return shapes


def _first(_node: Node, _arguments: Arguments, given: list[Shape]) -> Shape:
    return given[0]


def _conv(node: Node, arguments: Arguments, given: list[Shape]) -> Shape:
    _, *sides = _placed(node, given[0])
    dims = len(sides)
    windows = effective_windows(arguments, dims)
    strides = per_axis(arguments["stride"], dims)
    padding = arguments["padding"]
    return (
        arguments["filters"],
        *(
            windowed_side(*axis, padding)
            for axis in zip(sides, windows, strides, strict=True)
        ),
    )


def effective_windows(arguments: Arguments, dims: int) -> tuple[int, ...]:
    """Return a convolution's kernel sides with its dilation."""
    kernels = per_axis(arguments["kernel"], dims)
    dilations = per_axis(arguments["dilation"], dims)
    return tuple((k - 1) * d + 1 for k, d in zip(kernels, dilations, strict=True))


def _conv_transpose(node: Node, arguments: Arguments, given: list[Shape]) -> Shape:
    _, *sides = _placed(node, given[0])
    axes = zip(sides, transposed_axes(arguments, len(sides)), strict=True)
    return (
        arguments["filters"],
        *((side - 1) * stride + k - excess for side, (k, stride, excess) in axes),
    )


def transposed_axes(arguments: Arguments, dims: int) -> list[tuple[int, int, int]]:
    """Return (kernel, stride, excess) of a transposed convolution, an axis each."""
    given = arguments["output_padding"]
    extra = (None,) * dims if given is None else per_axis(given, dims)
    kernels = per_axis(arguments["kernel"], dims)
    strides = per_axis(arguments["stride"], dims)
    return [
        (k, s, transposed_excess(k, s, arguments["padding"], e))
        for k, s, e in zip(kernels, strides, extra, strict=True)
    ]


def _pool(node: Node, arguments: Arguments, given: list[Shape]) -> Shape:
    channels, *sides = _placed(node, given[0])
    axes = zip(sides, *pool_axes(arguments, len(sides)), strict=True)
    return (channels, *(windowed_side(*axis, arguments["padding"]) for axis in axes))


def pool_axes(
    arguments: Arguments, dims: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return a pooling's windows and strides, one an axis each."""
    windows = per_axis(arguments["size"], dims)
    stride = arguments["stride"]
    return windows, windows if stride is None else per_axis(stride, dims)


def _upsample(node: Node, arguments: Arguments, given: list[Shape]) -> Shape:
    channels, *sides = _placed(node, given[0])
    factors = per_axis(arguments["factor"], len(sides))
    return (channels, *(s * f for s, f in zip(sides, factors, strict=True)))


def _concat(_node: Node, _arguments: Arguments, given: list[Shape]) -> Shape:
    return (sum(shape[0] for shape in given), *given[0][1:])


def _combined(node: Node, _arguments: Arguments, given: list[Shape]) -> Shape:
    channels = {shape[0] for shape in given}
    _check_equal(node, channels - {1})
    return (max(channels), *given[0][1:])


def _rescale(node: Node, arguments: Arguments, given: list[Shape]) -> Shape:
    for name in ("scale", "offset"):
        numbers = arguments[name]
        if isinstance(numbers, list) and len(numbers) != given[0][0]:
            raise ModelFormatError(
                f"The layer {node.name!r} (rescale) has {len(numbers)} numbers for "
                f"{given[0][0]} channel(s)."
            )
    return given[0]


def _crop(node: Node, arguments: Arguments, given: list[Shape]) -> Shape:
    channels, *sides = _placed(node, given[0])
    cuts = zip(sides, arguments["sides"], strict=True)
    return (channels, *(side - before - after for side, (before, after) in cuts))


def _pad(node: Node, arguments: Arguments, given: list[Shape]) -> Shape:
    channels, *sides = _placed(node, given[0])
    added = zip(sides, arguments["sides"], strict=True)
    return (channels, *(side + before + after for side, (before, after) in added))


def _crop_to(node: Node, _arguments: Arguments, given: list[Shape]) -> Shape:
    return (_placed(node, given[0])[0], *given[1][1:])


def _flatten(_node: Node, _arguments: Arguments, given: list[Shape]) -> Shape:
    return (prod(given[0]),)


def _dense(node: Node, arguments: Arguments, given: list[Shape]) -> Shape:
    if len(given[0]) != 1:
        raise ModelFormatError(
            f"The dense layer {node.name!r} takes a vector, not {given[0]}; a 1×1 "
            "convolution does the same at every pixel."
        )
    return (arguments["units"],)


def _global(_node: Node, _arguments: Arguments, given: list[Shape]) -> Shape:
    return given[0][:1]


def _forest(node: Node, arguments: Arguments, given: list[Shape]) -> Shape:
    return (arguments["filters"], *_placed(node, given[0])[1:])


def _placed(node: Node, shape: Shape) -> Shape:
    if len(shape) == 1:
        raise ModelFormatError(
            f"The layer {node.name!r} ({node.op}) takes an image, but the layer "
            "before it gives a vector."
        )
    return shape


def _check_equal(node: Node, found: set[Any]) -> None:
    if len(found) > 1:
        raise ModelFormatError(
            f"The layer {node.name!r} ({node.op}) takes layers that do not fit "
            f"together: {sorted(found)}."
        )


_JOINS = ("concat", "add", "multiply")

_SHAPES: dict[str, Callable[[Node, Arguments, list[Shape]], Shape]] = {
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "max_pool": _pool,
    "average_pool": _pool,
    "upsample": _upsample,
    "concat": _concat,
    "add": _combined,
    "multiply": _combined,
    "crop": _crop,
    "crop_to": _crop_to,
    "pad": _pad,
    "rescale": _rescale,
    "flatten": _flatten,
    "dense": _dense,
    "global_average_pool": _global,
    "forest": _forest,
}
