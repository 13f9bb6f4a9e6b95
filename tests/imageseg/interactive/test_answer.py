"""Who speaks instead of whom."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t

from imageseg.interactive.answer import SURE, Answer, Kind
from imageseg.metrics import Scores


@pytest.fixture
def answer(make_model):
    """Return who makes an answer of so many right pixels in each image of 100 + 100."""
    model = make_model(channels=1)

    def make(kind: Kind, *right: int) -> Answer:
        units = np.array([[[r, 100 - r], [100 - r, r]] for r in right])
        return Answer(
            model=model,
            kind=kind,
            scores=Scores(units.sum(0)),
            held_out=f"{len(right)} held-out images",
            units=units,
        )

    return make


def test_a_gain_that_one_image_makes_is_chance(answer) -> None:
    """Dice is r / 100. Gains 0.30, -0.02, -0.02, -0.02: mean 0.06, error 0.08."""
    instant = answer("instant", 60, 92, 92, 92)
    network = answer("network", 90, 90, 90, 90)

    assert network.dice == pytest.approx(instant.dice + 0.06)
    assert not network.better_than(instant)


def test_a_gain_in_every_image_is_not(answer) -> None:
    instant = answer("instant", 80, 70, 90, 60, 75, 85)
    assert answer("network", 85, 77, 96, 65, 81, 92).better_than(instant)
    assert not instant.better_than(answer("network", 85, 77, 96, 65, 81, 92))


@pytest.mark.parametrize("least", [2, 3, 4, 5])
def test_the_limit_is_that_of_a_paired_t_test(answer, least: int) -> None:
    """Of equal images the jackknife's error is that of a mean."""
    gains = np.array([9, 8, 10, least])
    error = gains.std(ddof=1) / 2
    surely = gains.mean() > t.ppf(SURE, 3) * error
    instant = answer("instant", 80, 70, 60, 75)
    network = answer("network", *np.array([80, 70, 60, 75]) + gains)

    assert network.better_than(instant) == surely


def test_one_image_shows_nothing(answer) -> None:
    assert not answer("network", 99).better_than(answer("instant", 50))


def test_among_networks_the_higher_dice_decides(answer) -> None:
    start = answer("start", 60, 92, 92, 92)
    assert answer("network", 90, 90, 90, 90).better_than(start)
    assert not answer("network", 60, 92, 92, 92).better_than(start)


def test_who_has_no_scores_says_nothing_more(answer, make_model) -> None:
    unknown = Answer(
        model=make_model(channels=1), kind="network", scores=None, held_out=""
    )
    assert not unknown.better_than(answer("instant", 50, 50))
    assert unknown.better_than(None)
