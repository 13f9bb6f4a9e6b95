"""Data sets: which images and masks belong together, and whether they are sound."""

from imageseg.datasets.doctor import check_task
from imageseg.datasets.findings import Finding, Repair, Report, Severity
from imageseg.datasets.layouts import find_samples, read_pairs
from imageseg.datasets.pairing import Pair, Pairing, Several, pair_by_stem
from imageseg.datasets.repair import Repaired, repair_task

__all__ = [
    "Finding",
    "Pair",
    "Pairing",
    "Repair",
    "Repaired",
    "Report",
    "Several",
    "Severity",
    "check_task",
    "find_samples",
    "pair_by_stem",
    "read_pairs",
    "repair_task",
]
