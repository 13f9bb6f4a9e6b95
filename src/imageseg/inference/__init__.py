"""Predict images of any size."""

from imageseg.inference.box import outer_box, predict_box_task
from imageseg.inference.predict import predict_task
from imageseg.inference.prediction import Prediction
from imageseg.inference.tiles import Tile, tile_grid
from imageseg.inference.tripwire import DeviceCheck, check_device_task

__all__ = [
    "DeviceCheck",
    "Prediction",
    "Tile",
    "check_device_task",
    "outer_box",
    "predict_box_task",
    "predict_task",
    "tile_grid",
]
