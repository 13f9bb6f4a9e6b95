"""What a stroke changed in a label array, small enough to keep for undo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.uint8]
Box = tuple[slice, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Edit:
    """A box of a label array before and after it was painted on.

    Attributes
    ----------
    box
        One slice an axis.
    before, after
        The labels in it.
    """

    box: Box
    before: Labels
    after: Labels

    @property
    def changed(self) -> NDArray[np.bool_]:
        """Where in the box labels differ."""
        differ: NDArray[np.bool_] = self.before != self.after
        return differ

    @property
    def nbytes(self) -> int:
        """Memory that it keeps."""
        return self.before.nbytes + self.after.nbytes

    @property
    def counts(self) -> NDArray[np.int64]:
        """(256,), how many pixels of each label it added."""
        return label_counts(self.after) - label_counts(self.before)

    def undo(self, labels: Labels) -> None:
        """Write what was there before."""
        np.copyto(labels[self.box], self.before, where=self.changed)

    def redo(self, labels: Labels) -> None:
        """Write what was there after."""
        np.copyto(labels[self.box], self.after, where=self.changed)


def label_counts(labels: Labels) -> NDArray[np.int64]:
    """Count the pixels of each label: (256,)."""
    return np.bincount(labels.ravel(), minlength=256)


def edit_of(atoms: Sequence[Any], labels: Labels) -> Edit:
    """Return what a stroke changed, as napari's ``paint`` event tells it.

    The event comes after brush strokes were written and before polygons are: both
    sides are worked out from the event, not from what the array holds.

    Parameters
    ----------
    atoms
        ``(indices, old, new)``, or ``(slices, mask, old, new)``, in painting order.
    labels
        The array painted on.
    """
    box = tuple(
        slice(int(start), int(stop)) for start, stop in _union(map(_bounds, atoms))
    )
    before = labels[box].copy()
    for atom in reversed(atoms):
        _put(before, box, atom, old=True)
    after = before.copy()
    for atom in atoms:
        _put(after, box, atom, old=False)
    return Edit(box, before, after)


def _bounds(atom: Sequence[Any]) -> NDArray[np.intp]:
    """Return (axes, 2): first index and end along each axis."""
    if len(atom) == 4:
        return np.array([_ends(key) for key in atom[0]])
    arrays = [np.asarray(index) for index in atom[0]]
    return np.array([(index.min(), index.max() + 1) for index in arrays])


def _ends(key: slice | int) -> tuple[int, int]:
    return (key.start, key.stop) if isinstance(key, slice) else (key, key + 1)


def _union(bounds: Any) -> NDArray[np.intp]:  # noqa: ANN401  any iterable of bounds
    stacked = np.stack(list(bounds))
    return np.stack([stacked[..., 0].min(0), stacked[..., 1].max(0)], axis=1)


def _put(part: Labels, box: Box, atom: Sequence[Any], *, old: bool) -> None:
    """Write one side of an atom into the part of the array that a box cuts out."""
    if len(atom) == 3:
        indices, before, after = atom
        at = tuple(np.asarray(i) - s.start for i, s in zip(indices, box, strict=True))
        part[at] = before if old else after
        return
    keys, mask, before, after = atom
    shifted = tuple(
        slice(start - s.start, stop - s.start)
        for (start, stop), s in zip(map(_ends, keys), box, strict=True)
    )
    region = part[shifted]
    value = before if old else after
    where = slice(None) if mask is None else np.reshape(mask, region.shape)
    region[where] = np.reshape(value, region.shape) if mask is None and old else value


def whole_box(shape: tuple[int, ...]) -> Box:
    """Return the box of a whole array."""
    return tuple(slice(0, side) for side in shape)


def around(box: Box, shape: tuple[int, ...], side: int = 1024) -> list[Box]:
    """Return a box and then the blocks that cover the rest of its planes.

    Parameters
    ----------
    box
        What comes first. Along axes before the last two nothing is added.
    shape
        Of the whole.
    side
        Of the blocks; those nearest to the box come first.
    """
    box = tuple(
        slice(max(0, s.start), min(s.stop, n)) for s, n in zip(box, shape, strict=True)
    )
    cuts = [[slice(i, min(i + side, n)) for i in range(0, n, side)] for n in shape[-2:]]
    blocks: list[Box] = [(*box[:-2], y, x) for y in cuts[0] for x in cuts[1]]
    rest = [block for block in blocks if not _contains(box, block)]
    return [box, *sorted(rest, key=lambda block: _distance(box, block))]


def _contains(box: Box, other: Box) -> bool:
    pairs = zip(box, other, strict=True)
    return all(a.start <= b.start and b.stop <= a.stop for a, b in pairs)


def _distance(box: Box, other: Box) -> int:
    pairs = zip(box, other, strict=True)
    return sum(abs(a.start + a.stop - b.start - b.stop) for a, b in pairs)
