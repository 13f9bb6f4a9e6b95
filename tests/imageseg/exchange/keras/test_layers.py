"""Each Keras layer becomes one of ours, or is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from imageseg.architectures.ops import OPS
from imageseg.errors import ModelFormatError
from imageseg.exchange.keras.config import Layer
from imageseg.exchange.keras.layers import translate

CONV = {
    "filters": 8,
    "kernel_size": [3, 3],
    "strides": [1, 1],
    "padding": "same",
    "use_bias": False,
    "activation": "relu",
}


def translated(kind: str, config: dict[str, Any], dims: int = 2) -> list[Any]:
    return translate(Layer("it", kind, config, ()), dims)


def test_a_convolution_keeps_all_its_settings() -> None:
    config = CONV | {"dilation_rate": [2, 2], "groups": 4, "strides": (2, 1)}

    ((op, arguments),) = translated("Conv2D", config)

    assert op == "conv"
    assert arguments == {
        "filters": 8,
        "kernel": 3,
        "stride": [2, 1],
        "dilation": 2,
        "padding": "same",
        "groups": 4,
        "bias": False,
        "activation": "relu",
    }
    assert arguments.keys() <= OPS["conv"].keys()


def test_batch_normalisation_counts_momentum_as_torch_does() -> None:
    config = {
        "axis": [3],
        "epsilon": 0.001,
        "momentum": 0.99,
        "scale": True,
        "center": False,
    }

    assert translated("BatchNormalization", config) == [
        (
            "batch_norm",
            {"epsilon": 0.001, "momentum": 0.01, "scale": True, "center": False},
        )
    ]


@pytest.mark.parametrize(
    ("kind", "config", "expected"),
    [
        ("LeakyReLU", {"alpha": 0.1}, ("leaky_relu", 0.1)),
        ("LeakyReLU", {"negative_slope": 0.2}, ("leaky_relu", 0.2)),
        ("LeakyReLU", {}, ("leaky_relu", 0.3)),
        (
            "ReLU",
            {"max_value": None, "negative_slope": [0.25][0]},
            ("leaky_relu", 0.25),
        ),
        ("ReLU", {"max_value": None, "negative_slope": 0.0}, ("relu", None)),
        ("ELU", {"alpha": 0.5}, ("elu", 0.5)),
        ("Activation", {"activation": "swish"}, ("silu", None)),
        ("Activation", {"activation": "leaky_relu"}, ("leaky_relu", 0.2)),
        ("Softmax", {"axis": -1}, ("softmax", None)),
        (
            "Activation",
            {"activation": {"class_name": "function", "config": "relu"}},
            ("relu", None),
        ),
    ],
)
def test_activations_keep_their_slopes(
    kind: str, config: dict[str, Any], expected: tuple[str, float | None]
) -> None:
    ((op, arguments),) = translated(kind, config)

    assert op == "activation"
    assert (arguments["kind"], arguments.get("alpha")) == expected


def test_a_fused_activation_with_a_slope_becomes_a_layer() -> None:
    ops = translated("Conv2D", CONV | {"activation": "leaky_relu"})

    assert [op for op, _ in ops] == ["conv", "activation"]
    assert ops[1][1] == {"kind": "leaky_relu", "alpha": 0.2}


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("GaussianNoise", {}),
        ("RandomFlip", {}),
        ("Activation", {"activation": "linear"}),
    ],
)
def test_what_does_nothing_at_work_is_left_out(
    kind: str, config: dict[str, Any]
) -> None:
    assert translated(kind, config) == []


@pytest.mark.parametrize(
    ("kind", "config", "message"),
    [
        ("Lambda", {}, "holds code, which is never run"),
        ("TFOpLambda", {}, "holds code"),
        ("SeparableConv2D", CONV, "kind that cannot be imported"),
        ("MyBlock", {}, "kind that cannot be imported"),
        ("Conv3D", CONV, "kind that cannot be imported"),
        ("Conv2D", CONV | {"data_format": "channels_first"}, "channels first"),
        ("Conv2D", CONV | {"padding": "causal"}, "pads by 'causal'"),
        ("Conv2D", CONV | {"activation": "mine"}, "activation 'mine'"),
        ("Conv2D", {"filters": 1}, "lacks a setting"),
        ("Conv2DTranspose", CONV | {"dilation_rate": [2, 2]}, "dilated or grouped"),
        ("BatchNormalization", {"axis": [1]}, "another axis"),
        ("ReLU", {"max_value": 6.0}, "a maximum"),
        ("Softmax", {"axis": 1}, "another axis"),
        ("Concatenate", {"axis": 1}, "another axis"),
        ("UpSampling2D", {"size": [2, 2], "interpolation": "lanczos3"}, "'lanczos3'"),
        ("Rescaling", {"scale": [1.0, 2.0]}, "each channel differently"),
    ],
)
def test_what_cannot_be_computed_is_refused_by_name(
    kind: str, config: dict[str, Any], message: str
) -> None:
    with pytest.raises(ModelFormatError, match=rf"'it' \({kind}\).*{message}"):
        translated(kind, config)
