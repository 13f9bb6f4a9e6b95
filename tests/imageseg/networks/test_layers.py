"""Layers compute what Keras computes, here written out as slow sums."""

from __future__ import annotations

import itertools
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from imageseg.architectures import Node
from imageseg.errors import ModelFormatError
from imageseg.networks.layers import build_activation, build_layer


def layer(op: str, *given: np.ndarray, **arguments: Any) -> nn.Module:
    torch.manual_seed(0)
    shapes = [array.shape[1:] for array in given]
    module = build_layer(Node("it", op, (), arguments), shapes, given[0].ndim - 2)
    return module.double().eval()


def run(module: nn.Module, *given: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return module(*map(torch.from_numpy, given)).numpy()


def picture(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape)


def pads(side: int, window: int, stride: int, padding: str) -> tuple[int, int]:
    """TensorFlow's formulas: outputs, and zeros before."""
    if padding == "valid":
        return math.ceil((side - window + 1) / stride), 0
    count = math.ceil(side / stride)
    return count, max((count - 1) * stride + window - side, 0) // 2


def slow_windows(
    x: np.ndarray, window: int, stride: int, padding: str, dilation: int = 1
) -> list[tuple[tuple[int, ...], list[tuple[tuple[int, ...], np.ndarray]]]]:
    """List (output place, [(kernel place, values under it)]) of one image (C, Y, X)."""
    reach = (window - 1) * dilation + 1
    axes = [pads(side, reach, stride, padding) for side in x.shape[1:]]
    result = []
    for place in itertools.product(*(range(count) for count, _ in axes)):
        under = []
        for tap in itertools.product(range(window), repeat=len(axes)):
            at = [
                p * stride + t * dilation - before
                for p, t, (_, before) in zip(place, tap, axes, strict=True)
            ]
            if all(0 <= a < side for a, side in zip(at, x.shape[1:], strict=True)):
                under.append((tap, x[(slice(None), *at)]))
        result.append((place, under))
    return result


def filled(places: dict[tuple[int, ...], np.ndarray]) -> np.ndarray:
    sides = [max(axis) + 1 for axis in zip(*places, strict=True)]
    out = np.zeros((len(next(iter(places.values()))), *sides))
    for place, value in places.items():
        out[(slice(None), *place)] = value
    return out


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(
    ("kernel", "stride", "dilation"),
    [(1, 1, 1), (2, 1, 1), (3, 1, 1), (4, 1, 1), (3, 1, 2), (2, 2, 1), (3, 2, 1),
     (5, 2, 1), (3, 3, 1), (2, 3, 1)],
)  # fmt: skip
@pytest.mark.parametrize("sides", [(7, 10), (8, 9)])
def test_a_convolution_is_that_of_keras(
    padding: str, kernel: int, stride: int, dilation: int, sides: tuple[int, int]
) -> None:
    x = picture(1, 2, *sides)
    module = layer(
        "conv",
        x,
        filters=3,
        kernel=kernel,
        stride=stride,
        dilation=dilation,
        padding=padding,
    )
    nn.init.normal_(module.bias)
    weight, bias = module.weight.detach().numpy(), module.bias.detach().numpy()
    expected = {
        place: bias + sum(weight[(..., *tap)] @ value for tap, value in under)
        for place, under in slow_windows(x[0], kernel, stride, padding, dilation)
    }

    np.testing.assert_allclose(run(module, x)[0], filled(expected), atol=1e-12)


def slow_transposed(
    x: np.ndarray, weight: np.ndarray, stride: int, side: Callable[[int], int],
    padding: str,
) -> np.ndarray:  # fmt: skip
    """Scatter each pixel by its kernel: the transpose of the convolution of `side`."""
    kernel = weight.shape[-1]
    sides = [side(n) for n in x.shape[1:]]
    before = [pads(n, kernel, stride, padding)[1] for n in sides]
    out = np.zeros((weight.shape[1], *sides))
    for place in itertools.product(*map(range, x.shape[1:])):
        for tap in itertools.product(range(kernel), repeat=len(sides)):
            at = [
                p * stride + t - b for p, t, b in zip(place, tap, before, strict=True)
            ]
            if all(0 <= a < n for a, n in zip(at, sides, strict=True)):
                out[(slice(None), *at)] += (
                    x[(slice(None), *place)] @ weight[(..., *tap)]
                )
    return out


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "extra", "side"),
    [
        (2, 2, "same", None, lambda n: 2 * n),
        (3, 2, "same", None, lambda n: 2 * n),
        (3, 2, "same", 1, lambda n: 2 * n),
        (3, 2, "same", 0, lambda n: 2 * n - 1),
        (4, 2, "same", None, lambda n: 2 * n),
        (5, 2, "same", None, lambda n: 2 * n),
        (5, 3, "same", None, lambda n: 3 * n),
        (1, 2, "same", None, lambda n: 2 * n),
        (3, 1, "same", None, lambda n: n),
        (2, 2, "valid", None, lambda n: 2 * n),
        (3, 2, "valid", None, lambda n: 2 * n + 1),
        (3, 2, "valid", 1, lambda n: 2 * n + 2),
        (1, 2, "valid", None, lambda n: 2 * n),
    ],
)
@pytest.mark.parametrize("sides", [(4, 5), (3, 2, 4)], ids=["2-D", "3-D"])
def test_a_transposed_convolution_is_that_of_keras(
    kernel: int,
    stride: int,
    padding: str,
    extra: int | None,
    side: Callable[[int], int],
    sides: tuple[int, ...],
) -> None:
    x = picture(1, 2, *sides)
    module = layer(
        "conv_transpose",
        x,
        filters=3,
        kernel=kernel,
        stride=stride,
        padding=padding,
        output_padding=extra,
    )
    nn.init.normal_(module.bias)
    bias = module.bias.detach().numpy().reshape(-1, *[1] * len(sides))
    expected = slow_transposed(
        x[0], module.weight.detach().numpy(), stride, side, padding
    )

    np.testing.assert_allclose(run(module, x)[0], expected + bias, atol=1e-12)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(("size", "stride"), [(2, None), (3, None), (3, 2), (2, 1)])
