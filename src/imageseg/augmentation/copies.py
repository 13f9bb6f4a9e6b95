"""Which copies a fixed set holds: turned, mirrored, their colours changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import SettingsError

Limits = tuple[float, float]
Changes = tuple[float, float, float]
"""Brightness, saturation and hue in per cent, as `modulate` takes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopySettings:
    """The copies that are made of every image.

    Attributes
    ----------
    angles
        One turned copy each, in degrees clockwise; 0 is the image itself.
    flip, flop
        Whether there is a copy upside down, and one mirrored left to right.
    fraction
        Share of all copies whose colours change.
    brightness, saturation, hue
        Limits of the change, in per cent as in `modulate`.
    seed
        Start of the random numbers.
    """

    angles: tuple[float, ...] = (0,)
    flip: bool = False
    flop: bool = False
    fraction: float = 0.0
    brightness: Limits = (90, 110)
    saturation: Limits = (95, 105)
    hue: Limits = (80, 120)
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.fraction <= 1:
            raise SettingsError("fraction", self.fraction, "0 to 1")
        if len({angle % 360 for angle in self.angles}) < len(self.angles):
            raise SettingsError("angles", self.angles, "different from each other")
        if not self.copies:
            raise SettingsError("angles", self.angles, "one or more, or flip or flop")
        for name in ("brightness", "saturation", "hue"):
            low, high = getattr(self, name)
            if not 0 <= low <= high <= 200:
                raise SettingsError(name, (low, high), "two per cents, 0 to 200")

    @property
    def copies(self) -> list[Copy]:
        """The copies of one image in their order."""
        mirrored = [Copy(flip=True)] * self.flip + [Copy(flop=True)] * self.flop
        return [Copy(rotation=angle % 360) for angle in self.angles] + mirrored

    @property
    def is_lossless(self) -> bool:
        """Whether all angles are quarter turns, so that nothing is interpolated."""
        return all(angle % 90 == 0 for angle in self.angles)

    def remarks(self) -> list[str]:
        """Say what is allowed and seldom meant."""
        found = []
        if 0 not in {angle % 360 for angle in self.angles}:
            found.append(
                "0 is not among the angles: the images themselves are left out."
            )
        if not self.is_lossless:
            found.append(
                "Angles that are no multiple of 90 enlarge the images and leave "
                "black corners, which are not annotated."
            )
        return found

    def changes(self, images: int) -> dict[tuple[int, int], Changes]:
        """Draw which copies change their colours, and how.

        Parameters
        ----------
        images
            How many there are.

        Returns
        -------
        changes
            By the places of image and copy, a rounded share of all of them.
        """
        rng = np.random.default_rng(self.seed)
        total = images * len(self.copies)
        chosen = rng.choice(total, round(self.fraction * total), replace=False)
        low, high = np.transpose([self.brightness, self.saturation, self.hue])
        drawn = rng.uniform(low, high, (len(chosen), 3)).tolist()
        return {
            divmod(int(place), len(self.copies)): (b, s, h)
            for place, (b, s, h) in zip(chosen, drawn, strict=True)
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One way to turn or mirror a picture.

    Attributes
    ----------
    rotation
        Degrees clockwise, 0 to 360.
    flip, flop
        Upside down, left to right.
    """

    rotation: float = 0.0
    flip: bool = False
    flop: bool = False

    @property
    def suffix(self) -> str:
        """What is put after the name of the image."""
        if self.flip or self.flop:
            return "_flip" if self.flip else "_flop"
        return f"_rot{self.rotation:g}" if self.rotation else ""

    def apply(
        self, picture: NDArray[Any], rows: int, *, nearest: bool = False
    ) -> NDArray[Any]:
        """Turn or mirror a picture; other angles than quarters enlarge it.

        Parameters
        ----------
        picture
            Of any number of axes.
        rows
            The axis of its rows; that of its columns is the next.
        nearest
            Whether values are codes, which no interpolation may mix.

        Returns
        -------
        picture
            Zero where nothing was; of the same type.
        """
        if self.flip or self.flop:
            return np.flip(picture, rows if self.flip else rows + 1)
        quarters, rest = divmod(self.rotation, 90)
        if not rest:
            return np.rot90(picture, -int(quarters), (rows, rows + 1))
        return _rotated(picture, self.rotation, rows, order=0 if nearest else 1)


def copy_names(images: Sequence[Path], copies: Sequence[Copy]) -> list[list[str]]:
    """Name the copies of each image, all differently, also where case is one.

    ``a_rot90`` is the copy of ``a``; images of one stem get the name of their
    folder, then a number.
    """
    taken: set[str] = set()
    found = []
    for image in images:
        numbered = (f"{image.stem}_{i}" for i in count(2))
        bases = chain([image.stem, f"{image.parent.name}_{image.stem}"], numbered)
        sets = ([base + copy.suffix for copy in copies] for base in bases)
        names = next(s for s in sets if taken.isdisjoint(map(str.casefold, s)))
        taken.update(map(str.casefold, names))
        found.append(names)
    return found


def _rotated(
    picture: NDArray[Any], degrees: float, rows: int, *, order: int
) -> NDArray[Any]:
    from scipy.ndimage import rotate  # noqa: PLC0415  heavy

    axes = (rows + 1, rows)
    turned = rotate(picture.astype(float), -degrees, axes, order=order)
    whole = picture.dtype.kind in "iu"
    return np.asarray(turned.round() if whole else turned, picture.dtype)
