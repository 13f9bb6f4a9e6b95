"""What pixels looked like when they were described before."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")

_ROOM = 128 * 2**20  # bytes: 600,000 pixels of an RGB image


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """Pixels of one region by their ``codes``, sorted, and their ``features``."""

    codes: NDArray[np.int64]
    features: NDArray[np.float32]

    @property
    def nbytes(self) -> int:
        return self.codes.nbytes + self.features.nbytes


class PixelMemory:
    """Keeps the features of annotated pixels from one teaching to the next.

    People add a stroke and teach again: what they painted before, in this image and
    in others, looks as it did. Several threads may ask.

    Parameters
    ----------
    room
        Most bytes to keep; the region used longest ago goes first.
    """

    def __init__(self, room: int = _ROOM) -> None:
        self._room = room
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._facts: dict[Hashable, object] = {}
        self._lock = threading.Lock()

    def features(
        self,
        region: Hashable,
        places: NDArray[np.intp],
        describe: Callable[[NDArray[np.intp]], NDArray[np.float32]],
        *,
        keep: bool = True,
    ) -> NDArray[np.float32]:
        """Return the features (P, F) of some pixels of a region.

        Parameters
        ----------
        region
            Names it, the values of its pixels and the kind of features.
        places
            (P, 2), y and x; none twice.
        describe
            Computes the features of those that are not known yet.
        keep
            Whether these are known from now on.
        """
        codes = (places[:, 0].astype(np.int64) << 32) | places[:, 1]
        with self._lock:
            kept = self._kept.get(region)
            if kept is not None:
                self._kept.move_to_end(region)
        if kept is None:
            found = describe(places)
            if keep:
                self._keep(region, codes, found)
            return found
        at = np.searchsorted(kept.codes, codes)
        at[at == len(kept.codes)] = 0
        known = kept.codes[at] == codes
        if known.all():
            return kept.features[at]
        new = describe(places[~known])
        found = np.empty((len(places), new.shape[1]), np.float32)
        found[known], found[~known] = kept.features[at[known]], new
        if keep:
            codes = np.concatenate([kept.codes, codes[~known]])
            self._keep(region, codes, np.concatenate([kept.features, new]))
        return found

    def once(self, key: Hashable, find: Callable[[], T]) -> T:
        """Return a small fact about an image, found out once.

        Parameters
        ----------
        key
            Names it, and the pixels that it is about.
        find
            Finds it out; what it raises is raised, and asked for again.
        """
        if key not in self._facts:
            self._facts[key] = find()
        return cast("T", self._facts[key])

    def _keep(
        self,
        region: Hashable,
        codes: NDArray[np.int64],
        features: NDArray[np.float32],
    ) -> None:
        """Keep a region, unless it would push out most of the others."""
        if features.nbytes > self._room // 4:
            return
        order = np.argsort(codes)
        with self._lock:
            self._kept[region] = _Kept(codes[order], features[order])
            self._kept.move_to_end(region)
            while sum(kept.nbytes for kept in self._kept.values()) > self._room:
                self._kept.popitem(last=False)
