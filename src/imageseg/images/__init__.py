"""Pictures in and out of files: find, read, pair, code masks, bring to model range."""

from imageseg.images.find import find_images, natural_key
from imageseg.images.masks import MaskCoding, read_labels
from imageseg.images.pair import Pairing, pair_by_stem
from imageseg.images.planes import (
    ValueScale,
    channel_count,
    spatial_shape,
    split_planes,
    to_unit_range,
)
from imageseg.images.read import read_image, read_values, sniff
from imageseg.images.write import write_image, write_labels

__all__ = [
    "MaskCoding",
    "Pairing",
    "ValueScale",
    "channel_count",
    "find_images",
    "natural_key",
    "pair_by_stem",
    "read_image",
    "read_labels",
    "read_values",
    "sniff",
    "spatial_shape",
    "split_planes",
    "to_unit_range",
    "write_image",
    "write_labels",
]
