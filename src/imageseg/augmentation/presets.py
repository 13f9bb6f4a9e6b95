"""The changes that suit a kind of image, by name."""

from __future__ import annotations

from imageseg.augmentation.settings import AugmentSettings
from imageseg.settings import Augmentation

_PRESETS: dict[Augmentation, AugmentSettings] = {
    "none": AugmentSettings(),
    "flips": AugmentSettings(flip_horizontal=0.5, flip_vertical=0.5, flip_z=0.5),
    "photo": AugmentSettings(
        flip_horizontal=0.5,
        flip_vertical=0.5,
        rotation=180.0,
        scale_min=0.75,
        scale_max=1.5,
        shear=10.0,
        brightness=20.0,
        contrast=20.0,
        saturation=50.0,
        hue=10.0,
        gamma=1.4,
    ),
    "understory": AugmentSettings(
        flip_horizontal=0.5,
        rotation=10.0,
        scale_min=0.75,
        scale_max=1.5,
        shear=5.0,
        brightness=20.0,
        contrast=20.0,
        saturation=5.0,
        gamma=1.4,
    ),
    "microscopy": AugmentSettings(
        flip_horizontal=0.5,
        flip_vertical=0.5,
        flip_z=0.5,
        rotation=180.0,
        scale_min=0.75,
        scale_max=1.5,
        shear=10.0,
        brightness=20.0,
        contrast=20.0,
        gamma=1.4,
        blur=1.2,
        noise=0.06,
    ),
}


def preset(name: Augmentation) -> AugmentSettings:
    """Return the settings behind a name.

    ``photo`` suits what has no up and down, as canopies; ``understory`` keeps
    the ground below, and hues, because a red sheet is told by its colour.
    """
    return _PRESETS[name]
