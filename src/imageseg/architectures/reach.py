"""How far a network sees, and on which grid: what exact tiles need to know."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

from imageseg.architectures.graph import Graph, Node
from imageseg.architectures.ops import full_arguments, per_axis, same_padding
from imageseg.architectures.shapes import (
    Shape,
    effective_windows,
    infer_shapes,
    pool_axes,
    transposed_axes,
)
from imageseg.errors import ModelFormatError
from imageseg.forest import feature_reach

_WIDEST_MARGIN = 1 << 14
_LARGEST_STRIDE = 1024

Span = tuple[int, int]
"""First and last pixel of an interval."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What tiles need to know of a network.

    Attributes
    ----------
    stride
        Sides of images are multiples of this, and tiles start at multiples.
    halo
        Pixels around a tile that can change its result; a multiple of `stride`.
    margins
        Pixels (before, after) that an image is mirrored by on each axis, because
        layers without padding eat them.
    """

    stride: int
    halo: int
    margins: tuple[Span, ...]


def measure_reach(graph: Graph) -> Reach:
    """Derive stride, halo and margins of a network from its layers.

    Raises
    ------
    ModelFormatError
        It looks at the whole image at once, or its map has another scale than
        the image.
    """
    if graph.tile:
        return Reach(graph.tile, 0, ((0, 0),) * graph.dims)
    axes = range(graph.dims)
    stride = lcm(*(_stride(graph, axis) for axis in axes))
    if stride > _LARGEST_STRIDE:
        raise ModelFormatError(
            f"The network shrinks images {stride} times; {_LARGEST_STRIDE} is the most."
        )
    margins = tuple(_margin(graph, stride, axis) for axis in axes)
    sides = [stride + before + after for before, after in margins]
    shapes = infer_shapes(graph, sides)
    farthest = max(
        _farthest(graph, shapes, axis, margins[axis][0], offset)
        for axis in axes
        for offset in range(stride)
    )
    return Reach(stride, -(-farthest // stride) * stride, margins)


def encoder_nodes(graph: Graph) -> tuple[str, ...]:
    """Return the layers up to the deepest level, which can be frozen as encoder.

    Empty if the network never shrinks the image.
    """
    scales = _scales(graph, graph.dims - 1)
    deepest = max(scales.values())
    if graph.tile or deepest <= 1:
        return ()
    last = [name for name, scale in scales.items() if scale == deepest][-1]
    return tuple(node.name for node in graph.needed_for(last))


def _scales(graph: Graph, axis: int) -> dict[str, Fraction]:
    """Return the input pixels a step of each layer's pixels spans."""
    scales: dict[str, Fraction] = {}
    for node in graph.nodes:
        before = scales[node.inputs[0]] if node.inputs else Fraction(1)
        scales[node.name] = before * _step(node, graph.dims, axis)
    return scales


def _step(node: Node, dims: int, axis: int) -> Fraction:
    arguments = full_arguments(node)
    if node.op == "conv":
        return Fraction(per_axis(arguments["stride"], dims)[axis])
    if node.op in ("max_pool", "average_pool"):
        return Fraction(pool_axes(arguments, dims)[1][axis])
    if node.op == "conv_transpose":
        return Fraction(1, per_axis(arguments["stride"], dims)[axis])
    if node.op == "upsample":
        return Fraction(1, per_axis(arguments["factor"], dims)[axis])
    return Fraction(1)


def _stride(graph: Graph, axis: int) -> int:
    scales = _scales(graph, axis)
    if scales[graph.outputs[0]] != 1:
        raise ModelFormatError(
            "The network's map has another scale than the image "
            f"(1 : {scales[graph.outputs[0]]}); only maps as large as the image can "
            "be used."
        )
    return lcm(*(scale.numerator for scale in scales.values()))


