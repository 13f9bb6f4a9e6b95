"""Teach a U-Net from partly annotated images, predict with it, measure densities.

The engine behind napari-imageseg: arrays, files and tensors, without napari.
Names are loaded when they are first used, so that importing this costs nothing.
"""

from __future__ import annotations

from importlib import import_module

from imageseg._version import __version__

_HOME = {
    "AugmentSettings": "augmentation",
    "Augmenter": "augmentation.augmenter",
    "Box": "geometry",
    "CANOPY": "classes",
    "Circle": "geometry",
    "ClassDef": "classes",
    "ClassScheme": "classes",
    "Density": "density",
    "Evaluation": "evaluation",
    "ImageInfo": "images",
    "ImageSegError": "errors",
    "KerasOptions": "exchange.keras",
    "LabelReader": "masks",
    "LazyImage": "images",
    "MaskCoding": "masks",
    "ModelSpec": "spec",
    "PixelSize": "units",
    "PredictSettings": "settings",
    "Prediction": "inference",
    "Progress": "tasks",
    "Project": "project",
    "Region": "density",
    "Sample": "training",
    "SegmentationModel": "model",
    "Task": "tasks",
    "TrainSettings": "settings",
    "TrainingResult": "training",
    "UNetSettings": "settings",
    "bundled_models": "spec",
    "density_table": "api",
    "describe_image": "images",
    "drain": "tasks",
    "draw_overlay": "figures",
    "evaluate": "api",
    "find_images": "images",
    "find_samples": "datasets",
    "load_model": "exchange",
    "measure_density": "density",
    "open_image": "images",
    "open_project": "project",
    "predict": "api",
    "read_image": "images",
    "read_labelme": "masks",
    "read_labels": "masks",
    "read_samples": "api",
    "to_channels": "images",
    "to_grey": "images",
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
