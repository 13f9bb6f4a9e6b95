"""Decision trees as plain arrays, and how pixels fall through them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import ModelFormatError
from imageseg.forest.walk import Walk, compiled_walks
from imageseg.parallel import map_ordered

_BLOCK = 32_768  # pixels at once: few enough for the processor's cache, and so
# many that threads seldom wait for each other
_MANY = 50_000_000  # ways through a tree that pay for loading scikit-learn

Floats = NDArray[np.float32]
Indices = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """All nodes of all trees, one tree after the other.

    A pixel goes from a node to its child if the feature is no greater than the
    threshold, else to the node after that child. A leaf is its own child.
    Children come after their parents, so every way ends.

    Attributes
    ----------
    roots
        (T,), node that each tree begins with.
    feature, threshold, child
        (N,), of each node.
    votes
        (N, K), class probabilities; those of leaves count.
    """

    roots: Indices
    feature: Indices
    threshold: Floats
    child: Indices
    votes: Floats
    _walks: dict[int, Sequence[Walk] | None] = field(
        init=False, repr=False, default_factory=dict
    )

    @classmethod
    def blank(cls, trees: int, classes: int) -> Self:
        """Return trees that know nothing: to each, all classes are as likely."""
        nodes = np.arange(trees, dtype=np.int32)
        return cls(
            nodes,
            np.zeros(trees, np.int32),
            np.full(trees, np.inf, np.float32),
            nodes,
            np.full((trees, classes), 1 / classes, np.float32),
        )

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Put trees behind each other."""
        sizes = [len(part.child) for part in parts]
        starts = np.cumsum([0, *sizes[:-1]], dtype=np.int32)
        moved = list(zip(parts, starts, strict=True))
        return cls(
            np.concatenate([part.roots + start for part, start in moved]),
            np.concatenate([part.feature for part in parts]),
            np.concatenate([part.threshold for part in parts]),
            np.concatenate([part.child + start for part, start in moved]),
            np.concatenate([part.votes for part in parts]),
        )

    @classmethod
    def from_fitted(cls, tree: Any, classes: Sequence[int], total: int) -> Self:  # noqa: ANN401  scikit-learn has no types
        """Copy a tree that scikit-learn has fitted.

        Parameters
        ----------
        tree
            Its `tree_`.
        classes
            Column of the votes that each of its classes belongs to.
        total
            Columns.
        """
        order, child = _breadth_first(tree.children_left, tree.children_right)
        leaf = tree.children_left[order] < 0
        votes = np.zeros((len(order), total), np.float32)
        shares = tree.value[order, 0]
        votes[:, list(classes)] = shares / shares.sum(1, keepdims=True)
        return cls(
            np.zeros(1, np.int32),
            np.where(leaf, 0, tree.feature[order]).astype(np.int32),
            np.where(leaf, np.float32(np.inf), _rounded_down(tree.threshold[order])),
            child,
            votes,
        )

    def check(self, features: int) -> None:
        """Make sure that the trees can be used on so many features.

        Raises
        ------
        ModelFormatError
            They cannot: the file they come from is damaged.
        """
        nodes = np.arange(len(self.child))
        leaf = self.child == nodes
        fits = (
            np.all((self.roots >= 0) & (self.roots < len(nodes)))
            and np.all((self.feature >= 0) & (self.feature < features))
            and np.all(leaf | ((self.child > nodes) & (self.child < len(nodes) - 1)))
            and np.all(np.isposinf(self.threshold[leaf]))
            and np.all((self.votes >= 0) & (self.votes <= 1))
        )
        if not fits:
            raise ModelFormatError("The trees inside the model file are damaged.")

    def vote(self, features: Floats, jobs: int = 1) -> Floats:
        """Return the mean votes (K, P) on pixels (F, P).

        Parameters
        ----------
        features
            One column a pixel.
        jobs
            Threads.
        """
        blocks = [
            features[:, start : start + _BLOCK]
            for start in range(0, features.shape[1], _BLOCK)
        ]
        walks = None
        if "sklearn.tree" in sys.modules or features.shape[1] * len(self.roots) > _MANY:
            walks = self._compiled(len(features))
        add = self._sum if walks is None else partial(self._sum_compiled, walks)
        parts: list[Floats] = []
        for part in map_ordered(add, blocks, jobs):
            if isinstance(part, Exception):
                raise part
            parts.append(part)
        total: Floats = np.concatenate(parts).T / np.float32(len(self.roots))
        return total

    def _compiled(self, features: int) -> Sequence[Walk] | None:
        """Return the compiled ways through the trees, made at the first vote."""
        if features not in self._walks:
            self._walks[features] = compiled_walks(self, features)
        return self._walks[features]

    def _sum_compiled(self, walks: Sequence[Walk], block: Floats) -> Floats:
        """Add up the votes (P, K) on a block of pixels (F, P)."""
        rows = np.ascontiguousarray(block.T, np.float32)
        total: Floats = np.zeros((len(rows), self.votes.shape[1]), np.float32)
        for root, walk in zip(self.roots, walks, strict=True):
            total += self.votes.take(walk(rows) + root, axis=0)
        return total

    def _sum(self, block: Floats) -> Floats:
        """Add up the same without compiled code."""
        count, places = block.shape[1], self.feature * np.int32(_BLOCK)
        values = np.zeros((len(block), _BLOCK), np.float32)
        values[:, :count] = block
        flat = values.ravel()
        total = np.zeros((count, self.votes.shape[1]), np.float32)
        for root in self.roots:
            total += self.votes.take(self._leaves(flat, places, root, count), axis=0)
        return total

    def _leaves(
        self, values: Floats, places: Indices, root: np.int32, count: int
    ) -> Indices:
        """Return the leaf of every pixel; pixels that have arrived are set aside."""
        leaves = np.empty(count, np.int32)
        pixel = np.arange(count, dtype=np.int32)
        node = np.full(count, root, np.int32)
        while True:
            # Clipping, since checking every index takes as long as the rest.
            value = values.take(places.take(node, mode="clip") + pixel, mode="clip")
            right = value > self.threshold.take(node, mode="clip")
            after = self.child.take(node, mode="clip") + right
            going = after != node
            left = np.count_nonzero(going)
            if not left:
                leaves[pixel] = node
                return leaves
            if left < len(node) // 2:
                leaves[pixel[~going]] = node[~going]
                pixel, after = pixel[going], after[going]
            node = after


def _breadth_first(
    left: NDArray[np.integer[Any]], right: NDArray[np.integer[Any]]
) -> tuple[NDArray[np.intp], Indices]:
    """Order nodes so that siblings are neighbours; return (order, first child)."""
    levels = [np.zeros(1, np.intp)]
    while len(levels[-1]):
        parents = levels[-1][left[levels[-1]] >= 0]
        levels.append(np.stack([left[parents], right[parents]], 1).ravel())
    order = np.concatenate(levels)
    place = np.empty(len(left), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    child = np.where(left[order] < 0, place[order], place[left[order]])
    return order, child.astype(np.int32)


def _rounded_down(values: NDArray[np.float64]) -> Floats:
    """Return the largest float32 no greater; no feature lies between, being float32."""
    rounded = values.astype(np.float32)
    return np.where(
        rounded > values, np.nextafter(rounded, np.float32(-np.inf)), rounded
    )
