"""scikit-learn's compiled way through trees, for trees that are plain arrays.

It is twice as fast as NumPy's, and lets other threads work meanwhile. Trees are put
into scikit-learn by the state that they are pickled with, which is not promised to stay
as it is: it is taken from a tree of the installed version, tried once, and where it is
another, the trees walk by themselves.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from imageseg.forest.trees import Trees

_LOG = logging.getLogger(__name__)

Walk = Callable[[NDArray[np.float32]], NDArray[np.intp]]
"""Takes pixels (P, F) to the leaves of a tree (P,), counted from its root."""


def compiled_walks(trees: Trees, features: int) -> Sequence[Walk] | None:
    """Return a way through each tree, or None if there is none.

    Parameters
    ----------
    trees
        Their nodes are only read.
    features
        Of a pixel.
    """
    if not _is_understood() or not _is_safe(trees, features):
        return None
    return _walks(trees, features)


def _is_safe(trees: Trees, features: int) -> bool:
    """Say whether no way leads out of a tree: compiled code does not look."""
    nodes, roots = np.arange(len(trees.child)), trees.roots
    if not len(roots) or roots[0] or np.any(np.diff(roots) < 1):
        return False
    ends = np.append(roots[1:], len(nodes))
    end = np.repeat(ends, ends - roots)
    inside = (trees.child > nodes) & (trees.child < end - 1)
    known = (trees.feature >= 0) & (trees.feature < features)
    return bool(np.all((trees.child == nodes) | (inside & known)))


def _walks(trees: Trees, features: int) -> list[Walk]:
    example = _example()
    state = example.__getstate__()
    roots = trees.roots
    nodes = np.zeros(len(trees.child), state["nodes"].dtype)
    first = np.repeat(roots, np.diff(np.append(roots, len(nodes))))
    leaf = trees.child == np.arange(len(nodes))
    nodes["left_child"] = np.where(leaf, -1, trees.child - first)
    nodes["right_child"] = np.where(leaf, -1, trees.child - first + 1)
    nodes["feature"] = np.where(leaf, -2, trees.feature)
    nodes["threshold"] = np.where(leaf, -2, trees.threshold)
    nodes["missing_go_to_left"] = 1  # as NumPy compares
    walks = []
    for own in np.split(nodes, roots[1:]):
        tree = type(example)(features, np.ones(1, np.intp), 1)
        values = np.zeros((len(own), 1, 1), state["values"].dtype)
        tree.__setstate__(
            {**state, "node_count": len(own), "nodes": own, "values": values}
        )
        walks.append(tree.apply)
    return walks


@functools.cache
def _example() -> Any:  # noqa: ANN401  scikit-learn has no types
    """Return a tree that scikit-learn has grown: 0 or not, and if so, 2 or not."""
    from sklearn.tree import DecisionTreeClassifier  # noqa: PLC0415  heavy

    pixels = np.array([[0, 5], [1, 0], [1, 9]], np.float32)
    return DecisionTreeClassifier(random_state=0).fit(pixels, [0, 1, 2]).tree_


@functools.cache
def _is_understood() -> bool:
    """Say whether trees of the installed version are built as it is thought here."""
    from imageseg.forest.trees import Trees  # noqa: PLC0415  they use this

    try:
        trees = Trees.from_fitted(_example(), [0, 1, 2], 3)
        pixels = np.random.default_rng(0).uniform(-1, 10, (99, 2)).astype(np.float32)
        (walk,) = _walks(trees, 2)
        right = trees.votes[walk(pixels)] == _example().predict(pixels)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        _LOG.info("trees walk by themselves: %s", error)
        return False
    return bool(right.all())
