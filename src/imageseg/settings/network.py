"""Settings of imageseg's own network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from imageseg.settings.base import Checked, Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class UNetSettings(Checked):
    """The shape of an imageseg U-Net, its arguments under their own names."""

    filters: Annotated[
        int,
        Setting(
            label="Filters",
            help="Feature maps of the first level.",
            minimum=1,
            maximum=256,
        ),
    ] = 16
    blocks: Annotated[
        int,
        Setting(
            label="Blocks", help="How often the image is halved.", minimum=1, maximum=7
        ),
    ] = 4
    layers_per_block: Annotated[
        int,
        Setting(
            label="Layers per block",
            help="Convolutions in a block.",
            minimum=2,
            maximum=3,
        ),
    ] = 2
    dropout: Annotated[
        float,
        Setting(
            label="Dropout",
            help="Share of features dropped.",
            minimum=0,
            maximum=0.9,
            step=0.05,
        ),
    ] = 0.0
    batch_normalization: Annotated[
        bool,
        Setting(label="Batch normalisation", help="Normalise after each convolution."),
    ] = True
    kernel_initializer: Annotated[
        Literal["he_normal", "he_uniform", "glorot_normal", "glorot_uniform"],
        Setting(
            label="Initialiser", help="First values of the 3×3 kernels.", advanced=True
        ),
    ] = "he_normal"
    decoder: Annotated[
        Literal["transpose", "upsample"],
        Setting(
            label="Decoder",
            help="Transposed convolutions (imageseg 0.5) or plain enlarging (0.4).",
            advanced=True,
        ),
    ] = "transpose"
