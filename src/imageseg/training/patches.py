"""Draw training patches where the annotations are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from imageseg.training.sample import Plane

_MOST_CENTRES = 100_000  # a plane; enough to look random, little to keep


class PatchSampler:
    """Draws batches of patches from annotated planes.

    Half of the patches hold any annotated pixel, half one of an evenly drawn
    class, so that rare classes are seen without being inflated.

    Parameters
    ----------
    planes
        Annotated planes.
    size
        Side of a patch; what lies beyond a plane is black and not annotated.
    seed
        Start of the random numbers.
    """

    def __init__(self, planes: Sequence[Plane], size: int, *, seed: int = 0) -> None:
        self._planes = list(planes)
        self._size = size
        self._rng = np.random.default_rng(seed)
        self._centres = [self._candidates(plane.labels) for plane in self._planes]

    def batch(self, count: int) -> tuple[Tensor, Tensor]:
        """Return images (N, C, S, S) as float32 and labels (N, S, S) as uint8."""
        patches = [self._patch() for _ in range(count)]
        images = np.stack([pixels for pixels, _ in patches])
        labels = np.stack([labels for _, labels in patches])
        return torch.from_numpy(images).permute(0, 3, 1, 2), torch.from_numpy(labels)

    def _candidates(self, labels: NDArray[np.uint8]) -> dict[int, NDArray[np.intp]]:
        """Pixels of each class as (N, 2) rows and columns; class 0 means all."""
        places = np.argwhere(labels > 0)
        values = labels[tuple(places.T)]
        groups = {int(k): places[values == k] for k in np.unique(values)}
        groups[0] = places
        return {k: self._thinned(group) for k, group in groups.items()}

    def _thinned(self, places: NDArray[np.intp]) -> NDArray[np.intp]:
        if len(places) <= _MOST_CENTRES:
            return places
        return places[self._rng.integers(len(places), size=_MOST_CENTRES)]

    def _patch(self) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        index = self._rng.integers(len(self._planes))
        plane, centres = self._planes[index], self._centres[index]
        classes = [k for k in centres if k]
        k = 0 if self._rng.random() < 0.5 else int(self._rng.choice(classes))
        place = centres[k][self._rng.integers(len(centres[k]))]
        corner = [
            self._corner(int(at), side)
            for at, side in zip(place, plane.labels.shape, strict=True)
        ]
        return self._cut(plane, corner)

    def _corner(self, at: int, side: int) -> int:
        """Draw where a patch starts that holds `at`, inside the plane if it fits."""
        low, high = at - self._size + 1, at
        low, high = max(low, 0), min(high, side - self._size)
        if low > high:  # the patch is larger than the plane: centre it
            return (side - self._size) // 2
        return int(self._rng.integers(low, high + 1))

    def _cut(
        self, plane: Plane, corner: list[int]
    ) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        inside = tuple(slice(max(c, 0), c + self._size) for c in corner)
        pixels = plane.scale.apply(plane.pixels[inside])
        labels = plane.labels[inside]
        before = [max(-c, 0) for c in corner]
        pads = [
            (b, self._size - b - n) for b, n in zip(before, labels.shape, strict=True)
        ]
        return np.pad(pixels, [*pads, (0, 0)]), np.pad(labels, pads)
