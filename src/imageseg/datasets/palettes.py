"""Compare the palettes of masks: an index may be red in one and green in another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from imageseg.datasets.findings import Finding, Repair
from imageseg.images import sniff
from imageseg.masks import Census, MaskCoding
from imageseg.masks.coding import packed, singles
from imageseg.masks.guess import MOST_IDS

Palette = dict[int, int]
"""Colour 0xRRGGBB of each index that a mask uses."""


def palette_of(path: Path, census: Census) -> Palette:
    """Return the palette of a PNG, GIF or BMP mask; nothing if it has none."""
    if sniff(path) not in {"png", "gif", "bmp"}:
        return {}
    with Image.open(path) as file:
        stored = (file.mode == "P" and file.getpalette("RGB")) or []
    colours = packed(np.array(stored, np.uint8).reshape(1, -1, 3))[0]
    return {k: int(colours[k]) for k in census.codes.tolist() if k < colours.size}


def disagreements(palettes: Mapping[Path, Palette]) -> Iterator[Finding]:
    """Name masks whose palette gives an index another colour than an earlier mask."""
    first: dict[int, tuple[int, Path]] = {}
    colours = {c for palette in palettes.values() for c in palette.values()}
    coding = _coding(sorted(colours)) if 0 < len(colours) <= MOST_IDS else None
    listed = f"'{coding}'" if coding else "and the colours of the classes"
    for path, palette in palettes.items():
        for index, colour in palette.items():
            usual, other = first.setdefault(index, (colour, path))
            if usual != colour:
                yield Finding(
                    severity="warning",
                    kind="palette",
                    path=path,
                    what=f"index {index} is #{colour:06x}, in {other.name} it is "
                    f"#{usual:06x}",
                    advice=f"If colours are meant, read them with --coding {listed}.",
                    repair=Repair(coding=coding) if coding else None,
                )
                break


def _coding(colours: list[int]) -> MaskCoding:
    return MaskCoding(kind="colours", codes=singles(colours))
