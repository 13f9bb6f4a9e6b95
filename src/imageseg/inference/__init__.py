"""Predict images of any size."""

from imageseg.inference.box import predict_box_task
from imageseg.inference.predict import predict_task
from imageseg.inference.prediction import Prediction
from imageseg.inference.tiles import Tile, tile_grid

__all__ = ["Prediction", "Tile", "predict_box_task", "predict_task", "tile_grid"]
