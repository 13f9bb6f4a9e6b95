"""Losses behind one table of names; pixels that nobody annotated have no say."""

from imageseg.losses.judged import Judged, two_class_logits
from imageseg.losses.memory import memory_loss
from imageseg.losses.table import LOSSES, segmentation_loss

__all__ = ["LOSSES", "Judged", "memory_loss", "segmentation_loss", "two_class_logits"]