@pytest.mark.parametrize(
    ("op", "function"), [("max_pool", np.max), ("average_pool", np.mean)]
)
def test_pooling_is_that_of_keras(
    op: str, function: Callable[..., Any], size: int, stride: int | None, padding: str
) -> None:
    x = picture(1, 2, 7, 8) - 3  # negative: padding with zeros would show
    module = layer(op, x, size=size, stride=stride, padding=padding)
    expected = {
        place: function([value for _, value in under], axis=0)
        for place, under in slow_windows(x[0], size, stride or size, padding)
    }

    np.testing.assert_allclose(run(module, x)[0], filled(expected), atol=1e-12)


def test_batch_normalisation_is_that_of_keras() -> None:
    x = picture(2, 3, 4, 5)
    module = layer("batch_norm", x)
    for values in (module.weight, module.bias, module.running_mean):
        nn.init.normal_(values)
    nn.init.uniform_(module.running_var, 0.001, 0.01)  # so small that epsilon shows
    gamma, beta, mean, variance = (
        v.detach().numpy().reshape(1, -1, 1, 1)
        for v in (module.weight, module.bias, module.running_mean, module.running_var)
    )
    expected = gamma * (x - mean) / np.sqrt(variance + 0.001) + beta

    np.testing.assert_allclose(run(module, x), expected)
    assert module.momentum == 0.01


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("center", [True, False])
def test_batch_normalisation_may_lack_scale_and_centre(
    *, scale: bool, center: bool
) -> None:
    x = picture(2, 3, 4, 5)
    module = layer("batch_norm", x, scale=scale, center=center)
    kept = [name for name, _ in module.named_parameters()]
    expected = [name for name, there in [("weight", scale), ("bias", center)] if there]

    assert kept == expected
    np.testing.assert_allclose(run(module, x), x / np.sqrt(1.001))


def test_enlarging_repeats_pixels() -> None:
    x = picture(1, 2, 3, 4)
    module = layer("upsample", x, factor=[2, 3])

    np.testing.assert_array_equal(run(module, x), x.repeat(2, 2).repeat(3, 3))


def test_smooth_enlarging_has_half_pixel_centres() -> None:
    x = np.array([0.0, 1.0, 3.0]).reshape(1, 1, 1, 3)
    module = layer("upsample", x, factor=[1, 2], mode="bilinear")

    np.testing.assert_allclose(run(module, x)[0, 0, 0], [0, 0.25, 0.75, 1.5, 2.5, 3])


def test_joining_keeps_the_order() -> None:
    a, b = picture(1, 2, 3, 4), picture(1, 1, 3, 4) + 9
    joined = run(layer("concat", b, a), b, a)

    np.testing.assert_array_equal(joined, np.concatenate([b, a], 1))
    np.testing.assert_allclose(run(layer("add", a, a, b), a, a, b), 2 * a + b)
    np.testing.assert_allclose(run(layer("multiply", a, b), a, b), a * b)


def test_the_odd_pixel_is_cut_after() -> None:
    x, small = picture(1, 2, 7, 6), picture(1, 5, 4, 4)

    cut = run(layer("crop_to", x, small), x, small)
    np.testing.assert_array_equal(cut, x[:, :, 1:5, 1:5])


