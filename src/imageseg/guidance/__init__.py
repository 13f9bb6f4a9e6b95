"""Where to annotate next, and when to stop."""

from imageseg.guidance.advice import Round, StopAdvice, advise
from imageseg.guidance.files import FilesToSee, rank_files_task
from imageseg.guidance.images import (
    ImageSummary,
    RankedImage,
    image_table,
    rank_images,
    summarise_image,
    summarise_planes,
)
from imageseg.guidance.regions import (
    RegionToSee,
    counted_classes,
    plane_masses,
    rank_regions,
    rank_squares,
    region_table,
)
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
    "counted_classes",
    "entropy",
    "image_table",
    "margin",
    "plane_masses",
    "rank_files_task",
    "rank_images",
    "rank_regions",
    "rank_squares",
    "region_table",
    "summarise_image",
    "summarise_planes",
]
