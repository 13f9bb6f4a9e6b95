"""Where to annotate next, when to stop, and what it has cost."""

from imageseg.guidance.advice import Round, StopAdvice, advise
from imageseg.guidance.images import (
    ImageSummary,
    RankedImage,
    image_table,
    rank_images,
    summarise_image,
)
from imageseg.guidance.ledger import Entry, Ledger
from imageseg.guidance.regions import RegionToSee, rank_regions, region_table
from imageseg.guidance.uncertainty import block_means, entropy, margin

__all__ = [
    "Entry",
    "ImageSummary",
    "Ledger",
    "RankedImage",
    "RegionToSee",
    "Round",
    "StopAdvice",
    "advise",
    "block_means",
    "entropy",
    "image_table",
    "margin",
    "rank_images",
    "rank_regions",
    "region_table",
    "summarise_image",
]
