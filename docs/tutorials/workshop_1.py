"""Workshop 1: membranes in electron micrographs, with and without augmentation.

You learn to train the U-Net of keras-unet on a handful of small grey images, and what
random changes of the training images are worth: two models learn with equal settings,
seeds and held-out images, one of them from images that are turned, shifted, sheared,
scaled and mirrored anew in every batch.

Seed: notebook 1 of Nick Hamilton's U-Net workshop: the 30 micrographs of ISBI 2012
made 128² (nearest), 24 to learn from and 6 held out, custom_unet of 64 filters
(31,030,593 parameters) with dropout 0.2 and no batch normalisation, Adam 1e-4, binary
cross-entropy, 20 epochs of 100 batches of 5. Its run without augmentation goes on with
the first model by mistake; here both begin anew. What is turned in from outside an
image never counts here, and masks stay masks; Keras interpolates them.

    python docs/tutorials/workshop_1.py --data DATA/em_membrane --filters 64

Data: grey images with masks of 0 (interior) and 1 (membrane). Without --data, planes of
a stack are made, whose nuclei stand in for membranes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from shared import data_folder, flags, keep_back, keep_history, tell

import imageseg
from imageseg.architectures import count_parameters, write_graph
from imageseg.architectures.keras_unet import CustomSettings
from imageseg.evaluation import compare_task
from imageseg.figures import (
    FigureFiles,
    models_figure,
    save_figure,
)
from imageseg.illustration import comparisons_task
from imageseg.preparation import resize
from imageseg.samples import SampleImage, stack_scene
from imageseg.tables import write_table
from imageseg.training import AnySample, Sample, TrainingResult, train_task

SCHEME = imageseg.ClassScheme.from_names(["interior", "membrane"])
CHANGES = imageseg.AugmentSettings(
    rotation=15,
    shift=0.05,
    shear=30,
    scale_min=0.8,
    scale_max=1.2,
    flip_horizontal=0.5,
    flip_vertical=0.5,
    warp_share=1.0,
)


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Train with and without augmentation, and return the scores of both."""
    parser = flags("workshop_1", __doc__)
    parser.add_argument("--filters", type=int, default=16, help="64 in the seed")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--steps", type=int, default=100, help="batches of an epoch")
    options = parser.parse_args(argv)
    quick, out = options.quick, Path(options.out)
    side = 32 if quick else 128

    # Split by image; then every image becomes small, its mask without new values.
    data = data_folder(options, planes(options.seed, 10 if quick else 30, 192))
    files = imageseg.read_samples(data, SCHEME)
    learning, test = keep_back(files, data, share=0.2, seed=options.seed)
    if quick:
        learning, test = learning[:6], test[:2]
    learning, test = [small(s, side) for s in learning], [small(s, side) for s in test]

    network = CustomSettings(
        filters=4 if quick else options.filters, dropout=0.2, batch_normalization=False
    )
    settings = imageseg.TrainSettings(
        epochs=2 if quick else options.epochs,
        steps=2 if quick else options.steps,
        patience=0,
        batch=5,
        patch=side,  # whole images
        validation=1 / 6,  # of the images to learn from: it decides the best epoch
        augmentation="none",
        loss="bce",
        optimiser="adam",
        keras_defaults=True,
        rate=1e-4,
        schedule="constant",
        averaging=0,
        seed=options.seed,
    )
    numbers: dict[str, float] = {
        "images to learn from": len(learning),
        "test images": len(test),
        "parameters": parameters(network),
        "parameters of 64 filters": parameters(replace(network, filters=64)),
    }
    models = {}
    for name, augment in (("augmented", CHANGES), ("plain", None)):
        task = train_task(
            learning, settings, scheme=SCHEME, network=network, augment=augment
        )
        result = imageseg.drain(task)
        models[name] = result.model
        numbers |= kept(result, name, out / name)
    return tell(numbers | compared(models, test, out))


def kept(result: TrainingResult, name: str, out: Path) -> dict[str, float]:
    """Keep a model and its history; return what the history ends with."""
    result.model.save(out / "model.safetensors")
    told = keep_history(result, out)
    last = result.history[-1]
    return {
        f"best epoch, {name}": told["best epoch"],
        f"last loss, {name}": last.loss,
        f"last held-out loss, {name}": last.validation_loss or float("nan"),
    }


def compared(
    models: dict[str, imageseg.SegmentationModel], test: Sequence[Sample], out: Path
) -> dict[str, float]:
    """Score models on images that decided nothing, beside calling all one class."""
    comparison = imageseg.drain(compare_task(models, test, baselines=["majority"]))
    write_table(out / "comparison.csv", comparison.table())
    found = comparison.evaluations
    dice = {name: list(found[name].table()["dice_membrane"]) for name in models}
    dots = models_figure(dice, label="Dice of membrane, test images")
    save_figure(out / "scores.png", dots)
    for name, model in models.items():
        own = FigureFiles(folder=out / name)
        imageseg.drain(comparisons_task(test, model, own))
    accuracy = {f"accuracy, {n}": e.pooled.accuracy for n, e in found.items()}
    pooled = {f"dice of membrane, {n}": e.pooled.dice[1] for n, e in found.items()}
    return accuracy | pooled


def planes(seed: int, count: int, side: int) -> Iterator[SampleImage]:
    """Make the planes of a stack of nuclei, one by one, in 8 bits."""
    stack = stack_scene((count, side, side), seed=seed)
    grey = np.rint(255 * (stack.image / stack.image.max())).astype(np.uint8)
    for image, labels in zip(grey, stack.labels, strict=True):
        yield replace(stack, image=image, labels=labels)


def small(sample: AnySample, side: int) -> Sample:
    """Make an image small as the seed does: every new pixel is an old one."""
    image, labels = (
        resize(array, (side, side), smoothing="nearest")
        for array in (sample.image, sample.labels)
    )
    return Sample(image, labels, name=sample.name)


def parameters(network: CustomSettings) -> int:
    """Count the parameters of a network of grey images and two classes."""
    return count_parameters(write_graph("custom", 1, 1, network.to_dict()))[0]


if __name__ == "__main__":
    main()
