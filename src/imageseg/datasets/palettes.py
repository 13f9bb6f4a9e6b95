"""Compare the palettes of masks: an index may be red in one and green in another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from imageseg.datasets.findings import Finding, Repair
from imageseg.images import sniff
from imageseg.masks import PRESETS, Census, MaskCoding
from imageseg.masks.coding import packed, singles
from imageseg.masks.guess import MOST_IDS

_TELLING = 3  # so many equal colours are no chance

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


def published(palettes: Mapping[Path, Palette]) -> Iterator[Finding]:
    """Recognise masks whose indices all have the colours of a published table."""
    if not palettes or not all(palettes.values()):
        return
    used = {pair for palette in palettes.values() for pair in palette.items()}
    for table in PRESETS.values():
        colours = dict(enumerate(table.colours)) | dict.fromkeys((255,), table.void[-1])
        if len(used) >= _TELLING and used <= colours.items():
            yield Finding(
                severity="remark",
                kind="palette",
                path=None,
                what=f"the palettes are those of {table.name!r}",
                advice=f"Read them with --coding {table.name}: "
                f"{len(table.colours)} classes.",
            )


def _coding(colours: list[int]) -> MaskCoding:
    return MaskCoding(kind="colours", codes=singles(colours))
