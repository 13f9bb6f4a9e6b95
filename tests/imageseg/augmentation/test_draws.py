"""Random numbers that nobody else disturbs."""

from __future__ import annotations

import pytest
import torch

from imageseg.augmentation.draws import Draws


def test_equal_seeds_draw_equally_whatever_torch_draws_meanwhile() -> None:
    runs = []
    for global_seed in (1, 2):
        torch.manual_seed(global_seed)
        draws = Draws(5)
        first = draws.between(100, -1, 1)
        torch.rand(7)
        runs.append(torch.cat([first, draws.normal(50)]))

    assert torch.equal(*runs)
    assert not torch.equal(runs[0][:100], Draws(6).between(100, -1, 1))


def test_draws_leave_the_numbers_of_others_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    Draws(0).normal(9)

    assert torch.equal(torch.rand(4), expected)


def test_numbers_fill_their_range_evenly() -> None:
    draws = Draws(0)
    values = draws.between(20_000, 2.0, 6.0)
    about = draws.about(20_000, 3.0)

    assert values.min() >= 2
    assert values.max() <= 6
    assert float(values.mean()) == pytest.approx(4, abs=0.03)
    assert float(values.std()) == pytest.approx(4 / 12**0.5, abs=0.03)
    assert float(about.mean()) == pytest.approx(0, abs=0.05)
    assert float(about.abs().max()) <= 3


def test_choices_have_their_share() -> None:
    draws = Draws(0)

    assert float(draws.chosen(20_000, 0.3).float().mean()) == pytest.approx(
        0.3, abs=0.02
    )
    assert not draws.chosen(1000, 0.0).any()
    assert draws.chosen(1000, 1.0).all()
    assert set(draws.whole(1000, 1, 3).tolist()) == {1, 2, 3}
