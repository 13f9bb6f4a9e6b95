"""Data sets with masks: which images are painted on, and which are scored."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from brush import Mask
from numpy.typing import NDArray
from PIL import Image

FIRST = 2  # images of the first minute
_MOST_SCORED = 15
_LOOKED_AT = 40  # images among which the first ones are chosen
_SHOWN = 200  # pixels of a class that make it worth painting

Picture = NDArray[np.uint8]
Pair = tuple[Picture, Mask]
Predict = Callable[[Picture], Mask]


class BenchmarkSet:
    """A folder with images/, masks/ (class ids) and a dataset.json with a split.

    Parameters
    ----------
    folder
        The set.
    trial
        Score training images that nobody paints on, and leave test images alone:
        for choosing between ways to do it.
    """

    def __init__(self, folder: Path, *, trial: bool = False) -> None:
        facts: dict[str, Any] = json.loads((folder / "dataset.json").read_text("utf-8"))
        self._folder, self.name = folder, folder.name
        self.classes = len(facts["classes"])
        self._train: list[str] = facts["split"]["train"]
        self._test: list[str] = facts["split"]["test"]
        if trial:
            count = min(_MOST_SCORED, len(self._train) // 3)
            kept = {self._train[i * len(self._train) // count] for i in range(count)}
            self._test = sorted(kept)
            self._train = [stem for stem in self._train if stem not in kept]

    def scored(self) -> list[Pair]:
        """Read what is scored: at most fifteen images, evenly spread."""
        count = min(_MOST_SCORED, len(self._test))
        step = max(1.0, len(self._test) / _MOST_SCORED)
        return [self._pair(self._test[int(i * step)]) for i in range(count)]

    def painted(self, seed: int, most: int) -> list[Pair]:
        """Read training images in the order in which they are opened.

        A shuffle, but the first two show every class: people start where there is
        something to show.
        """
        order = np.random.default_rng(seed).permutation(len(self._train))
        stems = [self._train[i] for i in order]
        first = [s for s in stems[:_LOOKED_AT] if self._shows_all(s)][:FIRST]
        rest = [s for s in stems if s not in first]
        return [self._pair(stem) for stem in (first + rest)[:most]]

    def _pair(self, stem: str) -> Pair:
        return self._read("images", stem), self._read("masks", stem)

    def _read(self, kind: str, stem: str) -> Picture:
        file = next((self._folder / kind).glob(stem + ".*"))
        return np.array(Image.open(file))

    def _shows_all(self, stem: str) -> bool:
        counts = np.bincount(self._read("masks", stem).ravel(), minlength=self.classes)
        return bool(counts[: self.classes].min() >= _SHOWN)