def test_sides_are_cropped_and_padded_as_told() -> None:
    x = picture(1, 2, 7, 6)
    sides = [[1, 2], [0, 3]]

    np.testing.assert_array_equal(
        run(layer("crop", x, sides=sides), x), x[:, :, 1:5, :3]
    )
    np.testing.assert_array_equal(
        run(layer("pad", x, sides=sides), x), np.pad(x, [(0, 0), (0, 0), *sides])
    )


def test_a_dense_layer_reads_channels_last() -> None:
    x = picture(2, 3, 4, 5)
    flat = run(layer("flatten", x), x)
    module = layer("dense", flat, units=6)
    weight = module.weight.detach().numpy()

    np.testing.assert_array_equal(flat, x.transpose(0, 2, 3, 1).reshape(2, -1))
    np.testing.assert_allclose(run(module, flat), flat @ weight.T)
    np.testing.assert_allclose(run(layer("global_average_pool", x), x), x.mean((2, 3)))
    np.testing.assert_allclose(
        run(layer("rescale", x, scale=2.0, offset=-1.0), x), 2 * x - 1
    )


@pytest.mark.parametrize(
    ("kind", "alpha", "expected"),
    [
        ("linear", None, lambda z: z),
        ("relu", None, lambda z: np.maximum(z, 0)),
        ("sigmoid", None, lambda z: 1 / (1 + np.exp(-z))),
        ("softmax", None, lambda z: np.exp(z) / np.exp(z).sum(1, keepdims=True)),
        ("tanh", None, np.tanh),
        ("elu", None, lambda z: np.where(z > 0, z, np.exp(z) - 1)),
        ("elu", 0.5, lambda z: np.where(z > 0, z, 0.5 * (np.exp(z) - 1))),
        ("leaky_relu", None, lambda z: np.where(z > 0, z, 0.3 * z)),
        ("leaky_relu", 0.1, lambda z: np.where(z > 0, z, 0.1 * z)),
        ("silu", None, lambda z: z / (1 + np.exp(-z))),
        ("softplus", None, lambda z: np.log1p(np.exp(z))),
        (
            "selu",
            None,
            lambda z: (
                1.0507009873554805
                * np.where(z > 0, z, 1.6732632423543772 * (np.exp(z) - 1))
            ),
        ),
    ],
)
def test_an_activation_is_its_formula(
    kind: str, alpha: float | None, expected: Callable[[np.ndarray], np.ndarray]
) -> None:
    x = picture(1, 3, 4, 5)
    arguments = {"kind": kind} | ({} if alpha is None else {"alpha": alpha})

    np.testing.assert_allclose(
        run(layer("activation", x, **arguments), x), expected(x), atol=1e-7
    )


def test_an_unknown_activation_is_refused() -> None:
    with pytest.raises(ModelFormatError, match="'swoosh'"):
        build_activation("swoosh")


@pytest.mark.parametrize(
    ("op", "whole_maps"), [("dropout", False), ("spatial_dropout", True)]
)
@pytest.mark.parametrize("sides", [(8, 8), (4, 4, 4)], ids=["2-D", "3-D"])
def test_dropout_acts_while_learning_only(
    op: str, sides: tuple[int, ...], *, whole_maps: bool
) -> None:
    x = np.ones((4, 16, *sides))
    module = layer(op, x, rate=0.5)

    np.testing.assert_array_equal(run(module, x), x)
    dropped = run(module.train(), x)
    assert set(np.unique(dropped)) == {0.0, 2.0}
    spread = dropped.reshape(4, 16, -1).std(-1)
    assert (spread == 0).all() == whole_maps


@pytest.mark.parametrize(
    ("op", "arguments"),
    [
        ("concat", {}),
        ("crop", {"sides": [[1, 1], [1, 1]]}),
        ("max_pool", {"size": 2, "padding": "same"}),
        ("upsample", {"factor": 2}),
    ],
)
def test_layers_travel_to_other_processes(op: str, arguments: dict[str, Any]) -> None:
    x = picture(1, 2, 5, 5)
    module = layer(op, x, **arguments)
    copy = pickle.loads(pickle.dumps(module))  # noqa: S301  as torch sends them

    np.testing.assert_array_equal(run(copy, x), run(module, x))


@pytest.mark.parametrize("arguments", [{"groups": 2}, {"filters": -1}])
def test_a_layer_that_cannot_be_is_named(arguments: dict[str, Any]) -> None:
    with pytest.raises(ModelFormatError, match="'it'"):
        layer("conv", picture(1, 3, 5, 5), **{"filters": 2, "kernel": 3} | arguments)
