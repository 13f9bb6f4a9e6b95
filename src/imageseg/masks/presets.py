"""Colours that published data sets give their classes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ColourTable:
    """A published colour code of masks.

    Attributes
    ----------
    name
        What it is called on the command line.
    classes
        Class names in order of their ids.
    colours
        0xRRGGBB of each class.
    void
        0xRRGGBB of what is not annotated.
    """

    name: str
    classes: tuple[str, ...]
    colours: tuple[int, ...]
    void: tuple[int, ...] = ()


def voc_colour(k: int) -> int:
    """Return the colour 0xRRGGBB of an id in the VOC colour map.

    Bits 0, 1, 2 of the id become the highest bits of red, green, blue, bits 3,
    4, 5 the next lower ones, and so on (Everingham et al. 2010, VOC development
    kit, `VOClabelcolormap`).
    """
    colour = 0
    for bit in range(8):
        red, green, blue = (k >> (3 * bit + channel) & 1 for channel in range(3))
        colour |= (red << 16 | green << 8 | blue) << (7 - bit)
    return colour


_VOC_NAMES = (
    *("background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car"),
    *("cat", "chair", "cow", "diningtable", "dog", "horse", "motorbike", "person"),
    *("pottedplant", "sheep", "sofa", "train", "tvmonitor"),
)

VOC = ColourTable(
    "voc",
    _VOC_NAMES,
    tuple(map(voc_colour, range(len(_VOC_NAMES)))),
    (voc_colour(255),),
)
"""PASCAL VOC 2012; the pale border of objects is not annotated."""

DUBAI = ColourTable(
    "dubai",
    ("Building", "Land", "Road", "Vegetation", "Water"),
    (0x3C1098, 0x8429F6, 0x6EC1E4, 0xFEDD3A, 0xE2A929),
    (0x9B9B9B,),
)
"""Semantic segmentation of aerial imagery, Dubai (Humans in the Loop 2020);
its sixth colour, Unlabeled, is not annotated."""

PRESETS = {table.name: table for table in (VOC, DUBAI)}
