"""Names that several settings choose from."""

from __future__ import annotations

from typing import Literal

Device = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["auto", "fp32", "bf16"]
Loss = Literal[
    "ce_dice",
    "ce",
    "dice",
    "jaccard",
    "focal",
    "tversky",
    "lovasz",
    "ce_boundary",
    "bce",
    "bce_dice",
    "dice_coef",
    "habitat_dice",
    "platypus_dice",
    "jaccard_distance",
]
"""Names in the table of losses (`imageseg.losses`), which says what they are."""

Overlap = Literal["batch", "image"]
"""What losses that compare areas sum over."""

Augmentation = Literal["none", "flips", "photo", "understory", "microscopy"]
Normalisation = Literal["range", "percentile"]
"""How pixel values become 0 to 1: by the range of the dtype, or by the 1st and
99.8th percentile of the image (for micrographs that use a part of their range)."""

Optimiser = Literal[
    "adamw", "adam", "sgd", "rmsprop", "adagrad", "adadelta", "adamax", "nadam"
]
Schedule = Literal["cosine", "constant", "plateau", "one_cycle", "time_decay"]
