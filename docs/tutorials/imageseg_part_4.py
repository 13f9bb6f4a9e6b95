"""Part 4: more than two classes, one of which counts more.

You learn to tell three classes apart, to let the pixels of a class weigh more in the
loss, to lower the learning rate when nothing improves and to stop in time, and to read
the share of every class off a prediction.

Seed: part 4 of the vignette of the R package imageseg: 366 pictures of bacteria
in three classes, U-Net of 16 filters (1,947,027
parameters), categorical cross-entropy with pixel weights 1, 1, 1.2, Adam as Keras has
it, early stopping (patience 5, best weights restored), learning rate times 0.2 after 3
epochs without improvement, batches of 8 drawn with replacement, 20 epochs. Here class
weights are a setting, and divide by the sum of the weights, where Keras divides by the
number of pixels; shares sum to 1, which those of the seed do not within a region.

    python docs/tutorials/imageseg_part_4.py --data DATA/wbc_yellow --epochs 20

Data: RGB images with masks of 0, 1, 2. The white blood cells of wbc_yellow stand in
for the bacteria. Without --data, cells are made whose every pixel is known.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from shared import cells, data_folder, flags, keep_back, keep_history, tell

import imageseg
from imageseg.figures import FigureFiles
from imageseg.illustration import comparisons_task, sheets_task
from imageseg.networks.table import count_parameters
from imageseg.tables import write_table
from imageseg.training import FileSample, train_task

SCHEME = imageseg.ClassScheme.from_names(["background", "cytoplasm", "nucleus"])


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Train on three classes and return the scores."""
    parser = flags("imageseg_part_4", __doc__)
    parser.add_argument("--epochs", type=int, default=20)
    options = parser.parse_args(argv)
    quick, out = options.quick, Path(options.out)
    count, side = (6, 64) if quick else (40, 128)
    data = data_folder(options, (cells(options.seed + i, side) for i in range(count)))
    samples = imageseg.read_samples(data, SCHEME)
    learning, test = keep_back(samples, data, share=0.2, seed=options.seed)
    if quick:
        learning, test = learning[:5], test[:2]

    settings = settings_of_the_seed(options, len(learning))
    network = imageseg.UNetSettings(filters=16)
    task = train_task(learning, settings, scheme=SCHEME, network=network, name="cells")
    result = imageseg.drain(task)
    model = result.model
    model.save(out / "cells.safetensors")

    figures, shown = FigureFiles(folder=out), test[:8]  # one page
    imageseg.drain(comparisons_task(shown, model, figures))
    imageseg.drain(sheets_task([s.path for s in shown], model, figures))

    numbers = {"parameters": count_parameters(model.network)[0]}
    numbers |= {"images to learn from": len(learning), "test images": len(test)}
    numbers |= keep_history(result, out) | scores(model, test, out)

    # The share of every class in the first test image: all classes are always there.
    density = imageseg.measure_density(imageseg.predict(model, test[0].image))
    numbers |= {f"share of {name}": v for name, v in density.fractions.items()}
    return tell(numbers)


def settings_of_the_seed(options: Namespace, images: int) -> imageseg.TrainSettings:
    """Return how the vignette trains: weights, plateau, and a stop in time."""
    quick = options.quick
    return imageseg.TrainSettings(
        epochs=2 if quick else options.epochs,
        patience=5,
        steps=2 if quick else max(1, round(0.85 * images / 8)),
        batch=2 if quick else 8,
        patch=64 if quick else 128,  # what is smaller is framed; the frame never counts
        validation=0.2 if quick else 0.15,
        augmentation="none",
        loss="ce",
        class_weights="1,1,1.2",
        optimiser="adam",
        keras_defaults=True,
        rate=1e-3,
        schedule="plateau",
        plateau_factor=0.2,
        plateau_patience=3,
        averaging=0,
        seed=options.seed,
    )


def scores(
    model: imageseg.SegmentationModel, test: Sequence[FileSample], out: Path
) -> dict[str, float]:
    """Score the model beside calling every pixel the most frequent class."""
    scored = imageseg.evaluate(model, test, baselines=["majority"])
    write_table(out / "scores.csv", scored.table())
    write_table(out / "classes.csv", scored.classes())
    pooled = scored.pooled
    dice = zip(SCHEME.names, pooled.dice, strict=True)
    return {
        "accuracy": pooled.accuracy,
        "accuracy, majority": scored.baselines["majority"].pooled.accuracy,
        "mean dice": pooled.mean_dice,
    } | {f"dice of {name}": float(value) for name, value in dice}


if __name__ == "__main__":
    main()
