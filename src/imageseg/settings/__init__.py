"""Every setting once: type, default, bounds, label and help in one declaration.

The command line turns these classes into flags, the plugin into forms, and
model files keep them as JSON.
"""

from imageseg.settings.base import Checked, Setting, SettingField, setting_fields
from imageseg.settings.names import (
    Augmentation,
    Device,
    Loss,
    Normalisation,
    Optimiser,
    Overlap,
    Precision,
    Schedule,
)
from imageseg.settings.network import UNetSettings
from imageseg.settings.predict import PredictSettings
from imageseg.settings.train import FINE_TUNING, TrainSettings

__all__ = [
    "FINE_TUNING",
    "Augmentation",
    "Checked",
    "Device",
    "Loss",
    "Normalisation",
    "Optimiser",
    "Overlap",
    "Precision",
    "PredictSettings",
    "Schedule",
    "Setting",
    "SettingField",
    "TrainSettings",
    "UNetSettings",
    "setting_fields",
]
