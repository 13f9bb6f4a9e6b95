"""How good models are on annotated images."""

from imageseg.evaluation.baselines import BASELINES
from imageseg.evaluation.compare import Comparison, compare_task
from imageseg.evaluation.crossval import cross_validate_task
from imageseg.evaluation.evaluate import evaluate_task
from imageseg.evaluation.guard import ImageChange, Judgement, Verdict, guard_task
from imageseg.evaluation.report import write_report
from imageseg.evaluation.result import Evaluation

__all__ = [
    "BASELINES",
    "Comparison",
    "Evaluation",
    "ImageChange",
    "Judgement",
    "Verdict",
    "compare_task",
    "cross_validate_task",
    "evaluate_task",
    "guard_task",
    "write_report",
]
