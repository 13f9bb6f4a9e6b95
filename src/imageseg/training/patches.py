"""Draw training patches where the annotations are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from imageseg.networks.table import Network
from imageseg.settings import TrainSettings
from imageseg.training.replay import Place, Replay
from imageseg.training.sample import AnnotatedPart

_FEWEST_STEPS = 10  # an epoch
_MOST_CENTRES = 100_000  # a plane or volume; enough to look random, little to keep
_ALL_CENTRES = 400_000  # of each class in all of them together,
_FEWEST_CENTRES = 64  # but so many in each
_FEWEST_UNITS = (1, 2, 2)  # strides in a box: one value has no batch statistics


class PatchSampler:
    """Draws batches of patches from annotated planes or volumes.

    Half of the patches hold any annotated pixel, half one of an evenly drawn
    class, so that rare classes are seen without being inflated. Those of hard areas
    hold any annotated pixel of the area.

    Parameters
    ----------
    parts
        Annotated planes, or annotated volumes.
    sides
        Of a patch: (Y, X) or (Z, Y, X). What lies beyond a plane is black; volumes
        are mirrored, as in prediction: they are often thinner than a patch. Neither
        is annotated.
    seed
        Start of the random numbers.
    settings
        The shares of patches from recent images and hard areas; None draws evenly.

    Attributes
    ----------
    drawn
        Names of the images that the last batch is from.
    replay
        Where patches are drawn from, if that is not even.
    """

    def __init__(
        self,
        parts: Sequence[AnnotatedPart],
        sides: tuple[int, ...],
        *,
        seed: int = 0,
        settings: TrainSettings | None = None,
    ) -> None:
        self._parts = list(parts)
        share = _ALL_CENTRES // max(len(self._parts), 1)
        self._most = min(max(share, _FEWEST_CENTRES), _MOST_CENTRES)
        self.drawn: tuple[str, ...] = ()
        self._sides = sides
        self._rng = np.random.default_rng(seed)
        self._centres = [self._candidates(part.labels) for part in self._parts]
        self.replay: Replay | None = None
        if settings is not None and (settings.recent or settings.hard):
            places = [own[0] for own in self._centres]
            self.replay = Replay(self._parts, places, sides, settings)

    def batch(self, count: int) -> tuple[Tensor, Tensor]:
        """Return images (N, C, …) as float32 and labels (N, …) as uint8."""
        chosen = [self._draw() for _ in range(count)]
        if self.replay:
            self.replay.begin_batch()
        patches = [self._patch(index, place) for index, place in chosen]
        self.drawn = tuple(self._parts[index].name for index, _ in chosen)
        images = np.stack([pixels for pixels, _ in patches])
        labels = np.stack([labels for _, labels in patches])
        return torch.from_numpy(images).movedim(-1, 1), torch.from_numpy(labels)

    def state(self) -> dict[str, Any]:
        """Return where the random numbers stand, for JSON."""
        return dict(self._rng.bit_generator.state)

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from such a state."""
        self._rng.bit_generator.state = state

    def _candidates(self, labels: NDArray[np.uint8]) -> dict[int, NDArray[np.int32]]:
        """Return places (N, D) of the pixels of each class; class 0 means all."""
        flat = np.flatnonzero(labels)
        values = labels.ravel()[flat]
        groups = {int(k): flat[values == k] for k in np.unique(values)}
        groups[0] = flat
        return {k: self._thinned(group, labels) for k, group in groups.items()}

    def _thinned(
        self, flat: NDArray[np.intp], labels: NDArray[np.uint8]
    ) -> NDArray[np.int32]:
        """Return some of these places, as (N, D)."""
        if len(flat) > self._most:
            flat = flat[self._rng.integers(len(flat), size=self._most)]
        places = np.unravel_index(flat, labels.shape)
        return np.stack(places, axis=1).astype(np.int32)

    def _draw(self) -> tuple[int, Place | None]:
        """Draw a part, and a place in it if that matters too."""
        if self.replay:
            return self.replay.draw(self._rng)
        return int(self._rng.integers(len(self._parts))), None

    def _place(self, index: int) -> Place:
        centres = self._centres[index]
        classes = [k for k in centres if k]
        k = 0 if self._rng.random() < 0.5 else int(self._rng.choice(classes))
        place: Place = centres[k][self._rng.integers(len(centres[k]))]
        return place

    def _patch(
        self, index: int, place: Place | None
    ) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        part = self._parts[index]
        place = self._place(index) if place is None else place
        if self.replay:
            self.replay.note(index, place)
        corner = [
            self._corner(int(at), size, side)
            for at, size, side in zip(place, self._sides, part.shape, strict=True)
        ]
        return self._cut(part, corner)

    def _corner(self, at: int, size: int, side: int) -> int:
        """Draw where a patch starts that holds `at`, inside the whole if it fits."""
        low, high = at - size + 1, at
        low, high = max(low, 0), min(high, side - size)
        if low > high:  # the patch is larger than the whole: centre it
            return (side - size) // 2
        return int(self._rng.integers(low, high + 1))

    def _cut(
        self, part: AnnotatedPart, corner: list[int]
    ) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        spans = list(zip(corner, self._sides, strict=True))
        inside = tuple(slice(max(start, 0), start + size) for start, size in spans)
        pixels = part.scale.apply(part.pixels[inside])
        labels = part.labels[inside]
        pads = [
            (max(-start, 0), size - max(-start, 0) - n)
            for (start, size), n in zip(spans, labels.shape, strict=True)
        ]
        beyond = _BEYOND[len(pads)]
        return np.pad(pixels, [*pads, (0, 0)], beyond), np.pad(labels, pads)


