"""Convolutions that pad and cut as Keras does, with torch's weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from torch import Tensor, nn
from torch.nn import functional as F

from imageseg.architectures.ops import per_axis, same_padding
from imageseg.architectures.shapes import Shape, effective_windows, transposed_axes

Arguments = dict[str, Any]


def convolution(arguments: Arguments, given: Sequence[Shape], dims: int) -> nn.Module:
    """Return a convolution.

    Parameters
    ----------
    arguments
        Of the layer `conv`, all of them.
    given
        Shape of its input.
    dims
        2 or 3.
    """
    windows = effective_windows(arguments, dims)
    strides = per_axis(arguments["stride"], dims)
    same = arguments["padding"] == "same"
    plain = not same or (all(w % 2 for w in windows) and set(strides) == {1})
    kinds = (nn.Conv2d, nn.Conv3d) if plain else (_SameConv2d, _SameConv3d)
    kind: Any = kinds[dims - 2]  # torch types tuples by their length
    module: nn.Module = kind(
        given[0][0],
        arguments["filters"],
        per_axis(arguments["kernel"], dims),
        stride=strides,
        padding=tuple(w // 2 for w in windows) if same and plain else 0,
        dilation=per_axis(arguments["dilation"], dims),
        groups=arguments["groups"],
        bias=arguments["bias"],
    )
    return module


def transposed(arguments: Arguments, given: Sequence[Shape], dims: int) -> nn.Module:
    """Return a transposed convolution; parameters as for `convolution`."""
    excess = [e for _, _, e in transposed_axes(arguments, dims)]
    kind: Any = (_Transposed2d, _Transposed3d)[dims - 2]
    module: nn.Module = kind(
        given[0][0],
        arguments["filters"],
        per_axis(arguments["kernel"], dims),
        stride=per_axis(arguments["stride"], dims),
        padding=tuple(max(e, 0) // 2 for e in excess),
        output_padding=tuple(max(-e, 0) for e in excess),
        bias=arguments["bias"],
    )
    module.cut = tuple(max(e, 0) % 2 for e in excess)  # type: ignore[assignment]
    return module


def padded(x: Tensor, pads: Sequence[tuple[int, int]], value: float = 0.0) -> Tensor:
    """Add (before, after) on each axis of (N, C, …); negative numbers cut."""
    flat = [n for pad in reversed(pads) for n in pad]
    return F.pad(x, flat, value=value) if any(flat) else x


class _SamePadding:
    """Pads as Keras' "same" does where torch's own padding cannot."""

    def forward(self, x: Tensor) -> Tensor:
        """Pad, then convolve."""
        me = cast("nn.Conv2d", self)
        axes = zip(x.shape[2:], me.kernel_size, me.stride, me.dilation, strict=True)
        pads = [same_padding(n, (k - 1) * d + 1, s) for n, k, s, d in axes]
        result: Tensor = super().forward(padded(x, pads))  # type: ignore[misc]
        return result


class _SameConv2d(_SamePadding, nn.Conv2d):
    pass


class _SameConv3d(_SamePadding, nn.Conv3d):
    pass


class _Transposed2d(nn.ConvTranspose2d):
    """Cuts at the end what Keras does not give; the start is torch's padding."""

    cut: tuple[int, ...] = ()

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        return _without_end(super().forward(x, output_size), self.cut)


class _Transposed3d(nn.ConvTranspose3d):
    """The same for volumes."""

    cut: tuple[int, ...] = ()

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        return _without_end(super().forward(x, output_size), self.cut)


def _without_end(x: Tensor, cut: Sequence[int]) -> Tensor:
    for axis, count in enumerate(cut, start=2):
        if count:
            x = x.narrow(axis, 0, x.shape[axis] - count)
    return x
