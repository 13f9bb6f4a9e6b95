"""Teach a model from partly annotated images."""

from imageseg.training.files import FileSample, file_samples_task
from imageseg.training.forest import fit_forest_task
from imageseg.training.history import (
    EpochProgress,
    EpochRow,
    TrainingResult,
    history_table,
)
from imageseg.training.parallel import Group, joined_group
from imageseg.training.sample import AnySample, Sample, pixels_of
from imageseg.training.split import HeldOut, hold_out, split_three
from imageseg.training.stacks import StackSample
from imageseg.training.train import train_task

__all__ = [
    "AnySample",
    "EpochProgress",
    "EpochRow",
    "FileSample",
    "Group",
    "HeldOut",
    "Sample",
    "StackSample",
    "TrainingResult",
    "file_samples_task",
    "fit_forest_task",
    "history_table",
    "hold_out",
    "joined_group",
    "pixels_of",
    "split_three",
    "train_task",
]
