"""Steps of the optimisers, against Keras itself and formulas worked by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from imageseg.losses import segmentation_loss
from imageseg.settings import TrainSettings
from imageseg.training.optimisers import build_optimiser
from imageseg.training.schedules import RateSchedule
from imageseg.training.state import optimiser_tensors, restore_optimiser

G1, G2 = np.array([0.5, -2.0, 1e-6]), np.array([-0.25, 1.0, 2e-6])
G3 = np.array([0.1, 0.3, -1e-6])
W = np.array([1.0, -1.0, 0.5])
RATE = 0.01


def stepped(optimiser: str, **values: Any) -> np.ndarray:
    """Return the weights after two steps with the gradients above."""
    weights = nn.Parameter(torch.tensor(W, dtype=torch.float64))
    settings = TrainSettings(optimiser=optimiser, rate=RATE, **values)
    made = build_optimiser([weights], settings)
    for gradient in (G1, G2):
        weights.grad = torch.tensor(gradient, dtype=torch.float64)
        made.step()
    return weights.detach().numpy()


KERAS: list[tuple[str, dict[str, Any], list[float]]] = [
    ("sgd", {}, [0.9961666667, -0.9881666668, 0.4999999817]),
    ("sgd", {"momentum": 0.8}, [0.9903000000, -0.9647000000, 0.4999999566]),
    (
        "sgd",
        {"momentum": 0.8, "nesterov": True},
        [0.9884066666, -0.9599266663, 0.4999999469],
    ),
    ("adam", {}, [0.9866483734, -0.9876293824, 0.4940158199]),
    ("adamw", {"weight_decay": 0.004}, [0.9865622113, -0.9875432203, 0.4939726532]),
    ("rmsprop", {}, [0.9751567679, -0.9805130180, 0.4999420250]),
    ("rmsprop", {"momentum": 0.8}, [0.9374836186, -0.9428397962, 0.4998627573]),
    ("adagrad", {}, [0.9933742243, -0.9937331807, 0.4999999420]),
    ("adadelta", {}, [0.9999899409, -0.9999934571, 0.4999999817]),
    ("adamax", {}, [0.9875598122, -0.9882068600, 0.4846477854]),
    ("nadam", {}, [0.9908966900, -0.9925483542, 0.4859697498]),
]
"""Weights that Keras 3.15.1 on TensorFlow 2.21 printed for the gradients above::

    keras.config.set_floatx("float64")
    weights = keras.Variable([1.0, -1.0, 0.5], dtype="float64")
    rate = keras.optimizers.schedules.InverseTimeDecay(0.01, 1, 0.5)
    optimiser = keras.optimizers.SGD(rate, momentum=0.8)
    optimiser.build([weights])
    for gradient in (G1, G2, G3):
        optimiser.apply([gradient], [weights])
    print(weights.numpy())
