"""Pictures in and out of files: find, describe, read, bring to model range, write."""

from imageseg.images.cache import ReadCache
from imageseg.images.channels import (
    ChannelChoice,
    Channels,
    NamesOf,
    as_choice,
    many_channels,
    recognised,
    same_names,
    seen_channels,
    suggest_channels,
)
from imageseg.images.colours import to_channels, to_grey
from imageseg.images.find import find_images, natural_key
from imageseg.images.formats import Format, is_image, is_zarr, sniff
from imageseg.images.info import describe_image, image_table, image_table_task
from imageseg.images.lazy import LazyImage, WholeImage, open_image
from imageseg.images.planes import (
    ValueScale,
    channel_count,
    check_finite,
    seen_part,
    spatial_shape,
    split_parts,
    split_planes,
    to_unit_range,
    with_channel_axis,
    with_neighbours,
)
from imageseg.images.read import read_image, read_seen, read_values
from imageseg.images.sources import ImageInfo
from imageseg.images.stack import Stack
from imageseg.images.thumbnail import small_copy, thumbnail
from imageseg.images.write import write_image, write_labels

__all__ = [
    "ChannelChoice",
    "Channels",
    "Format",
    "ImageInfo",
    "LazyImage",
    "NamesOf",
    "ReadCache",
    "Stack",
    "ValueScale",
    "WholeImage",
    "as_choice",
    "channel_count",
    "check_finite",
    "describe_image",
    "find_images",
    "image_table",
    "image_table_task",
    "is_image",
    "is_zarr",
    "many_channels",
    "natural_key",
    "open_image",
    "read_image",
    "read_seen",
    "read_values",
    "recognised",
    "same_names",
    "seen_channels",
    "seen_part",
    "small_copy",
    "sniff",
    "spatial_shape",
    "split_parts",
    "split_planes",
    "suggest_channels",
    "thumbnail",
    "to_channels",
    "to_grey",
    "to_unit_range",
    "with_channel_axis",
    "with_neighbours",
    "write_image",
    "write_labels",
]
