"""What is best so far, and when waiting ends, as Keras decides it."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch

from imageseg.metrics import Scores
from imageseg.training.best import Best
from imageseg.training.validate import Validation

SCORES = Scores(np.eye(2, dtype=np.int64))
LONG = [0.9, 0.8, 0.85, 0.8, 0.79, 0.8, 0.81, 0.82, 0.8, 0.8, 0.1]


@pytest.mark.parametrize(
    ("losses", "patience", "epochs", "best"),
    [([0.5, 0.3, 0.4, 0.31, 0.35, 0.1], 3, 5, 2), (LONG, 5, 10, 5)],
)
def test_waiting_ends_when_that_of_keras_does(
    losses: list[float], patience: int, epochs: int, best: int
) -> None:
    """Keras 3.15.1: ``EarlyStopping(patience=…, restore_best_weights=True)``.

    Its ``on_epoch_end`` got these losses as ``val_loss``; it ended after so many
    epochs and gave back the weights of ``best_epoch`` (from 0).
    """
    state, epoch = Best("loss"), 0
    for epoch, loss in enumerate(losses, start=1):
        validation = Validation(loss, SCORES)
        if state.judge(epoch, validation):
            state.keep({"w": torch.tensor([epoch])}, epoch, 1, validation)
        if epoch - state.lowest_epoch >= patience:
            break

    assert epoch == epochs
    assert (state.epoch, state.weights["w"].item()) == (best, best)


def test_a_dice_that_nothing_tells_is_never_best() -> None:
    nothing = Validation(0.1, Scores(np.zeros((2, 2), np.int64)))
    state = Best("dice")

    assert state.score(nothing) == math.inf
    assert state.judge(1, nothing)  # better than no weights at all
    state.keep({}, 1, 1, nothing)
    assert state.judge(2, Validation(9.0, SCORES))


def test_the_state_comes_back_from_json() -> None:
    state, other = Best("loss"), Best("loss")
    state.judge(3, Validation(0.25, SCORES))
    state.keep({"w": torch.ones(2)}, 3, 2, Validation(0.25, SCORES))
    other.restore(state.weights, json.loads(json.dumps(state.state())))

    assert (other.epoch, other.run, other.lowest, other.lowest_epoch) == (3, 2, 0.25, 3)
    assert other.validation is not None
    np.testing.assert_array_equal(other.validation.scores.matrix, SCORES.matrix)
