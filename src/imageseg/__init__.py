"""Teach a U-Net from partly annotated images, predict with it, measure densities.

The engine behind napari-imageseg: arrays, files and tensors, without napari.
Names are loaded when they are first used, so that importing this costs nothing.
"""

from __future__ import annotations

from importlib import import_module

from imageseg._version import __version__

_HOME = {
    "CANOPY": "classes",
    "ClassDef": "classes",
    "ClassScheme": "classes",
    "Density": "density",
    "Evaluation": "evaluation",
    "ImageSegError": "errors",
    "ModelSpec": "spec",
    "PredictSettings": "settings",
    "Prediction": "inference",
    "Progress": "tasks",
    "Region": "density",
    "Sample": "training",
    "SegmentationModel": "model",
    "Task": "tasks",
    "TrainSettings": "settings",
    "TrainingResult": "training",
    "UNetSettings": "settings",
    "bundled_models": "spec",
    "density_table": "api",
    "drain": "tasks",
    "draw_overlay": "overlay",
    "evaluate": "api",
    "find_images": "images",
    "load_model": "model",
    "measure_density": "density",
    "predict": "api",
    "read_image": "images",
    "read_labels": "images",
    "train": "api",
    "write_labels": "images",
}

__all__ = ["__version__", *_HOME]  # noqa: PLE0604  the keys above are strings


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
