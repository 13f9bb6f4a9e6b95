"""Draw training patches where the annotations are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from imageseg.errors import SettingsError
from imageseg.networks.table import as_network
from imageseg.settings import TrainSettings
from imageseg.training.sample import AnnotatedPlane

_FEWEST_STEPS = 10  # an epoch
_MOST_CENTRES = 100_000  # a plane; enough to look random, little to keep
_ALL_CENTRES = 400_000  # of each class in all planes together,
_FEWEST_CENTRES = 64  # but so many in each


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

    Attributes
    ----------
    drawn
        Names of the images that the last batch is from.
    """

    def __init__(
        self, planes: Sequence[AnnotatedPlane], size: int, *, seed: int = 0
    ) -> None:
        self._planes = list(planes)
        share = _ALL_CENTRES // max(len(self._planes), 1)
        self._most = min(max(share, _FEWEST_CENTRES), _MOST_CENTRES)
        self.drawn: tuple[str, ...] = ()
        self._size = size
        self._rng = np.random.default_rng(seed)
        self._centres = [self._candidates(plane.labels) for plane in self._planes]

    def batch(self, count: int) -> tuple[Tensor, Tensor]:
        """Return images (N, C, S, S) as float32 and labels (N, S, S) as uint8."""
        chosen = [int(self._rng.integers(len(self._planes))) for _ in range(count)]
        patches = [self._patch(index) for index in chosen]
        self.drawn = tuple(self._planes[index].name for index in chosen)
        images = np.stack([pixels for pixels, _ in patches])
        labels = np.stack([labels for _, labels in patches])
        return torch.from_numpy(images).permute(0, 3, 1, 2), torch.from_numpy(labels)

    def state(self) -> dict[str, Any]:
        """Return where the random numbers stand, for JSON."""
        return dict(self._rng.bit_generator.state)

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from such a state."""
        self._rng.bit_generator.state = state

    def _candidates(self, labels: NDArray[np.uint8]) -> dict[int, NDArray[np.int32]]:
        """Pixels of each class as (N, 2) rows and columns; class 0 means all."""
        flat = np.flatnonzero(labels)
        values = labels.ravel()[flat]
        groups = {int(k): flat[values == k] for k in np.unique(values)}
        groups[0] = flat
        return {k: self._thinned(group, labels) for k, group in groups.items()}

    def _thinned(
        self, flat: NDArray[np.intp], labels: NDArray[np.uint8]
    ) -> NDArray[np.int32]:
        """Return some of these places, as (N, 2)."""
        if len(flat) > self._most:
            flat = flat[self._rng.integers(len(flat), size=self._most)]
        places = np.unravel_index(flat, labels.shape)
        return np.stack(places, axis=1).astype(np.int32)

    def _patch(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        plane, centres = self._planes[index], self._centres[index]
        classes = [k for k in centres if k]
        k = 0 if self._rng.random() < 0.5 else int(self._rng.choice(classes))
        place = centres[k][self._rng.integers(len(centres[k]))]
        corner = [
            self._corner(int(at), side)
            for at, side in zip(place, plane.shape, strict=True)
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
        self, plane: AnnotatedPlane, corner: list[int]
    ) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        inside = tuple(slice(max(c, 0), c + self._size) for c in corner)
        pixels = plane.scale.apply(plane.pixels[inside])
        labels = plane.labels[inside]
        before = [max(-c, 0) for c in corner]
        pads = [
            (b, self._size - b - n) for b, n in zip(before, labels.shape, strict=True)
        ]
        return np.pad(pixels, [*pads, (0, 0)]), np.pad(labels, pads)


def patch_side(network: nn.Module, wanted: int) -> int:
    """Round a patch up to what the network can compute.

    Raises
    ------
    SettingsError
        The network is one of volumes.
    """
    net = as_network(network)
    if net.dims != 2:
        raise SettingsError("network", "one of volumes", "one of planes for training")
    return -(-wanted // net.stride) * net.stride


def steps_of_epoch(planes: Sequence[AnnotatedPlane], settings: TrainSettings) -> int:
    """Return the steps that see about every annotated plane's area once."""
    patches = sum(
        max(1.0, math.prod(plane.shape) / settings.patch**2) for plane in planes
    )
    return max(_FEWEST_STEPS, math.ceil(patches / settings.batch))
