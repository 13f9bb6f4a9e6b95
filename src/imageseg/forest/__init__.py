"""The pixel classifier: features of every pixel, and trees that vote on them."""

from imageseg.forest.features import feature_names, feature_planes, feature_reach
from imageseg.forest.memory import PixelMemory
from imageseg.forest.settings import INSTANT, ForestSettings
from imageseg.forest.trees import Trees

__all__ = [
    "INSTANT",
    "ForestSettings",
    "PixelMemory",
    "Trees",
    "feature_names",
    "feature_planes",
    "feature_reach",
]
