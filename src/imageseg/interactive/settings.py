"""How a network learns behind the instant answer."""

from __future__ import annotations

from imageseg.architectures.keras_unet import UNet3DSettings
from imageseg.settings import TrainSettings, UNetSettings

NETWORK = UNetSettings(filters=16, blocks=4)
"""Small enough to learn on a laptop while people look on."""

VOLUMES = UNet3DSettings(filters=8, blocks=3)
"""The same for stacks that are learned as volumes."""

FROM_STROKES = TrainSettings(
    epochs=12,
    steps=12,
    patience=0,
    batch=8,
    patch=128,
    rate=2e-3,
    averaging=0.9,
    augmentation="flips",
    normalisation="percentile",
)
"""A fixed number of steps, however many images there are: the fortieth image costs
what the fourth did."""

FROM_MODEL = TrainSettings(
    epochs=12, steps=10, patience=6, batch=8, patch=128, rate=5e-4
)
"""The same, from a model that knows something already."""
