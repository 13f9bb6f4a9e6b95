"""Hold annotated pixels out for validation, never overlapping with training."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import NotEnoughAnnotationsError, SettingsError
from imageseg.training.sample import AnnotatedPart

FEWEST_IMAGES = 5
"""Below this many images a whole one is too much to lose; blocks are held out."""

BLOCK = 64  # px, larger than most brush strokes are wide
BLOCK_3D = 16  # px: a cube of as many voxels as the square has pixels


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """Planes or volumes to train on, to validate on and to test on.

    Attributes
    ----------
    training, validation, testing
        Each annotated pixel is in one of them.
    unit
        What was held out for validation: whole images, or blocks of pixels.
    count
        How many of them.
    tested
        What was held out for the test, for people: ``"3 test images"``.
    blocks
        Where blocks are held out, for each part that was split, which of its pixels
        are validated on.
    """

    training: list[AnnotatedPart]
    validation: list[AnnotatedPart]
    unit: Literal["images", "blocks"]
    count: int
    testing: list[AnnotatedPart] = field(default_factory=list)
    tested: str = ""
    blocks: tuple[NDArray[np.bool_], ...] = ()

    def masks(self, parts: Sequence[AnnotatedPart]) -> list[NDArray[np.bool_]]:
        """Return which pixels of each part that was split are validated on."""
        if self.blocks:
            return list(self.blocks)
        held_out = {id(part) for part in self.validation}
        return [np.full(part.shape, id(part) in held_out) for part in parts]

    @property
    def text(self) -> str:
        """For people: ``"2 held-out images"``, ``"no held-out images"``."""
        return self._counted("held-out")

    def _counted(self, purpose: str) -> str:
        count = self.count or "no"
        return f"{count} {purpose} {self.unit[:-1] if count == 1 else self.unit}"


def hold_out(
    parts: Sequence[AnnotatedPart],
    share: float,
    *,
    seed: int = 0,
    test: float = 0.0,
    named: Collection[str] = (),
) -> HeldOut:
    """Split by image; by disjoint blocks with fewer than five images.

    Blocks are squares of planes, and cubes of volumes. Planes of one image, and
    images of one group, always stay together, and groups are never cut into blocks
    unless there is a single one. Every class stays in training.

    Parameters
    ----------
    parts
        Annotated planes or volumes.
    share
        Of images or blocks to hold out, 0 to 0.9; 0 holds out nothing.
    seed
        Decides which.
    test
        Share of all images or blocks to keep for a test, drawn first.
    named
        Images to validate on in place of a share; where none of them is annotated,
        the share is drawn.

    Raises
    ------
    SettingsError
        Both shares together leave nothing to train on.
    NotEnoughAnnotationsError
        A class is annotated in the images of `named` only.
    """
    if any(part.name in named for part in parts):
        return _by_name(parts, named)
    if test <= 0:
        return _hold_out(parts, share, np.random.default_rng(seed))
    if share + test >= 1:
        raise SettingsError("validation and test", share + test, "less than 1 together")
    first = _hold_out(parts, test, np.random.default_rng([seed, 1]))
    rng = np.random.default_rng(seed)
    second = _hold_out(first.training, share / (1 - test), rng)
    return replace(second, testing=first.validation, tested=first._counted("test"))  # noqa: SLF001  its own class


def split_three(
    n: int, validation: float, test: float, *, seed: int = 0
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Shuffle n numbers into training, validation and test, as imageseg 0.5 does.

    Groups end at floor(n × test), floor(n × (test + validation)) and n: of 366,
    with shares of 0.1 and 0.2, 257 + 36 + 73.

    Parameters
    ----------
    n
        How many images, or groups of them; never patches of one image.
    validation, test
        Shares of them.
    seed
        Decides which.

    Raises
    ------
    SettingsError
        The shares are negative, or more than 1 together.
    """
    if min(validation, test) < 0 or validation + test > 1:
        shares = (validation, test)
        raise SettingsError("shares", shares, "0 or more, and at most 1 together")
    order = np.random.default_rng(seed).permutation(n)
    ends = math.floor(n * test), math.floor(n * (test + validation))
    testing, validating, training = np.split(order, ends)
    return training, validating, testing


