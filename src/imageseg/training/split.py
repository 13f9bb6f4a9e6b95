"""Hold annotated pixels out for validation, never overlapping with training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from imageseg.training.sample import Plane

FEWEST_IMAGES = 5
"""Below this many images a whole one is too much to lose; blocks are held out."""

BLOCK = 64  # px, larger than most brush strokes are wide


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """Planes to train on and planes to validate on.

    Attributes
    ----------
    training, validation
        Each annotated pixel is in one of them.
    unit
        What was held out: whole images, or blocks of pixels.
    count
        How many of them.
    """

    training: list[Plane]
    validation: list[Plane]
    unit: Literal["images", "blocks"]
    count: int

    @property
    def text(self) -> str:
        """For people: ``"2 held-out images"``, ``"no held-out images"``."""
        if not self.count:
            return f"no held-out {self.unit}"
        return (
            f"{self.count} held-out {self.unit if self.count > 1 else self.unit[:-1]}"
        )


def hold_out(planes: Sequence[Plane], share: float, *, seed: int = 0) -> HeldOut:
    """Split planes by image; by disjoint blocks with fewer than five images.

    Planes of one image always stay together. Every class stays in training.

    Parameters
    ----------
    planes
        Annotated planes.
    share
        Of images or blocks to hold out, 0 to 0.9; 0 holds out nothing.
    seed
        Decides which.
    """
    names = list(dict.fromkeys(plane.name for plane in planes))
    rng = np.random.default_rng(seed)
    if share <= 0:
        return HeldOut(list(planes), [], "images", 0)
    if len(names) < FEWEST_IMAGES:
        return _by_blocks(planes, share, rng)
    where = _images_of_classes(planes, names)
    count = min(max(1, round(share * len(names))), len(names) - 1)
    chosen = _draw(rng.permutation(len(names)).tolist(), count, where, set())
    held = {names[i] for i in chosen}
    return HeldOut(
        [plane for plane in planes if plane.name not in held],
        [plane for plane in planes if plane.name in held],
        "images",
        len(held),
    )


def _images_of_classes(planes: Sequence[Plane], names: Sequence[str]) -> list[set[int]]:
    """For each class, the numbers of the images that show it."""
    where: dict[int, set[int]] = {}
    for plane in planes:
        for k in np.unique(plane.labels[plane.labels > 0]):
            where.setdefault(int(k), set()).add(names.index(plane.name))
    return list(where.values())


def _draw(
    order: Sequence[int], wanted: int, where: Sequence[set[int]], chosen: set[int]
) -> set[int]:
    """Add the first `wanted` units in `order`, but never the last one of a class."""
    drawn = set(chosen)
    left = [len(own - drawn) for own in where]
    for unit in order:
        inside = [i for i, own in enumerate(where) if unit in own]
        if len(drawn) - len(chosen) >= wanted:
            break
        if all(left[i] > 1 for i in inside):
            drawn.add(unit)
            for i in inside:
                left[i] -= 1
    return drawn


def _by_blocks(
    planes: Sequence[Plane], share: float, rng: np.random.Generator
) -> HeldOut:
    training, validation, count = [], [], 0
    for plane in planes:
        blocks = _block_numbers(plane.labels.shape)
        chosen = _choose_blocks(plane.labels, blocks, share, rng)
        held = np.isin(blocks, list(chosen))
        training.append(_masked(plane, ~held))
        validation.append(_masked(plane, held))
        count += len(chosen)
    return HeldOut(
        [plane for plane in training if plane.labels.any()],
        [plane for plane in validation if plane.labels.any()],
        "blocks",
        count,
    )


def _block_numbers(shape: tuple[int, ...]) -> NDArray[np.intp]:
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    across = -(-shape[1] // BLOCK)
    numbers: NDArray[np.intp] = rows // BLOCK * across + columns // BLOCK
    return numbers


def _choose_blocks(
    labels: NDArray[np.uint8],
    blocks: NDArray[np.intp],
    share: float,
    rng: np.random.Generator,
) -> set[int]:
    """Draw blocks class by class, the rarest first."""
    classes = np.unique(labels[labels > 0])
    where = [set(np.unique(blocks[labels == k]).tolist()) for k in classes]
    chosen: set[int] = set()
    for own in sorted(where, key=len):
        wanted = round(share * len(own)) - len(own & chosen)
        order = rng.permutation(sorted(own - chosen)).tolist()
        chosen = _draw(order, wanted, where, chosen)
    return chosen


def _masked(plane: Plane, keep: NDArray[np.bool_]) -> Plane:
    return replace(plane, labels=np.where(keep, plane.labels, 0).astype(np.uint8))
