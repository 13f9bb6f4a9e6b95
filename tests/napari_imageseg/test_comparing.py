"""The proposed model beside the one in use."""

from __future__ import annotations

import numpy as np
import pytest

from imageseg.interactive import Answer
from napari_imageseg.proposals import Proposal

DARK, BRIGHT = 1, 2


@pytest.fixture
def compared(ready, make_item, threshold_model):
    """Return a session that compares a model with one that says the contrary."""
    ready.images.add(make_item("plot", bright=2))
    other = threshold_model(ready.classes.scheme)
    answer = Answer(model=other, kind="network", scores=None, held_out="")
    ready.models.propose(Proposal(answer), ready.models.base)
    real = other.network.forward
    other.network.forward = lambda images: -real(images)
    ready.comparer.start()
    return ready


def test_left_of_the_line_is_before_and_right_of_it_after(compared) -> None:
    comparison = compared.comparer.current
    before = np.repeat([BRIGHT, DARK], [2, 6])[:, None] * np.ones((1, 5))

    np.testing.assert_array_equal(comparison.shown[:, :5], before)
    np.testing.assert_array_equal(comparison.shown[:, 5:], 3 - before)
    assert comparison.changed == 1.0


def test_both_sides_are_in_the_classes_of_today(compared) -> None:
    compared.class_editor.move(BRIGHT, 1)
    assert compared.comparer.current is None
    compared.comparer.start()
    before = np.repeat([1, 2], [2, 6])[:, None] * np.ones((1, 5))  # now bright is 1

    np.testing.assert_array_equal(compared.comparer.current.shown[:, :5], before)
    np.testing.assert_array_equal(compared.comparer.current.shown[:, 5:], 3 - before)


@pytest.mark.parametrize(("share", "columns"), [(0.0, 0), (0.3, 3), (1.0, 10)])
def test_the_line_moves(compared, share, columns) -> None:
    moves = []
    compared.comparer.moved.connect(moves.append)
    compared.comparer.move(share)
    shown = compared.comparer.current.shown

    assert (shown[0] == BRIGHT).sum() == columns
    assert len(moves) == 1


def test_only_what_is_on_show_is_compared(compared) -> None:
    compared.looker.visible_box = lambda: (slice(0, 4), slice(2, 8))
    compared.comparer.start()
    shown = compared.comparer.current.shown

    assert shown.shape == (8, 10)
    assert np.count_nonzero(shown) == 24


def test_a_comparison_ends_with_the_proposal_or_the_image(compared, make_item) -> None:
    told = []
    compared.comparer.changed.connect(told.append)
    compared.models.discard()
    assert compared.comparer.current is None
    assert told == [None]
    compared.comparer.start()
    assert compared.comparer.current is None


def test_another_image_ends_a_comparison(compared, make_item) -> None:
    compared.images.add(make_item("other"))

    assert compared.comparer.current is None
    assert compared.comparer.possible


def test_without_two_models_there_is_nothing_to_compare(ready, said, make_item) -> None:
    ready.images.add(make_item("plot"))
    ready.comparer.start()

    assert not ready.comparer.possible
    assert "no two models" in said.errors[0][1]


def test_predictions_are_not_touched(compared) -> None:
    assert compared.images.current.prediction is None
