"""Trees as arrays against scikit-learn's own, and against damage."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

from imageseg.errors import ModelFormatError
from imageseg.forest import Trees


def _learned(learner, seed=0, classes=3, pixels=400):
    rng = np.random.default_rng(seed)
    features = rng.integers(0, 40, (pixels, 6)).astype(np.float32)
    truth = (features[:, 0] // 8 + features[:, 1] > 25).astype(int)
    truth += rng.integers(0, classes - 1, pixels)
    learner.fit(features, truth)
    parts = [
        Trees.from_fitted(tree.tree_, learner.classes_.tolist(), classes)
        for tree in learner.estimators_
    ]
    return features, Trees.joined(parts)


@settings(max_examples=10, deadline=None)
@given(
    seed=st.integers(0, 1000),
    depth=st.sampled_from([1, 3, 12, None]),
    kind=st.sampled_from([ExtraTreesClassifier, RandomForestClassifier]),
)
def test_votes_are_scikit_learns_probabilities(seed, depth, kind):
    learner = kind(7, max_depth=depth, random_state=seed)
    features, trees = _learned(learner, seed)

    votes = trees.vote(features.T)

    trees.check(6)
    wanted = learner.predict_proba(features)
    assert np.allclose(votes.T, wanted, rtol=0, atol=1e-6)


def test_more_pixels_than_a_block_and_threads_change_nothing():
    features, trees = _learned(ExtraTreesClassifier(5, random_state=0))
    many = np.tile(features, (90, 1))

    votes = trees.vote(many.T, 2)

    assert np.array_equal(votes, np.tile(trees.vote(features.T), 90))


def test_classes_that_were_not_seen_get_no_votes():
    learner = ExtraTreesClassifier(2, random_state=0)
    features = np.arange(12, dtype=np.float32).reshape(6, 2)
    learner.fit(features, [1, 1, 1, 3, 3, 3])

    trees = [Trees.from_fitted(t.tree_, [1, 3], 5) for t in learner.estimators_]

    votes = Trees.joined(trees).vote(features.T)
    assert votes[[0, 2, 4]].tolist() == [[0] * 6] * 3
    assert np.allclose(votes[[1, 3]].T, learner.predict_proba(features))


def test_blank_trees_find_every_class_as_likely():
    votes = Trees.blank(3, 4).vote(np.zeros((2, 5), np.float32))

    assert votes == pytest.approx(np.full((4, 5), 0.25))


def test_numbers_that_are_none_fall_to_some_leaf():
    features, trees = _learned(ExtraTreesClassifier(3, random_state=0))
    features[:, 0] = np.nan

    assert trees.vote(features.T).sum(0) == pytest.approx(np.ones(len(features)))


DAMAGE = {
    "a child before its parent": ("child", 1, 0),
    "a child that is not there": ("child", 0, 10**6),
    "a feature that is not there": ("feature", 0, 6),
    "a negative feature": ("feature", 0, -1),
    "a root that is not there": ("roots", 0, -5),
    "a leaf that goes on": ("threshold", -1, 0.0),
    "votes that are no probabilities": ("votes", 0, np.nan),
}


@pytest.mark.parametrize(("name", "at", "value"), DAMAGE.values(), ids=DAMAGE)
def test_damaged_trees_are_refused(name, at, value):
    _, trees = _learned(ExtraTreesClassifier(2, random_state=0))
    array = getattr(trees, name).copy()
    array[at] = value

    with pytest.raises(ModelFormatError, match="damaged"):
        replace(trees, **{name: array}).check(6)
