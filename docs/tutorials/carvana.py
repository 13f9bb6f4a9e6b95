"""One large object in every photograph, as in the Carvana challenge.

You learn to resize photographs and masks together, to train the U-Net of the R package
unet, without batch normalisation, and to score it by Dice and binary accuracy.

Seed: the Posit blog on the Carvana challenge with the R package unet of r-tensorflow:
photographs of cars at 128 × 128, U-Net of 64 filters (31,031,745 parameters), binary
cross-entropy, RMSprop at a rate of 1e-5, batches of 32, 5 epochs, 80 % for training.
What differs here, and why:

- 16 filters are what two CPU cores train in minutes; --filters 64 is the seed's.
- The rate is 1e-3, Keras' own, and batches hold 8: the seed makes some 600 steps of
  1e-5 from thousands of photographs, we have a hundred.
- The seed's changes of contrast and saturation (always × 0.5 to 0.7) make training
  images flatter than all others; here they lie on both sides of no change.
- Masks are resized to the nearest pixel: a soft edge is no class.
- The test images decide nothing; the seed has none.

    python docs/tutorials/carvana.py --data DATA/whale_flukes --epochs 20

Data: RGB photographs with masks (0 background, 1 object). whale_flukes stands in for
the cars. Without --data, pictures of one nucleus each are made.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from shared import data_folder, flags, keep_back, keep_history, tell

import imageseg
from imageseg.architectures.classic import ClassicSettings
from imageseg.figures import FigureFiles
from imageseg.illustration import comparisons_task
from imageseg.networks.table import count_parameters
from imageseg.preparation import resize
from imageseg.samples import SampleImage, microscopy_scene
from imageseg.tables import write_table
from imageseg.training import FileSample, train_task

SCHEME = imageseg.ClassScheme.from_names(["background", "object"])
LIGHT = imageseg.AugmentSettings(
    brightness=30, contrast=30, saturation=30, light_share=1
)


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Train on resized photographs and return the scores."""
    parser = flags("carvana", __doc__)
    parser.add_argument("--filters", type=int, default=16, help="64 in the seed")
    parser.add_argument("--rate", type=float, default=1e-3, help="1e-5 in the seed")
    parser.add_argument("--epochs", type=int, default=20)
    options = parser.parse_args(argv)
    out = Path(options.out)
    count, side = (6, 64) if options.quick else (40, 128)
    data = data_folder(options, (cell(options.seed + i) for i in range(count)))
    files = imageseg.read_samples(data, SCHEME)
    learning, test = keep_back(files, data, share=0.2, seed=options.seed)
    if options.quick:
        learning, test = learning[:5], test[:2]
    small, small_test = ([resized(f, side) for f in part] for part in (learning, test))

    task = train_task(
        small,
        settings(options, len(small), side),
        scheme=SCHEME,
        network=ClassicSettings(filters=options.filters),
        augment=LIGHT,
        name="object",
    )
    result = imageseg.drain(task)
    result.model.save(out / "object.safetensors")
    figures = FigureFiles(folder=out)
    imageseg.drain(comparisons_task(small_test[:8], result.model, figures))

    numbers = {"parameters": count_parameters(result.model.network)[0]}
    numbers |= {"images to learn from": len(small), "test images": len(small_test)}
    numbers |= keep_history(result, out) | scores(result.model, small_test, out)
    return tell(numbers)


def settings(options: Namespace, images: int, side: int) -> imageseg.TrainSettings:
    """Return how to train: as the seed, but at a rate for so few photographs."""
    quick = options.quick
    return imageseg.TrainSettings(
        epochs=2 if quick else options.epochs,
        patience=0,
        steps=2 if quick else max(1, round(0.8 * images / 8)),
        batch=2 if quick else 8,
        patch=side,
        validation=0.2,
        loss="bce",
        optimiser="rmsprop",
        keras_defaults=True,
        rate=options.rate,
        schedule="constant",
        averaging=0,
        seed=options.seed,
    )


def scores(
    model: imageseg.SegmentationModel, test: Sequence[imageseg.Sample], out: Path
) -> dict[str, float]:
    """Score the model beside calling every pixel background."""
    scored = imageseg.evaluate(
        model, test, baselines=["majority"], metrics=["dice_coef", "binary_accuracy"]
    )
    table = scored.table()
    write_table(out / "scores.csv", table)
    return {
        "dice_coef": table["dice_coef"].mean(),
        "dice of object": table["dice_object"].mean(),
        "dice of object, pooled": float(scored.pooled.dice[1]),
        "binary_accuracy": table["binary_accuracy"].mean(),
        "accuracy, majority": scored.baselines["majority"].pooled.accuracy,
    }


def resized(sample: FileSample, side: int) -> imageseg.Sample:
    """Squeeze an image and its labels into a square, as the seed does."""
    size = (side, side)
    image = resize(sample.image, size, smoothing="bilinear", channels=3)
    labels = resize(sample.labels, size, smoothing="nearest")
    return imageseg.Sample(image, labels, sample.name)


def cell(seed: int) -> SampleImage:
    """Make a picture that one nucleus fills, and nearly nothing else."""
    scene = microscopy_scene((56, 56), seed=seed)
    grey = np.rint(255 * (scene.image / scene.image.max())).astype(np.uint8)
    nucleus = np.where(scene.labels == 3, 2, 1).astype(np.uint8)
    return replace(scene, image=imageseg.to_channels(grey, 3), labels=nucleus)


if __name__ == "__main__":
    main()
