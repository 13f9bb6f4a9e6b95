"""scikit-learn's way through trees against our own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier

from imageseg.forest import Trees, walk
from imageseg.forest import trees as trees_module


@pytest.fixture
def pixels(rng: np.random.Generator) -> np.ndarray:
    """Return 700 pixels of 5 features."""
    return rng.random((700, 5), np.float32)


@pytest.fixture
def fitted(pixels: np.ndarray) -> ExtraTreesClassifier:
    learner = ExtraTreesClassifier(9, random_state=0)
    truth = (pixels[:, 0] + pixels[:, 1]).astype(int) + (pixels[:, 2] > 0.9)
    return learner.fit(pixels, np.minimum(truth, 2))


@pytest.fixture
def trees(fitted: ExtraTreesClassifier) -> Trees:
    grown = [Trees.from_fitted(t.tree_, [0, 1, 2], 3) for t in fitted.estimators_]
    return Trees.joined(grown)


@pytest.fixture
def forgotten() -> Iterator[None]:
    """Let it be found out again how scikit-learn's trees are built."""
    yield
    walk._is_understood.cache_clear()


def test_the_installed_version_is_understood(trees) -> None:
    walks = walk.compiled_walks(trees, 5)

    assert walks is not None
    assert len(walks) == 9


def test_votes_are_the_same_to_the_last_digit(trees, rng, monkeypatch) -> None:
    pixels = rng.normal(size=(5, 40_000)).astype(np.float32)
    pixels[:, :2000] = trees.threshold[rng.integers(0, 200, (5, 2000))]
    pixels[np.isinf(pixels)] = 0
    pixels[rng.random(pixels.shape) < 0.05] = np.nan
    compiled = trees.vote(pixels, 2)
    monkeypatch.setattr(trees_module, "compiled_walks", lambda *_: None)

    np.testing.assert_array_equal(replace(trees).vote(pixels, 2), compiled)


@pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "numpy"])
def test_votes_are_those_of_scikit_learn(
    fitted, trees, rng, monkeypatch, compiled
) -> None:
    """NaN is greater than no threshold: it goes where the lowest number goes."""
    pixels = rng.random((5, 3000), np.float32)
    pixels[rng.random(pixels.shape) < 0.2] = np.nan
    assert np.isnan(pixels).all(0).any()
    if not compiled:
        monkeypatch.setattr(trees_module, "compiled_walks", lambda *_: None)
    lowest = np.nan_to_num(pixels, nan=np.finfo(np.float32).min)
    expected = fitted.predict_proba(lowest.T).T

    np.testing.assert_allclose(trees.vote(pixels, 2), expected, atol=1e-6)


def test_the_way_is_built_once_and_anew_for_other_trees(
    trees, pixels, monkeypatch
) -> None:
    build, built = walk.compiled_walks, []

    def noted(*args: object) -> object:
        built.append(args)
        return build(*args)

    monkeypatch.setattr(trees_module, "compiled_walks", noted)
    first = trees.vote(pixels.T)
    np.testing.assert_array_equal(trees.vote(pixels.T), first)
    assert built == [(trees, 5)]

    turned = replace(trees, votes=trees.votes[:, ::-1].copy())
    np.testing.assert_array_equal(turned.vote(pixels.T), first[::-1])
    assert built == [(trees, 5), (turned, 5)]


def test_another_version_is_not_walked(trees, pixels, monkeypatch, forgotten) -> None:
    wanted = trees.vote(pixels.T)

    class Other:
        def __getstate__(self) -> dict[str, object]:
            return {"branches": np.zeros(3)}

    walk._is_understood.cache_clear()
    monkeypatch.setattr(walk, "_example", Other)

    assert walk.compiled_walks(trees, 5) is None
    np.testing.assert_array_equal(replace(trees).vote(pixels.T), wanted)


@pytest.mark.parametrize(
    ("name", "at", "value"),
    [
        ("child", 0, 10**6),
        ("child", 5, 0),
        ("child", 0, 2**31 - 1),
        ("feature", 0, 5),
        ("feature", 0, -1),
        ("roots", 0, 3),
        ("roots", 1, 0),
    ],
)
def test_no_way_leads_out_of_a_tree(trees, name, at, value) -> None:
    array = getattr(trees, name).copy()
    array[at] = value

    assert walk.compiled_walks(replace(trees, **{name: array}), 5) is None
