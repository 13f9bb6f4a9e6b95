"""When more images would change nothing any more."""

from __future__ import annotations

import pytest
from scipy.stats import t

from imageseg.guidance import Round, advise


def rounds(*means: float, step: int = 1) -> list[Round]:
    """Return rounds of two images around a mean."""
    return [
        Round(step * i, {"a": mean - 0.1, "b": mean + 0.1})
        for i, mean in enumerate(means)
    ]


def test_the_bound_is_that_of_a_random_walk() -> None:
    """Changes 0.01, -0.01, 0.01: s = 0.01, three images more: t₃ × 0.01 × √3."""
    advice = advise(rounds(0.50, 0.51, 0.50, 0.51), more=3, confidence=0.9)

    assert advice.changes == pytest.approx((0.01, -0.01, 0.01))
    assert advice.bound == pytest.approx(t.ppf(0.95, 3) * 0.01 * 3**0.5)
    assert not advice.stop
    assert advice.text == "3 more images may still change the mean cover by 4.1 points."


def test_rounds_of_several_images_count_by_image() -> None:
    """Four images a round: a change of 0.02 is one of 0.01 an image."""
    advice = advise(rounds(0.50, 0.52, 0.50, 0.52, step=4), more=1)

    assert advice.bound == pytest.approx(t.ppf(0.95, 3) * 0.01)


def test_small_changes_are_a_reason_to_stop() -> None:
    advice = advise(rounds(0.5, 0.501, 0.5005, 0.5), more=3)

    assert advice.stop
    assert (
        advice.text == "3 more images would change the mean cover by less than 1 point."
    )


def test_corrections_without_new_images_count_as_one() -> None:
    assert advise(rounds(0.5, 0.51, 0.5, 0.51, step=0)).bound == pytest.approx(
        t.ppf(0.95, 3) * 0.01 * 3**0.5
    )


@pytest.mark.parametrize(
    ("known", "missing"), [([], "3 more rounds"), ([0.5, 0.5, 0.5], "1 more round ")]
)
def test_too_few_rounds_are_not_known_yet(known: list[float], missing: str) -> None:
    advice = advise(rounds(*known))

    assert advice.bound is None
    assert not advice.stop
    assert advice.text.startswith("Not known yet")
    assert missing in advice.text


def test_only_the_latest_rounds_count() -> None:
    early = advise(rounds(0.1, 0.9, *[0.5, 0.501] * 3))

    assert len(early.changes) == 5
    assert max(map(abs, early.changes)) < 0.01


def test_means_are_taken_over_images_that_all_rounds_have() -> None:
    known = [*rounds(0.5, 0.5, 0.5), Round(3, {"a": 0.4, "b": 0.6, "late": 1.0})]

    assert advise(known).changes == pytest.approx((0, 0, 0))


def test_rounds_of_different_images_say_nothing() -> None:
    known = [*rounds(0.5, 0.5, 0.5), Round(3, {"other": 0.5})]

    assert advise(known).bound is None
