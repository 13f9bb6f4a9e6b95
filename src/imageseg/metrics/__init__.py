"""Agreement of predictions with annotations."""

from imageseg.metrics.agreement import DensityAgreement
from imageseg.metrics.named import NAMED_METRICS
from imageseg.metrics.partitions import PartitionErrors, warping_error
from imageseg.metrics.probabilities import ProbabilityCounts
from imageseg.metrics.scores import Scores, confusion_matrix

__all__ = [
    "NAMED_METRICS",
    "DensityAgreement",
    "PartitionErrors",
    "ProbabilityCounts",
    "Scores",
    "confusion_matrix",
    "warping_error",
]
