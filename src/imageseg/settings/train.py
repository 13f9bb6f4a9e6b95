"""Settings of training: those most people need, and those of the fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from imageseg.settings.base import Setting
from imageseg.settings.learning import LearningSettings
from imageseg.settings.names import Optimiser, Overlap, Schedule

_NUMBER = r"\d+(\.\d+)?"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainSettings(LearningSettings):
    """How a model learns."""

    test: Annotated[
        float,
        Setting(
            label="Tested on",
            help="Share of images (of blocks, with fewer than five images) kept for "
            "the last score only, chosen before any other.",
            minimum=0.0,
            maximum=0.5,
            step=0.05,
            advanced=True,
        ),
    ] = 0.0
    recent: Annotated[
        float,
        Setting(
            label="Recent images",
            help="Share of patches drawn from the images given last, the newest most "
            "often; the others are drawn from all.",
            minimum=0.0,
            maximum=0.9,
            step=0.05,
            advanced=True,
        ),
    ] = 0.0
    hard: Annotated[
        float,
        Setting(
            label="Hard areas",
            help="Share of patches drawn from areas in proportion to their present "
            "loss; the others are drawn from all.",
            minimum=0.0,
            maximum=0.9,
            step=0.05,
            advanced=True,
        ),
    ] = 0.0
    scored: Annotated[
        int,
        Setting(
            label="Areas scored",
            help="Most held-out areas, as large as a patch, that are scored after each "
            "epoch, always the same; 0 scores all.",
            minimum=0,
            maximum=100_000,
            advanced=True,
        ),
    ] = 0
    optimiser: Annotated[
        Optimiser,
        Setting(label="Optimiser", help="How weights follow the loss.", advanced=True),
    ] = "adamw"
    keras_defaults: Annotated[
        bool,
        Setting(
            label="Keras defaults",
            help="The optimiser's other numbers are those of Keras, such as an "
            "epsilon of 1e-7, not those of PyTorch.",
            advanced=True,
        ),
    ] = False
    momentum: Annotated[
        float,
        Setting(
            label="Momentum",
            help="Share of the last step kept by sgd and rmsprop.",
            minimum=0.0,
            maximum=0.999,
            step=0.1,
            advanced=True,
        ),
    ] = 0.0
    nesterov: Annotated[
        bool,
        Setting(
            label="Nesterov",
            help="Look ahead along the momentum of sgd.",
            advanced=True,
        ),
    ] = False
    weight_decay: Annotated[
        float,
        Setting(
            label="Weight decay",
            help="How strongly adamw pulls weights to 0, and sgd unless it is Keras'.",
            minimum=0.0,
            maximum=1.0,
            step=1e-4,
            advanced=True,
        ),
    ] = 1e-4
    schedule: Annotated[
        Schedule,
        Setting(
            label="Schedule",
            help="How the rate changes: warm-up and cosine decay, not at all, less "
            "when nothing improves, up and down once, or by time_decay.",
            advanced=True,
        ),
    ] = "cosine"
    decay: Annotated[
        float,
        Setting(
            label="Decay",
            help="The schedule time_decay divides the rate by 1 + decay x steps done.",
            minimum=0.0,
            maximum=1.0,
            step=1e-4,
            advanced=True,
        ),
    ] = 0.0
    plateau_factor: Annotated[
        float,
        Setting(
            label="Plateau factor",
            help="What the schedule plateau multiplies the rate by.",
            minimum=0.01,
            maximum=0.99,
            step=0.1,
            advanced=True,
        ),
    ] = 0.2
    plateau_patience: Annotated[
        int,
        Setting(
            label="Plateau patience",
            help="Epochs without improvement before the schedule plateau acts.",
            minimum=1,
            maximum=10_000,
            advanced=True,
        ),
    ] = 3
    clip: Annotated[
        float,
        Setting(
            label="Gradient limit",
            help="Longest gradient of all weights together; 0 is no limit.",
            minimum=0.0,
            maximum=1e6,
            step=0.5,
            advanced=True,
        ),
    ] = 0.0
    watch: Annotated[
        Literal["loss", "dice"],
        Setting(
            label="Best by",
            help="Which score of what is held out decides the best epoch: the lowest "
            "loss or the highest mean Dice.",
            advanced=True,
        ),
    ] = "loss"
    overlap: Annotated[
        Overlap,
        Setting(
            label="Overlap",
            help="Whether losses that compare areas (Dice and its relatives) sum over "
            "the whole batch, or over each image and are then averaged.",
            advanced=True,
        ),
    ] = "batch"
    class_weights: Annotated[
        str,
        Setting(
            label="Class weights",
            help="How much pixels count in losses that are means over pixels: equal, "
            "balanced (rare classes more), or a number for each class, 1,1,1.2.",
            advanced=True,
            pattern=rf"equal|balanced|{_NUMBER}(,{_NUMBER})+",
        ),
    ] = "equal"
    freeze: Annotated[
        Literal["none", "encoder"],
        Setting(
            label="Freeze",
            help="What does not learn: nothing, or the layers up to the deepest level.",
            advanced=True,
        ),
    ] = "none"
    restarts: Annotated[
        int,
        Setting(
            label="Runs",
            help="Trainings with seeds one after the other; the best is kept.",
            minimum=1,
            maximum=100,
            advanced=True,
        ),
    ] = 1
    deterministic: Annotated[
        bool,
        Setting(
            label="Deterministic",
            help="Use only algorithms that repeat bit by bit, even if they are slower.",
            advanced=True,
        ),
    ] = False


FINE_TUNING = TrainSettings(
    epochs=20, steps=15, patience=6, recent=0.25, hard=0.25, scored=32
)
"""A fixed budget for training on after corrections: 300 steps and 32 areas scored after
each of 20 epochs, however many images are annotated. Half of the patches come evenly
from all images, so that none is forgotten."""
