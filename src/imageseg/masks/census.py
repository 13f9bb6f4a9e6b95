"""Count which codes masks hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imageseg.masks.coding import is_share, packed

MOST_CODES = 1 << 16

STEEP = 8  # grey levels: more than JPEG's noise in an area
NEAR, AROUND = 3, 16  # grey levels: what JPEG blurs a code into, and beyond


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Census:
    """The codes of one mask, or of many.

    Attributes
    ----------
    codes
        (N,) ascending: grey values, or colours as 0xRRGGBB.
    counts
        (N,) pixels of each.
    flat
        (N,) those among them whose neighbours are nearly the same: they lie in
        an area, not on a soft edge.
    coloured
        Whether any mask was coloured; then all codes are colours.
    span
        Largest minus smallest code of the mask where they lie farthest apart.
    """

    codes: NDArray[np.int64]
    counts: NDArray[np.int64]
    flat: NDArray[np.int64]
    coloured: bool = False
    span: int = 0

    @classmethod
    def of(cls, values: NDArray[Any]) -> Census:
        """Count what a mask file stores (`imageseg.masks.read_codes`)."""
        coloured = values.ndim >= 3 and values.shape[-1] == 3
        if coloured:
            values = packed(values)
        elif is_share(values) and (values % 1).any():
            values = np.rint(values * 255).astype(np.uint8)
        codes, where = _coded(values)
        flat = _is_flat(values).ravel()
        return cls(
            codes=codes.astype(np.int64),
            counts=np.bincount(where, minlength=codes.size),
            flat=np.bincount(where[flat], minlength=codes.size),
            coloured=coloured,
            span=int(codes[-1]) - int(codes[0]) if codes.size else 0,
        ).most_frequent()

    def __add__(self, other: Census) -> Census:
        """Count two sets of masks together."""
        coloured = self.coloured or other.coloured
        both = [_colours(c) if coloured else c.codes for c in (self, other)]
        codes, where = np.unique(np.concatenate(both), return_inverse=True)
        counts, flat = np.zeros((2, codes.size), np.int64)
        np.add.at(counts, where, np.append(self.counts, other.counts))
        np.add.at(flat, where, np.append(self.flat, other.flat))
        return Census(
            codes=codes,
            counts=counts,
            flat=flat,
            coloured=coloured,
            span=max(self.span, other.span),
        ).most_frequent()

    @property
    def smallest(self) -> int:
        """The smallest code, 0 without any."""
        return int(self.codes[0]) if self.codes.size else 0

    @property
    def largest(self) -> int:
        """The largest code, 0 without any."""
        return int(self.codes[-1]) if self.codes.size else 0

    @property
    def pixels(self) -> int:
        """All pixels counted."""
        return int(self.counts.sum())

    def of_codes(self, kept: NDArray[np.bool_]) -> Census:
        """Return what is known of some of the codes."""
        return Census(
            codes=self.codes[kept],
            counts=self.counts[kept],
            flat=self.flat[kept],
            coloured=self.coloured,
            span=self.span,
        )

    def most_frequent(self) -> Census:
        """Forget the rarest codes if there are more than anybody can mean."""
        if self.codes.size <= MOST_CODES:
            return self
        kept = np.zeros(self.codes.size, bool)
        kept[np.argsort(self.counts)[-MOST_CODES:]] = True
        return self.of_codes(kept)

    def peaks(self) -> list[int]:
        """Return the grey values that were meant, before JPEG blurred them.

        A peak holds areas of 2 % of the pixels within 3 levels, and most of the
        areas within 16: soft edges have no areas, and gradients are even.
        """
        left = np.bincount(self.codes, self.flat, self.largest + 1)
        found = []
        while left.any():
            code = int(left.argmax())
            near, around = (
                left[max(code - reach, 0) : code + reach + 1].sum()
                for reach in (NEAR, AROUND)
            )
            if near >= 0.02 * self.pixels and near >= 0.6 * around:
                found.append(code)
            left[max(code - AROUND, 0) : code + AROUND + 1] = 0
        return sorted(found)


def _coded(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the codes of a mask, and for each pixel which of them it has."""
    if values.dtype != np.uint8:
        codes, where = np.unique(values, return_inverse=True)
        return codes, where.ravel()
    found = np.bincount(values.ravel(), minlength=256) > 0
    return np.flatnonzero(found), (np.cumsum(found) - 1)[values.ravel()]


def _is_flat(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which pixels differ little from the next ones in row and column."""
    flat = np.ones(values.shape, bool)
    for axis in (-2, -1):
        along, kept = np.moveaxis(values, axis, 0), np.moveaxis(flat, axis, 0)
        apart = np.maximum(along[1:], along[:-1]) - np.minimum(along[1:], along[:-1])
        kept[1:] &= apart <= STEEP
        kept[:-1] &= apart <= STEEP
    return flat


def _colours(census: Census) -> NDArray[np.int64]:
    return census.codes if census.coloured else census.codes * 0x010101
