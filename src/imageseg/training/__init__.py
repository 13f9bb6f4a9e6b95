"""Teach a model from partly annotated images."""

from imageseg.training.history import EpochProgress, EpochRow, TrainingResult
from imageseg.training.sample import Sample
from imageseg.training.split import HeldOut, hold_out
from imageseg.training.train import train_task

__all__ = [
    "EpochProgress",
    "EpochRow",
    "HeldOut",
    "Sample",
    "TrainingResult",
    "hold_out",
    "train_task",
]
