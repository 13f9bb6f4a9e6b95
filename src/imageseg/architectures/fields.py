"""Arguments that several architectures share, declared once."""

from __future__ import annotations

from typing import Annotated, Literal

from imageseg.settings import Setting

Filters = Annotated[
    int,
    Setting(
        label="Filters",
        help="Feature maps of the first level.",
        minimum=1,
        maximum=256,
    ),
]
Blocks = Annotated[
    int,
    Setting(
        label="Blocks", help="How often the image is halved.", minimum=1, maximum=7
    ),
]
Dropout = Annotated[
    float,
    Setting(
        label="Dropout",
        help="Share of features dropped.",
        minimum=0,
        maximum=0.9,
        step=0.05,
    ),
]
BatchNormalization = Annotated[
    bool,
    Setting(label="Batch normalisation", help="Normalise after each convolution."),
]
KernelInitializer = Annotated[
    Literal["he_normal", "he_uniform", "glorot_normal", "glorot_uniform"],
    Setting(
        label="Initialiser", help="First values of the 3×3 kernels.", advanced=True
    ),
]
Decoder = Annotated[
    Literal["transpose", "upsample"],
    Setting(
        label="Decoder",
        help="Enlarge by transposed convolutions, or plainly.",
        advanced=True,
    ),
]
