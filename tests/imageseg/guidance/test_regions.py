"""Squares of an image in the order of what looking at them is worth."""

from __future__ import annotations

import numpy as np
import pytest

from imageseg.classes import ClassScheme
from imageseg.density import parse_region
from imageseg.errors import SettingsError, ShapeMismatchError
from imageseg.guidance import rank_regions, region_table
from imageseg.inference import Prediction

TWO = ClassScheme.from_names(["soil", "leaf"])


def prediction(second: np.ndarray, scheme: ClassScheme = TWO) -> Prediction:
    """Predict two classes, given the probability of the second."""
    p = np.stack([1 - second, second]).astype(np.float32)
    return Prediction(probabilities=p, scheme=scheme)


def scene() -> np.ndarray:
    """Four squares of 20 px: sure, a striped border, a doubtful blob, a weak one."""
    second = np.zeros((40, 40))
    second[:20, 20:30], second[:20, 30:] = 0.55, 0.45  # cancels, at high entropy
    second[20:, :20] = 0.4  # all of it may be leaf
    second[20:, 20:] = 0.1
    return second


def test_a_blob_that_may_be_another_class_comes_before_an_undecided_border() -> None:
    ranked = rank_regions(prediction(scene()), side=20, piece=2)

    assert [r.box for r in ranked] == [
        (20, 40, 0, 20),
        (20, 40, 20, 40),
        (0, 20, 20, 40),
        (0, 20, 0, 20),
    ]
    assert ranked[2].uncertain == max(r.uncertain for r in ranked)  # entropy alone errs
    assert ranked[0].effect == pytest.approx(0.4 * 400 / 1600, rel=1e-3)
    assert ranked[3].effect == pytest.approx(0, abs=1e-6)


def test_uncertainty_is_one_where_all_classes_are_alike() -> None:
    (only,) = rank_regions(prediction(np.full((8, 8), 0.5)))

    assert only.uncertain == pytest.approx(1)


def test_planes_of_a_stack_have_their_own_squares() -> None:
    second = np.zeros((3, 20, 20))
    second[2, :, :] = 0.4
    first, *_ = rank_regions(prediction(second), side=20, piece=0)

    assert first.box == (0, 20, 0, 20, 2)
    assert first.z == 2
    assert first.effect == pytest.approx(0.4 / 3)


def test_what_is_annotated_is_not_asked_for_again() -> None:
    annotated = np.zeros((40, 40), np.uint8)
    annotated[20:, :20] = 1
    ranked = rank_regions(prediction(scene()), annotated=annotated, side=20, piece=2)

    assert (20, 40, 0, 20) not in [r.box for r in ranked]
    assert ranked[0].box == (20, 40, 20, 40)


def test_only_the_measured_region_counts() -> None:
    top = parse_region("40x20+0+0")
    ranked = rank_regions(prediction(scene()), region=top, side=20)

    assert {r.y0 for r in ranked} == {0}


def test_flips_into_an_excluded_class_count_by_what_they_do_to_the_shares() -> None:
    """All soil, some perhaps glare: soil stays at 100 % of what is counted."""
    scheme = TWO.changed(2, excluded=True)
    ranked = rank_regions(prediction(scene(), scheme), side=20, piece=0)

    assert max(r.effect for r in ranked) == pytest.approx(0, abs=1e-6)


def test_as_many_regions_are_given_as_asked_for() -> None:
    assert len(rank_regions(prediction(scene()), side=10, most=5)) == 5


def test_the_table_has_planes_only_of_stacks() -> None:
    flat = region_table(rank_regions(prediction(scene()), side=20), "a.png")
    deep = region_table(rank_regions(prediction(np.zeros((2, 9, 9)))))

    assert flat["rank"].tolist() == [1, 2, 3, 4]
    assert flat["image"].tolist() == ["a.png"] * 4
    assert "z" not in flat
    assert sorted(deep["z"]) == [0, 1]


def test_an_annotation_of_another_shape_is_refused() -> None:
    with pytest.raises(ShapeMismatchError, match="annotation of this image"):
        rank_regions(prediction(scene()), annotated=np.zeros((3, 3), np.uint8))


def test_squares_have_a_side() -> None:
    with pytest.raises(SettingsError, match="side"):
        rank_regions(prediction(scene()), side=0)
