"""Where to annotate next, and when to stop."""

from imageseg.guidance.advice import Round, StopAdvice, advise
from imageseg.guidance.files import FilesToSee, rank_files_task
from imageseg.guidance.images import (
    ImageSummary,
    RankedImage,
    image_table,
    rank_images,
    summarise_image,
)
from imageseg.guidance.regions import RegionToSee, rank_regions, region_table
from imageseg.guidance.uncertainty import block_means, entropy, margin

__all__ = [
    "FilesToSee",
    "ImageSummary",
    "RankedImage",
    "RegionToSee",
    "Round",
    "StopAdvice",
    "advise",
    "block_means",
    "entropy",
    "image_table",
    "margin",
    "rank_files_task",
    "rank_images",
    "rank_regions",
    "region_table",
    "summarise_image",
]