"""


@pytest.mark.parametrize(("optimiser", "options", "expected"), KERAS)
def test_steps_at_a_falling_rate_are_those_of_keras(
    optimiser: str, options: dict[str, Any], expected: list[float]
) -> None:
    weights = nn.Parameter(torch.tensor(W, dtype=torch.float64))
    settings = TrainSettings(
        optimiser=optimiser, rate=RATE, keras_defaults=True, **options
    )
    made = build_optimiser([weights], settings)
    falling = RateSchedule(replace(settings, schedule="time_decay", decay=0.5), 3)
    for step, gradient in enumerate((G1, G2, G3)):
        made.param_groups[0]["lr"] = falling.rate(step)
        weights.grad = torch.tensor(gradient, dtype=torch.float64)
        made.step()

    # Keras keeps the rate and the powers of the decays in single precision.
    np.testing.assert_allclose(weights.detach(), expected, rtol=0, atol=2e-7)


@pytest.mark.parametrize(("optimiser", "options"), [row[:2] for row in KERAS])
def test_steps_go_on_from_what_was_kept(
    optimiser: str, options: dict[str, Any]
) -> None:
    settings = TrainSettings(
        optimiser=optimiser, rate=RATE, keras_defaults=True, **options
    )
    weights = [nn.Parameter(torch.tensor(W)) for _ in range(2)]
    whole, broken = (build_optimiser([w], settings) for w in weights)
    for step, gradient in enumerate((G1, G2, G3)):
        if step == 2:  # another process takes over
            kept = optimiser_tensors(broken)
            broken = build_optimiser(weights[1:], settings)
            restore_optimiser(broken, kept)
        for weight, made in zip(weights, (whole, broken), strict=True):
            weight.grad = torch.tensor(gradient)
            made.step()

    assert torch.equal(*weights)


def test_steps_with_momentum_at_a_falling_rate_by_hand() -> None:
    """Habitat-Net's optimiser: SGD with momentum 0.8 and decay; v = 0.8 v - rate g."""
    v1 = -0.01 * G1
    v2 = 0.8 * v1 - 0.01 / 1.5 * G2
    weights = nn.Parameter(torch.tensor(W))
    settings = TrainSettings(
        optimiser="sgd", momentum=0.8, rate=RATE, keras_defaults=True
    )
    made = build_optimiser([weights], settings)
    for rate, gradient in ((0.01, G1), (0.01 / 1.5, G2)):
        made.param_groups[0]["lr"] = rate
        weights.grad = torch.tensor(gradient)
        made.step()

    np.testing.assert_allclose(weights.detach(), W + v1 + v2, rtol=1e-12)


@pytest.mark.parametrize("keras", [True, False], ids=["Keras", "PyTorch"])
def test_a_step_of_gradient_descent_from_loss_to_weights_by_hand(
    *, keras: bool
) -> None:
    """One pixel x = (0.2, 0.6), one weight each: the gradient is (p - 1) x."""
    layer = nn.Conv2d(2, 1, 1, bias=False)
    x, w = np.array([0.2, 0.6]), np.array([0.5, -1.0])
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(w).view(1, 2, 1, 1))
    settings = TrainSettings(
        optimiser="sgd", rate=0.1, weight_decay=0.0, keras_defaults=keras
    )
    made = build_optimiser(layer.parameters(), settings)
    logits = layer(torch.tensor(x, dtype=torch.float32).view(1, 2, 1, 1))
    segmentation_loss(logits, torch.full((1, 1, 1), 2), "ce").backward()
    made.step()

    p = 1 / (1 + np.exp(-(x @ w)))
    found = layer.weight.detach().ravel()
    np.testing.assert_allclose(found, w - 0.1 * (p - 1) * x, rtol=1e-6)


def test_momentum_adds_up_and_nesterov_looks_ahead() -> None:
    plain = stepped("sgd", momentum=0.8, weight_decay=0.0)
    ahead = stepped("sgd", momentum=0.8, weight_decay=0.0, nesterov=True)
    second = 0.8 * G1 + G2

    np.testing.assert_allclose(plain, W - RATE * (G1 + second))
    np.testing.assert_allclose(
        ahead, W - RATE * (G1 + 0.8 * G1) - RATE * (G2 + 0.8 * second)
    )


def test_weight_decay_pulls_to_zero_without_entering_the_moments() -> None:
    with_decay = stepped("adamw", weight_decay=0.1)
    without = stepped("adamw", weight_decay=0.0)
    kept = 1 - RATE * 0.1

    np.testing.assert_allclose(
        with_decay, (W * kept + (stepped_once() - W)) * kept + without - stepped_once()
    )


def stepped_once() -> np.ndarray:
    """Return the weights after the first step of AdamW without decay."""
    return W - RATE * G1 / (np.abs(G1) + 1e-8)


def test_weights_without_gradient_are_left_alone() -> None:
    learning, still = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
    still.requires_grad_(requires_grad=False)
    made = build_optimiser([learning, still], TrainSettings())

    [group] = made.param_groups
    assert len(group["params"]) == 1
    assert group["params"][0] is learning
