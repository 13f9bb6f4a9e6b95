"""Sample data: generated scenes for napari's Open Sample menu."""

from __future__ import annotations

from typing import Any

from imageseg.samples import SAMPLES

LayerData = tuple[Any, dict[str, Any], str]


def canopy() -> list[LayerData]:
    """Return a canopy photograph."""
    return _layers("canopy")


def microscopy() -> list[LayerData]:
    """Return cells in three classes."""
    return _layers("microscopy")


def stack() -> list[LayerData]:
    """Return a 3-D stack of nuclei."""
    return _layers("stack")


def _layers(name: str) -> list[LayerData]:
    sample = SAMPLES[name](seed=0)
    image = sample.image
    space = {
        "name": sample.name,
        "scale": sample.scale,
        "units": [sample.units] * len(sample.scale),
        "rgb": image.ndim == 3 and image.shape[-1] == 3,
    }
    return [(image, space, "image")]
