"""Masks: files of numbers, colours or outlines that say which pixel is what."""

from imageseg.masks.census import Census
from imageseg.masks.coding import Labels, MaskCoding
from imageseg.masks.guess import Guess, guess_coding
from imageseg.masks.labelme import Outline, Outlines, is_labelme, read_labelme
from imageseg.masks.presets import DUBAI, PRESETS, VOC, ColourTable
from imageseg.masks.read import (
    LabelReader,
    MaskFiles,
    as_files,
    choose_coding,
    guess_task,
    read_codes,
    read_labels,
    read_mask,
    size_text,
)
from imageseg.masks.remap import final_labels, remap_labels

__all__ = [
    "DUBAI",
    "PRESETS",
    "VOC",
    "Census",
    "ColourTable",
    "Guess",
    "LabelReader",
    "Labels",
    "MaskCoding",
    "MaskFiles",
    "Outline",
    "Outlines",
    "as_files",
    "choose_coding",
    "final_labels",
    "guess_coding",
    "guess_task",
    "is_labelme",
    "read_codes",
    "read_labelme",
    "read_labels",
    "read_mask",
    "remap_labels",
    "size_text",
]
