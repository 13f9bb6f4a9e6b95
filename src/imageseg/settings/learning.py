"""Settings of training that most people need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from imageseg.settings.base import Checked, Setting
from imageseg.settings.names import Augmentation, Device, Loss, Precision


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningSettings(Checked):
    """What most people decide about training."""

    epochs: Annotated[
        int,
        Setting(
            label="Epochs",
            help="Most rounds of training; it stops earlier when nothing improves.",
            minimum=1,
            maximum=10_000,
        ),
    ] = 60
    steps: Annotated[
        int,
        Setting(
            label="Steps per epoch",
            help="Batches per round; 0 chooses it from the annotated area.",
            minimum=0,
            maximum=100_000,
        ),
    ] = 0
    patience: Annotated[
        int,
        Setting(
            label="Patience",
            help="Epochs without improvement after which training stops; 0: never.",
            minimum=0,
            maximum=10_000,
        ),
    ] = 15
    rate: Annotated[
        float,
        Setting(
            label="Learning rate",
            help="Largest step of the optimiser; sgd wants about ten times that of "
            "the others.",
            minimum=1e-6,
            maximum=1.0,
            step=1e-4,
        ),
    ] = 1e-3
    batch: Annotated[
        int,
        Setting(
            label="Batch",
            help="Patches learned from at once.",
            minimum=1,
            maximum=1024,
        ),
    ] = 4
    patch: Annotated[
        int,
        Setting(
            label="Patch size",
            help="Side of the square cut from an image for one training example; a "
            "network of volumes gets a box of about as many voxels.",
            minimum=32,
            maximum=2048,
            step=32,
            unit="px",
        ),
    ] = 256
    patch_z: Annotated[
        int,
        Setting(
            label="Patch slices",
            help="Slices of a patch for a network of volumes, each as large as the "
            "square; 0 takes a box of about as many voxels as the square has pixels, "
            "no larger than the volumes.",
            minimum=0,
            maximum=1024,
            step=8,
            advanced=True,
        ),
    ] = 0
    neighbours: Annotated[
        int,
        Setting(
            label="Neighbouring slices",
            help="A new model sees so many slices of a stack on each side of the one "
            "that it labels; beyond the ends the last one is repeated.",
            minimum=0,
            maximum=8,
            advanced=True,
        ),
    ] = 0
    validation: Annotated[
        float,
        Setting(
            label="Held out",
            help="Share of images (of blocks, with fewer than five images) kept "
            "for validation; 0 trains on everything.",
            minimum=0.0,
            maximum=0.9,
            step=0.05,
        ),
    ] = 0.2
    augmentation: Annotated[
        Augmentation,
        Setting(
            label="Augmentation",
            help="Random changes: flips only, those of photographs without up and "
            "down (turns, scale, light, colour), of the understory (upright, true "
            "colours) or of microscopy (turns, scale, contrast, noise).",
        ),
    ] = "photo"
    normalisation: Annotated[
        Literal["auto", "range", "percentile"],
        Setting(
            label="Normalisation",
            help="How a new model scales pixel values: by the range of the file type, "
            "or by each image's percentiles; auto takes the range if all images are "
            "8-bit.",
            advanced=True,
        ),
    ] = "auto"
    memory: Annotated[
        float,
        Setting(
            label="Memory",
            help="How strongly a model that is trained on keeps its opinion of what is "
            "not annotated; 0 lets it forget.",
            minimum=0.0,
            maximum=10.0,
            step=0.1,
        ),
    ] = 1.0
    loss: Annotated[
        Loss,
        Setting(
            label="Loss",
            help="What training makes small: ce_dice suits most; the last six are "
            "those of Keras, imageseg, Habitat-Net, platypus and keras-unet.",
            advanced=True,
        ),
    ] = "ce_dice"
    averaging: Annotated[
        float,
        Setting(
            label="Weight averaging",
            help="Memory of the running mean of the weights that is kept; 0 is off.",
            minimum=0.0,
            maximum=0.9999,
            step=0.01,
            advanced=True,
        ),
    ] = 0.98
    seed: Annotated[
        int,
        Setting(
            label="Seed",
            help="Start of the random numbers; equal seeds repeat a run.",
            minimum=0,
            maximum=2**31 - 1,
            advanced=True,
        ),
    ] = 0
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