_BEYOND: dict[int, Literal["constant", "reflect"]] = {2: "constant", 3: "reflect"}


def patch_sides(
    network: Network, parts: Sequence[AnnotatedPart], settings: TrainSettings
) -> tuple[int, ...]:
    """Choose the sides of a patch, rounded up to what the network can compute.

    Parameters
    ----------
    network
        Of planes or of volumes.
    parts
        What patches are drawn from.
    settings
        Side of the square, and slices of a patch of volumes; a patch has two cells of
        the pooling grid along Y and X if it had only one. If slices are not set,
        a box has about as many voxels as the square has pixels: a cube where the
        volumes have room for one, else flat or tall, as they are.

    Returns
    -------
    sides
        (Y, X) or (Z, Y, X), multiples of the network's stride.
    """
    wanted: tuple[int, ...] = (settings.patch,) * 2
    if network.dims == 3 and settings.patch_z:
        wanted = (settings.patch_z, *wanted)
    elif network.dims == 3:
        wanted = _fitting_box(parts, settings.patch**2, network.stride)
    cells = [-(-side // network.stride) for side in wanted]
    if max(cells) == 1:  # one value a channel has no variance to be normalised by
        cells[-2:] = 2, 2
    return tuple(cell * network.stride for cell in cells)


def _fitting_box(
    parts: Sequence[AnnotatedPart], voxels: int, stride: int
) -> tuple[int, ...]:
    """Return the sides of a box of about so many voxels, no larger than volumes are.

    Y and X are as long as each other, so that quarter turns keep the box, and at least
    two cells of the pooling grid: a single one has no variance to be normalised by.
    """
    longest = np.max([part.shape for part in parts], axis=0)
    room, *across = (-(-longest // stride) * stride).tolist()
    depth = min(voxels ** (1 / 3), room)
    side = min((voxels / depth) ** 0.5, max(across))
    depth = min(voxels / side**2, room)
    units = (round(n / stride) for n in (depth, side, side))
    return tuple(
        max(n, few) * stride for n, few in zip(units, _FEWEST_UNITS, strict=True)
    )


def steps_of_epoch(parts: Sequence[AnnotatedPart], settings: TrainSettings) -> int:
    """Return the steps that see about all of every annotated plane or volume once."""
    square = settings.patch**2
    sizes = {2: square, 3: square * max(settings.patch_z, 1)}
    patches = sum(
        max(1.0, math.prod(part.shape) / sizes[len(part.shape)]) for part in parts
    )
    return max(_FEWEST_STEPS, math.ceil(patches / settings.batch))
