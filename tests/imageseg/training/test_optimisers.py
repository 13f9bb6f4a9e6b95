"""Steps of the optimisers, against the formulas worked by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from imageseg.settings import TrainSettings
from imageseg.training.optimisers import build_optimiser

G1, G2 = np.array([0.5, -2.0, 1e-6]), np.array([-0.25, 1.0, 2e-6])
W = np.array([1.0, -1.0, 0.5])
RATE, EPS = 0.01, 1e-7


def stepped(optimiser: str, **values: Any) -> np.ndarray:
    """Return the weights after two steps with the gradients above."""
    weights = nn.Parameter(torch.tensor(W, dtype=torch.float64))
    settings = TrainSettings(optimiser=optimiser, rate=RATE, **values)
    made = build_optimiser([weights], settings)
    for gradient in (G1, G2):
        weights.grad = torch.tensor(gradient, dtype=torch.float64)
        made.step()
    return weights.detach().numpy()


def keras_adam() -> np.ndarray:
    w, m, v = W.copy(), np.zeros(3), np.zeros(3)
    for t, g in enumerate((G1, G2), start=1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        alpha = RATE * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        w -= alpha * m / (np.sqrt(v) + EPS)
    return w


def keras_rmsprop() -> np.ndarray:
    w, v = W.copy(), np.zeros(3)
    for g in (G1, G2):
        v = 0.9 * v + 0.1 * g**2
        w -= RATE * g / (np.sqrt(v) + EPS)
    return w


def keras_adagrad() -> np.ndarray:
    w, v = W.copy(), np.full(3, 0.1)
    for g in (G1, G2):
        v = v + g**2
        w -= RATE * g / (np.sqrt(v) + EPS)
    return w


def keras_adadelta() -> np.ndarray:
    w, v, d = W.copy(), np.zeros(3), np.zeros(3)
    for g in (G1, G2):
        v = 0.95 * v + 0.05 * g**2
        change = np.sqrt(d + EPS) / np.sqrt(v + EPS) * g
        d = 0.95 * d + 0.05 * change**2
        w -= RATE * change
    return w


def keras_adamax() -> np.ndarray:
    w, m, u = W.copy(), np.zeros(3), np.zeros(3)
    for t, g in enumerate((G1, G2), start=1):
        m = 0.9 * m + 0.1 * g
        u = np.maximum(0.999 * u, np.abs(g) + EPS)  # PyTorch adds it here
        w -= RATE / (1 - 0.9**t) * m / u
    return w


def keras_nadam() -> np.ndarray:
    w, m, v, product = W.copy(), np.zeros(3), np.zeros(3), 1.0
    for t, g in enumerate((G1, G2), start=1):
        now, then = (0.9 * (1 - 0.5 * 0.96 ** (0.004 * s)) for s in (t, t + 1))
        product *= now
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        ahead = then * m / (1 - product * then) + (1 - now) * g / (1 - product)
        w -= RATE * ahead / (np.sqrt(v / (1 - 0.999**t)) + EPS)
    return w


@pytest.mark.parametrize(
    ("optimiser", "expected"),
    [
        ("adam", keras_adam()),
        ("sgd", W - RATE * (G1 + G2)),
        ("rmsprop", keras_rmsprop()),
        ("adagrad", keras_adagrad()),
        ("adadelta", keras_adadelta()),
        ("adamax", keras_adamax()),
        ("nadam", keras_nadam()),
    ],
)
def test_two_steps_are_those_of_keras(optimiser: str, expected: np.ndarray) -> None:
    result = stepped(optimiser, keras_defaults=True)

    np.testing.assert_allclose(result, expected, rtol=1e-9, atol=1e-12)


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
