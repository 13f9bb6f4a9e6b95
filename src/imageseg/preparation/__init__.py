"""Bring photographs and micrographs into shape: valid region, crop, size, tiles."""

from imageseg.preparation.circle import CircleFit, fit_circle
from imageseg.preparation.consensus import Consensus, consensus
from imageseg.preparation.crop import Region, crop_to
from imageseg.preparation.prepare import PreparedProgress, prepare_task
from imageseg.preparation.region import find_valid_box
from imageseg.preparation.resize import aspect_box, resize
from imageseg.preparation.settings import PrepareSettings
from imageseg.preparation.sources import Source, list_sources, without_results
from imageseg.preparation.tiles import (
    TileName,
    cut_tiles,
    join_labels,
    join_tiles,
    read_tile_name,
    tile_boxes,
    tile_name,
)

__all__ = [
    "CircleFit",
    "Consensus",
    "PrepareSettings",
    "PreparedProgress",
    "Region",
    "Source",
    "TileName",
    "aspect_box",
    "consensus",
    "crop_to",
    "cut_tiles",
    "find_valid_box",
    "fit_circle",
    "join_labels",
    "join_tiles",
    "list_sources",
    "prepare_task",
    "read_tile_name",
    "resize",
    "tile_boxes",
    "tile_name",
    "without_results",
]
