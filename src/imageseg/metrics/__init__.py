"""Agreement of predicted and annotated labels."""

from imageseg.metrics.named import NAMED_METRICS
from imageseg.metrics.partitions import PartitionErrors, warping_error
from imageseg.metrics.scores import Scores, confusion_matrix

__all__ = [
    "NAMED_METRICS",
    "PartitionErrors",
    "Scores",
    "confusion_matrix",
    "warping_error",
]
