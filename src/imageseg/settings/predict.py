"""Settings of prediction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from imageseg.settings.base import Checked, Setting
from imageseg.settings.names import Device, Precision


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictSettings(Checked):
    """How images are predicted."""

    device: Annotated[
        Device,
        Setting(
            label="Device", help="Where to compute; auto takes a GPU if there is one."
        ),
    ] = "auto"
    precision: Annotated[
        Precision,
        Setting(
            label="Precision",
            help="Number format; auto takes bf16 where the hardware is faster with it.",
            advanced=True,
        ),
    ] = "auto"
    tile: Annotated[
        int,
        Setting(
            label="Tile size",
            help="Side of the square computed at once; smaller needs less memory, "
            "the result is the same.",
            minimum=32,
            maximum=8192,
            step=64,
            unit="px",
            advanced=True,
        ),
    ] = 1024
    flips: Annotated[
        bool,
        Setting(
            label="Mirrored too",
            help="Predict mirrored copies as well and take the mean (test-time "
            "augmentation): often a little better, four times as long.",
            advanced=True,
        ),
    ] = False
