"""Answers while people paint: at once from a pixel classifier, then from a network."""

from imageseg.interactive.answer import Answer, AnswerProgress, Kind, Taught
from imageseg.interactive.instant import InstantLearner, instant_task
from imageseg.interactive.settings import FROM_MODEL, FROM_STROKES, NETWORK, VOLUMES
from imageseg.interactive.teach import teach_task

__all__ = [
    "FROM_MODEL",
    "FROM_STROKES",
    "NETWORK",
    "VOLUMES",
    "Answer",
    "AnswerProgress",
    "InstantLearner",
    "Kind",
    "Taught",
    "instant_task",
    "teach_task",
]
