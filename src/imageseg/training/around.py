"""Cut out what is annotated, with what it takes to predict it exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imageseg.inference import outer_box
from imageseg.networks.table import Network
from imageseg.training.sample import AnnotatedPart, Part

Area = tuple[slice, ...]


def annotated_areas(part: AnnotatedPart, sides: Sequence[int]) -> list[Area]:
    """Return the cells of a grid over a plane or volume that hold annotated pixels.

    Parameters
    ----------
    part
        Annotated plane or volume.
    sides
        Of a cell; those at the far ends may be smaller.

    Returns
    -------
    areas
        In the order of their first corners.
    """
    held = part.labels > 0
    for axis, side in enumerate(sides):
        starts = np.arange(0, held.shape[axis], side)
        held = np.logical_or.reduceat(held, starts, axis=axis)
    return [
        tuple(
            slice(int(i) * side, min((int(i) + 1) * side, length))
            for i, side, length in zip(cell, sides, part.shape, strict=True)
        )
        for cell in np.argwhere(held)
    ]


def annotated_box(part: AnnotatedPart) -> Area:
    """Return the smallest box that holds all annotated pixels; there must be one."""
    held = part.labels > 0
    axes = range(held.ndim)
    along = [held.any(axis=tuple(a for a in axes if a != axis)) for axis in axes]
    found = [np.flatnonzero(line) for line in along]
    return tuple(slice(int(at[0]), int(at[-1]) + 1) for at in found)


def cut_out(part: AnnotatedPart, area: Area, network: Network) -> Part:
    """Cut out an area and what the network sees around it.

    Only the labels inside the area are kept. Predicting the result gives there what
    predicting the whole would give.
    """
    outer = outer_box(area, part.shape, network)
    inner = tuple(
        slice(a.start - o.start, a.stop - o.start)
        for a, o in zip(area, outer, strict=True)
    )
    labels = np.zeros([o.stop - o.start for o in outer], np.uint8)
    labels[inner] = part.labels[area]
    return Part(part.pixels[outer], labels, part.scale, part.name, part.group)


def spread_out(
    parts: Sequence[AnnotatedPart],
    sides: Sequence[int],
    most: int,
    *,
    seed: int = 0,
) -> list[tuple[int, Area]]:
    """Choose some of the annotated areas: of every class, and of as many parts as fit.

    Parameters
    ----------
    parts
        Annotated planes or volumes.
    sides
        Of an area.
    most
        How many, at most.
    seed
        Decides which.

    Returns
    -------
    chosen
        Number of the part, and the area, in their order; all if they are few.
    """
    areas = [
        (i, a) for i, part in enumerate(parts) for a in annotated_areas(part, sides)
    ]
    if len(areas) <= most:
        return areas
    rng = np.random.default_rng(seed)
    order = [int(j) for j in rng.permutation(len(areas))]
    turns, seen = [], dict.fromkeys(range(len(parts)), 0)
    for j in order:  # the first area of every part comes before any second one
        turns.append(seen[areas[j][0]])
        seen[areas[j][0]] += 1
    order = [j for _, j in sorted(zip(turns, order, strict=True), key=lambda t: t[0])]
    first = _one_of_each_class(parts, areas, order)
    kept = list(dict.fromkeys([*first, *order]))[:most]
    return [areas[j] for j in sorted(kept)]


def _one_of_each_class(
    parts: Sequence[AnnotatedPart], areas: Sequence[tuple[int, Area]], order: list[int]
) -> list[int]:
    """Return the first area in an order that shows a class, for every class."""
    missing = {int(k) for part in parts for k in np.flatnonzero(part.counts[1:]) + 1}
    found = []
    for j in order:
        if not missing:
            break
        i, area = areas[j]
        shown = missing & set(np.unique(parts[i].labels[area]).tolist())
        if shown:
            found.append(j)
            missing -= shown
    return found
