"""The rate of every step, against the formulas and PyTorch's own schedules."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from imageseg.settings import TrainSettings
from imageseg.training.schedules import RateSchedule, one_cycle_factor, rate_factor


@pytest.mark.parametrize("steps", [1, 5, 10, 137, 1000])
def test_the_rate_rises_for_a_tenth_and_falls_to_almost_nothing(steps: int) -> None:
    factors = np.array([rate_factor(step, steps) for step in range(steps)])
    top = max(1, round(steps / 10))

    assert factors.max() == pytest.approx(1.0)
    assert factors.min() > 0
    np.testing.assert_allclose(np.diff(factors[:top]), 1 / top, rtol=1e-6)
    assert (np.diff(factors[top:]) <= 0).all()
    assert rate_factor(10 * steps, steps) == pytest.approx(1e-3)


def test_half_way_down_the_cosine_the_rate_is_halved() -> None:
    assert rate_factor(55, 100) == pytest.approx(0.5)


@pytest.mark.parametrize("steps", [10, 57, 200])
def test_one_cycle_is_that_of_pytorch(steps: int) -> None:
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], momentum=0.9)
    theirs = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=0.5, total_steps=steps
    )
    expected = []
    for _ in range(steps):
        expected.append(theirs.get_last_lr()[0])
        optimiser.step()
        theirs.step() if len(expected) < steps else None

    ours = [0.5 * one_cycle_factor(step, steps) for step in range(steps)]
    np.testing.assert_allclose(ours, expected, rtol=1e-9)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_one_cycle_of_a_few_steps_stays_between_its_ends(steps: int) -> None:
    factors = [one_cycle_factor(step, steps) for step in range(2 * steps)]

    assert all(0 < factor <= 1 for factor in factors)


def test_time_decay_divides_by_the_steps_done() -> None:
    settings = TrainSettings(schedule="time_decay", rate=0.001, decay=0.001 / 200)
    schedule = RateSchedule(settings, 1000)

    assert schedule.rate(0) == 0.001
    assert schedule.rate(400) == pytest.approx(0.001 / (1 + 0.001 / 200 * 400))


def test_a_constant_rate_is_constant() -> None:
    schedule = RateSchedule(TrainSettings(schedule="constant", rate=0.02), 10)
    schedule.end_epoch(1.0)
    schedule.end_epoch(2.0)

    assert [schedule.rate(step) for step in (0, 5, 9, 99)] == [0.02] * 4


def test_the_plateau_lowers_the_rate_as_that_of_keras() -> None:
    """Less than 1e-4 is no improvement; after three epochs without, it waits anew.

    The rates are those that Keras 3.15.1 left in ``optimizer.learning_rate`` when
    ``ReduceLROnPlateau(factor=0.2, patience=3).on_epoch_end`` got these losses.
    """
    losses = (0.5, 0.4, 0.4, 0.45, 0.39995, 0.3, 0.31, 0.32, 0.33, 0.3, 0.29)
    schedule = RateSchedule(TrainSettings(schedule="plateau", rate=1.0), 100)
    rates = []
    for loss in (*losses, 0.3, 0.3, 0.3, 0.3):
        schedule.end_epoch(loss)
        rates.append(schedule.rate(0))

    expected = [1.0] * 4 + [0.2] * 4 + [0.04] * 5 + [0.008] * 2
    np.testing.assert_allclose(rates, expected)


def test_a_schedule_goes_on_from_its_state() -> None:
    settings = TrainSettings(schedule="plateau", rate=1.0)
    first, second = RateSchedule(settings, 9), RateSchedule(settings, 9)
    for loss in (0.5, 0.6, 0.6):
        first.end_epoch(loss)
    second.restore(json.loads(json.dumps(first.state())))
    second.end_epoch(0.6)

    assert second.rate(0) == pytest.approx(0.2)
