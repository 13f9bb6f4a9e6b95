"""Between the numbers or colours in mask files and labels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from imageseg.classes import MAX_CLASSES
from imageseg.errors import MaskValueError, SettingsError
from imageseg.masks.notation import parse_coding, write_coding
from imageseg.masks.presets import PRESETS

Labels = NDArray[np.uint8]
Kind = Literal["auto", "binary", "ids", "labels", "values", "colours"]
Strays = Literal["refuse", "void"]

UNKNOWN = 255
"""Stands in label arrays, for a moment, where a code means nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskCoding:
    """How the codes in a mask file mean classes.

    A code is a whole number, or a colour as 0xRRGGBB.

    Attributes
    ----------
    kind
        ``binary``: below `threshold` class 1, else class 2 (grey masks, also soft
        or JPEG-noisy ones). ``ids``: 0 is class 1, 1 is class 2, …. ``labels``: 0
        is not annotated, k is class k: what this program writes. ``values`` and
        ``colours``: as `codes` says. ``auto``: to be found out for a whole set
        (`choose_coding`).
    codes
        For each class the codes that stand for it; the first is written.
    void
        Codes of what is not annotated: they become 0.
    threshold
        First value of class 2 in binary masks. Masks of fractions from 0 to 1
        count as 0 to 255.
    inverted
        Whether the bright side of binary masks is class 1.
    tolerance
        Codes this near to a known one are taken for it: grey levels, or Euclidean
        distance of RGB; for masks that went through JPEG.
    strays
        What becomes of other codes: an error, or not annotated.
    """

    kind: Kind = "auto"
    codes: tuple[tuple[int, ...], ...] = ()
    void: tuple[int, ...] = ()
    threshold: int = 128
    inverted: bool = False
    tolerance: int = 0
    strays: Strays = "refuse"

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise SettingsError("mask coding", self.kind, " or ".join(get_args(Kind)))
        if self.strays not in get_args(Strays):
            raise SettingsError("strays", self.strays, "refuse or void")
        if self.tolerance < 0:
            raise SettingsError("tolerance", self.tolerance, "0 or more")
        if (self.kind in {"values", "colours"}) != bool(self.codes):
            raise SettingsError("codes", self.codes, "given for values and colours")
        self._check_codes()

    def _check_codes(self) -> None:
        if not all(self.codes) or len(self.codes) > MAX_CLASSES:
            raise SettingsError("codes", self.codes, f"of 1 to {MAX_CLASSES} classes")
        named = [*(code for group in self.codes for code in group), *self.void]
        if len(set(named)) < len(named):
            raise SettingsError("mask coding", str(self), "of codes that differ")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Understand what people write.

        ::

            auto, binary, inverted, ids, labels, voc, dubai
            0,128,255              the codes of class 1, 2, 3
            1+3,2+4                two codes for each of two classes
            #000000,#ff0000        colours
            codes.json             {"classes": {"soil": "#000000", …}, "void": […]}
            ids,void=11            any of these and what differs: void, threshold,
            dubai,strays=void      tolerance, strays

        Raises
        ------
        SettingsError
            It is no coding.
        """
        return cls(**parse_coding(text))

    @classmethod
    def preset(cls, name: str) -> Self:
        """Return the coding of a published colour table (`PRESETS`)."""
        table = PRESETS[name]
        codes = tuple((colour,) for colour in table.colours)
        return cls(kind="colours", codes=codes, void=table.void)

    def __str__(self) -> str:
        """Return the text that `parse` understands."""
        return write_coding(self)

    def written(self, code: int) -> str:
        """Return a code as people write it: ``128`` or ``#3c1098``."""
        return f"#{code:06x}" if self.kind == "colours" else str(code)

    def decode(self, values: NDArray[Any], n_classes: int = MAX_CLASSES) -> Labels:
        """Turn what a mask file stores into labels.

        Parameters
        ----------
        values
            (Y, X) or (Z, Y, X); for colours (…, 3).
        n_classes
            How many classes there are; a code of a higher one is a stray.

        Raises
        ------
        MaskValueError
            A code stands for no class.
        SettingsError
            The coding is still to be found out.
        """
        if self.kind == "auto":
            raise SettingsError("mask coding", "auto", "chosen for the whole set first")
        codes = self._codes_of(values)
        if self.kind == "binary":
            bright = codes >= self.threshold
            labels = np.where(bright != self.inverted, np.uint8(2), np.uint8(1))
            return np.where(np.isin(codes, self.void), np.uint8(0), labels)
        labels = self._looked_up(codes, n_classes)
        unknown = labels == UNKNOWN
        if unknown.any():
            labels[unknown] = self._nearby(codes[unknown], n_classes)
        return labels

    def encode(self, labels: Labels) -> NDArray[Any]:
        """Turn labels into what a mask file of this coding stores.

        Returns
        -------
        values
            As `labels`, of the smallest unsigned type; for colours (…, 3).

        Raises
        ------
        SettingsError
            The coding has no code for a label.
        """
        written = {label: code for code, label in reversed(self._table().items())}
        missing = set(np.unique(labels).tolist()) - set(written)
        if missing:
            raise SettingsError(
                "mask coding", str(self), f"able to write the label {min(missing)}"
            )
        lut = np.zeros(256, np.int64)
        lut[list(written)] = list(written.values())
        if self.kind == "colours":
            return unpacked(lut[labels]).astype(np.uint8)
        small = np.min_scalar_type(max(written.values()))
        return np.asarray(lut[labels].astype(small))

    def _table(self, n_classes: int = MAX_CLASSES) -> dict[int, int]:
        """Return the label of each code."""
        if self.kind == "binary":
            table = {0: 1, 255: 2} if not self.inverted else {0: 2, 255: 1}
        elif self.codes:
            groups = enumerate(self.codes[:n_classes], start=1)
            table = {code: label for label, group in groups for code in group}
        else:
            first = 1 if self.kind == "ids" else 0
            table = {label - first: label for label in range(first, n_classes + 1)}
        return table | dict.fromkeys(self.void, 0)

    def _codes_of(self, values: NDArray[Any]) -> NDArray[Any]:
        if self.kind == "colours":
            return packed(values)
        binary = self.kind == "binary"
        if values.dtype == bool:
            white = np.uint8(255 if binary else 1)
            return np.asarray(values * white)
        if binary and is_share(values):
            return np.asarray(np.rint(values * 255), np.uint8)
        return values

    def _looked_up(self, codes: NDArray[Any], n_classes: int) -> Labels:
        table = self._table(n_classes)
        known = np.array(sorted(table))
        labels = np.array([table[code] for code in known.tolist()], np.uint8)
        if codes.dtype == np.uint8:
            lut = np.full(256, UNKNOWN, np.uint8)
            fits = (known >= 0) & (known < 256)
            lut[known[fits]] = labels[fits]
            return np.asarray(lut[codes])
        place = np.searchsorted(known, codes).clip(max=known.size - 1)
        return np.where(known[place] == codes, labels[place], np.uint8(UNKNOWN))

    def _nearby(self, codes: NDArray[Any], n_classes: int) -> Labels:
        """Return the labels of strays: of the nearest code, 0, or an error."""
        strays, where = np.unique(codes, return_inverse=True)
        labels = np.zeros(strays.size, np.uint8)
        if self.tolerance:
            labels = self._nearest(strays, self._table(n_classes))
        far = labels == UNKNOWN if self.tolerance else np.ones(strays.size, bool)
        if far.any() and self.strays == "refuse":
            count = min(n_classes, len(self.codes) or n_classes)
            raise MaskValueError(self._named(strays[far]), str(self), count)
        labels[far] = 0
        return np.asarray(labels[where])

    def _nearest(self, strays: NDArray[Any], table: dict[int, int]) -> Labels:
        """Return the label of the code nearest to each stray, or UNKNOWN."""
        known = np.array(list(table))
        places = unpacked if self.kind == "colours" else _as_axis
        apart = places(strays)[:, None].astype(float) - places(known)
        distance = np.sqrt((apart**2).sum(-1))
        labels = np.array(list(table.values()), np.uint8)[distance.argmin(1)]
        return np.where(distance.min(1) <= self.tolerance, labels, np.uint8(UNKNOWN))

    def _named(self, codes: NDArray[Any]) -> tuple[str, ...]:
        shown = tuple(self.written(int(code)) for code in codes[:5])
        return (*shown, "…") if codes.size > len(shown) else shown


def packed(values: NDArray[Any]) -> NDArray[np.int32]:
    """Return colours (…, 3) as 0xRRGGBB; grey values count as colours."""
    if values.ndim < 3 or values.shape[-1] != 3:
        return values.astype(np.int32) * 0x010101
    red, green, blue = np.moveaxis(values.astype(np.int32), -1, 0)
    return np.asarray(red << 16 | green << 8 | blue)


def unpacked(codes: NDArray[Any]) -> NDArray[np.int64]:
    """Return colours 0xRRGGBB as (…, 3)."""
    return np.asarray(codes)[..., None].astype(np.int64) >> (16, 8, 0) & 255


def _as_axis(codes: NDArray[Any]) -> NDArray[Any]:
    return codes[:, None]


def is_share(values: NDArray[Any]) -> bool:
    """Tell whether a mask holds fractions of 1 rather than codes."""
    if values.dtype.kind != "f":
        return False
    return bool(values.min(initial=0) >= 0 and values.max(initial=0) <= 1)


def singles(codes: Iterable[int]) -> tuple[tuple[int, ...], ...]:
    """Return the codes of classes that have one each."""
    return tuple((int(code),) for code in codes)