def _hold_out(
    parts: Sequence[AnnotatedPart], share: float, rng: np.random.Generator
) -> HeldOut:
    names = list(dict.fromkeys(unit_of(part) for part in parts))
    grouped = any(unit_of(part) != part.name for part in parts)
    if share <= 0:
        return HeldOut(list(parts), [], "images", 0)
    if len(names) < (2 if grouped else FEWEST_IMAGES):
        return _by_blocks(parts, share, rng)
    where = _images_of_classes(parts, names)
    count = min(max(1, round(share * len(names))), len(names) - 1)
    chosen = _draw(rng.permutation(len(names)).tolist(), count, where, set())
    held = {names[i] for i in chosen}
    return HeldOut(
        [part for part in parts if unit_of(part) not in held],
        [part for part in parts if unit_of(part) in held],
        "images",
        len({part.name for part in parts if unit_of(part) in held}),
    )


def _by_name(parts: Sequence[AnnotatedPart], named: Collection[str]) -> HeldOut:
    """Hold out images that somebody chose."""
    training = [part for part in parts if part.name not in named]
    validation = [part for part in parts if part.name in named]
    nothing = np.zeros(256, np.int64)
    taught = sum((part.counts for part in training), nothing)[1:]
    asked = sum((part.counts for part in validation), nothing)[1:]
    if not taught.any() or ((asked > 0) & (taught == 0)).any():
        raise NotEnoughAnnotationsError(
            "A class is annotated in validation images only, so nothing can learn it. "
            "Annotate it in another image, or take an image out of validation."
        )
    count = len({part.name for part in validation})
    return HeldOut(training, validation, "images", count)


def unit_of(part: AnnotatedPart) -> str:
    """Return the name of what always stays together: a group of images, or an image."""
    return part.group or part.name


def _images_of_classes(
    parts: Sequence[AnnotatedPart], names: Sequence[str]
) -> list[set[int]]:
    """For each class, the numbers of the images that show it."""
    where: dict[int, set[int]] = {}
    numbers = {name: i for i, name in enumerate(names)}
    for part in parts:
        for k in np.flatnonzero(part.counts[1:]) + 1:
            where.setdefault(int(k), set()).add(numbers[unit_of(part)])
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
    parts: Sequence[AnnotatedPart], share: float, rng: np.random.Generator
) -> HeldOut:
    training, validation, masks, count = [], [], [], 0
    for part in parts:
        blocks = block_numbers(part.shape)
        chosen = _choose_blocks(part.labels, blocks, share, rng)
        held = np.isin(blocks, list(chosen))
        masks.append(held)
        training.append(_masked(part, ~held))
        validation.append(_masked(part, held))
        count += len(chosen)
    return HeldOut(
        [part for part in training if part.counts[1:].any()],
        [part for part in validation if part.counts[1:].any()],
        "blocks",
        count,
        blocks=tuple(masks),
    )


def block_side(dimensions: int) -> int:
    """Return the side of a block of planes (2) or volumes (3)."""
    return BLOCK if dimensions == 2 else BLOCK_3D


def block_numbers(shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Number the blocks of a plane, or of a volume, from its first corner on."""
    block = block_side(len(shape))
    numbers = np.zeros(shape, np.intp)
    for axis, side in enumerate(shape):
        along = np.arange(side) // block
        ahead = (1,) * (len(shape) - axis - 1)
        numbers = numbers * -(-side // block) + along.reshape(-1, *ahead)
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


def _masked(part: AnnotatedPart, keep: NDArray[np.bool_]) -> AnnotatedPart:
    return part.with_labels(np.where(keep, part.labels, 0).astype(np.uint8))