def _margin(graph: Graph, stride: int, axis: int) -> Span:
    """Return the smallest margin with which `stride` pixels come out.

    Sides that are `stride` longer lose as much, so it is enough for them all.
    """

    def left(total: int) -> int:
        return _side(graph, stride + total, axis)

    least = bisect_left(
        range(_WIDEST_MARGIN), x=True, key=lambda total: left(total) >= stride
    )
    if least == _WIDEST_MARGIN:
        raise ModelFormatError(
            "The network looks at whole images at once; only networks that see a "
            "bounded neighbourhood can be used on images of any size."
        )
    total = next(
        (t for t in range(least, least + stride) if _fits(graph, stride + t)), least
    )
    before = (stride + total - left(total)) // 2
    return before, total - before


def _fits(graph: Graph, side: int) -> bool:
    """Say whether the network can compute images of this side."""
    try:
        infer_shapes(graph, [side] * graph.dims)
    except ModelFormatError:
        return False
    return True


def _side(graph: Graph, side: int, axis: int) -> int:
    """Return the map's side for an image's."""
    shapes = infer_shapes(graph, [side] * graph.dims, strict=False)
    shape = shapes[graph.outputs[0]]
    return shape[1 + axis] if len(shape) > 1 else 0


def _farthest(
    graph: Graph, shapes: dict[str, Shape], axis: int, margin: int, offset: int
) -> int:
    """Return how far from the map's pixel `offset` the image can change it.

    The interval behind the pixel is followed from the map back to the image.
    """
    spans: dict[str, Span] = {graph.outputs[0]: (offset, offset)}
    for node in reversed(graph.nodes):
        if node.name not in spans:
            continue
        for name, span in _behind(node, spans[node.name], shapes, axis):
            low, high = spans.get(name, span)
            spans[name] = min(low, span[0]), max(high, span[1])
    low, high = spans[graph.nodes[0].name]
    return max(offset - (low - margin), high - margin - offset)


def _behind(
    node: Node, span: Span, shapes: dict[str, Shape], axis: int
) -> Iterator[tuple[str, Span]]:
    """Yield the intervals of the inputs that an interval of a layer depends on."""
    if not node.inputs:
        return
    arguments = full_arguments(node)
    first = node.inputs[0]
    side = shapes[first][1 + axis]
    dims = len(shapes[first]) - 1
    if node.op == "crop_to":  # the second input gives its size only
        shift = (side - shapes[node.inputs[1]][1 + axis]) // 2
        yield first, (span[0] + shift, span[1] + shift)
    elif node.op in ("conv", "max_pool", "average_pool"):
        yield first, _under_window(span, side, *_window(node, arguments, dims, axis))
    else:
        moved = _moved(node.op, arguments, span, dims, axis)
        yield from ((name, moved) for name in node.inputs)


def _window(
    node: Node, arguments: dict[str, Any], dims: int, axis: int
) -> tuple[int, int, str]:
    if node.op == "conv":
        windows = effective_windows(arguments, dims)
        strides = per_axis(arguments["stride"], dims)
    else:
        windows, strides = pool_axes(arguments, dims)
    return windows[axis], strides[axis], arguments["padding"]


def _under_window(
    span: Span, side: int, window: int, stride: int, padding: str
) -> Span:
    before = same_padding(side, window, stride)[0] if padding == "same" else 0
    low, high = (at * stride - before for at in span)
    return low, high + window - 1


def _moved(
    op: str, arguments: dict[str, Any], span: Span, dims: int, axis: int
) -> Span:
    low, high = span
    if op == "forest":
        reach = feature_reach(arguments["features"])
        return low - reach, high + reach
    if op == "conv_transpose":
        kernel, stride, excess = transposed_axes(arguments, dims)[axis]
        cut = max(excess, 0) // 2
        return -((kernel - 1 - low - cut) // stride), (high + cut) // stride
    if op == "upsample":
        return _enlarged(span, per_axis(arguments["factor"], dims)[axis], arguments)
    if op in ("crop", "pad"):
        before = arguments["sides"][axis][0] * (1 if op == "crop" else -1)
        return low + before, high + before
    return span


def _enlarged(span: Span, factor: int, arguments: dict[str, Any]) -> Span:
    low, high = span
    if arguments["mode"] == "nearest":
        return low // factor, high // factor
    centre = [
        (2 * at + 1 - factor) // (2 * factor) for at in span
    ]  # half-pixel centres
    return centre[0], centre[1] + 1
