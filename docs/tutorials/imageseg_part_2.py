"""Part 2: train a new model on two classes.

You learn to split images first and to make turned and mirrored copies of the training
images only, to train the U-Net of imageseg, to look at its history, to score it on
images it has never seen, and to save it and open it again.

Seed: part 2 of the vignette of the R package imageseg: 11 photographs, six copies of
each, U-Net of 16 filters (1,946,993 parameters), loss bce_dice, Adam as Keras has it,
metrics dice_coef and jaccard_index, batches of 8, 50 epochs. The seed makes copies
first and splits then, so that copies of one photograph stand on both sides, and its
scores flatter; here photographs are split first. The weights of the epoch with the
lowest held-out cross-entropy are kept; the seed keeps the last. So a third of the
photographs is held out, not the seed's 15 %: one alone would choose a poor epoch.

    python docs/tutorials/imageseg_part_2.py --data DATA/canopy_sky --epochs 50

Data: photographs and masks (0 canopy, 1 sky, or soft masks). Without --data, canopies
are made whose sky is known.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from shared import data_folder, flags, keep_back, keep_history, tell

import imageseg
from imageseg.augmentation.copies import CopySettings
from imageseg.augmentation.offline import write_copies_task
from imageseg.figures import FigureFiles
from imageseg.illustration import comparisons_task, sheets_task
from imageseg.networks.table import count_parameters
from imageseg.samples import canopy_scene, shrink
from imageseg.tables import write_table
from imageseg.training import FileSample, train_task


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Train, score, save and open a model; return its numbers."""
    parser = flags("imageseg_part_2", __doc__)
    parser.add_argument("--epochs", type=int, default=50)
    options = parser.parse_args(argv)
    quick, out = options.quick, Path(options.out)
    count, factor = (4, 4) if quick else (11, 2)
    scenes = (
        shrink(canopy_scene((512, 512), seed=options.seed + i), factor)
        for i in range(count)
    )
    data = data_folder(options, scenes)

    # First the split by photograph, then the copies of those to learn from.
    samples = imageseg.read_samples(data, imageseg.CANOPY)
    learning, test = keep_back(samples, data, share=0.25, seed=options.seed)
    if quick:
        learning, test = learning[:2], test[:1]
    copies = copies_of(learning, out / "copies")

    # imageseg.train returns the model alone; its task also tells the history.
    task = train_task(
        copies,
        settings_of_the_seed(options, len(copies)),
        scheme=imageseg.CANOPY,
        network=imageseg.UNetSettings(filters=16),
        name="canopy_new",
    )
    result = imageseg.drain(task)
    model = result.model

    figures = FigureFiles(folder=out)
    imageseg.drain(comparisons_task(test, model, figures))
    imageseg.drain(sheets_task([s.path for s in test], model, figures))

    total, trainable = count_parameters(model.network)
    numbers = {"parameters": total, "parameters, trainable": trainable}
    numbers |= {"copies to learn from": len(copies), "test photographs": len(test)}
    numbers |= keep_history(result, out) | scores(model, test, out)

    path = model.save(out / "canopy_new.safetensors")
    numbers["difference once opened again"] = difference(model, path, test[0])
    return tell(numbers)


def settings_of_the_seed(options: Namespace, copies: int) -> imageseg.TrainSettings:
    """Return how the vignette trains; an epoch draws as many copies as there are."""
    quick = options.quick
    return imageseg.TrainSettings(
        epochs=1 if quick else options.epochs,
        patience=0,
        steps=2 if quick else max(1, round(copies / 8)),
        batch=2 if quick else 8,
        patch=64 if quick else 256,
        validation=0.5 if quick else 0.34,
        augmentation="none",
        loss="bce_dice",
        optimiser="adam",
        keras_defaults=True,
        rate=1e-3,
        schedule="constant",
        averaging=0,
        seed=options.seed,
    )


def scores(
    model: imageseg.SegmentationModel, test: Sequence[FileSample], out: Path
) -> dict[str, float]:
    """Score the model, and Otsu's threshold, on photographs that it never saw."""
    scored = imageseg.evaluate(
        model, test, baselines=["otsu"], metrics=["dice_coef", "jaccard_index"]
    )
    table = scored.table()
    write_table(out / "scores.csv", table)
    return {
        "dice_coef": table["dice_coef"].mean(),
        "jaccard_index": table["jaccard_index"].mean(),
        "accuracy": table["accuracy"].mean(),
        "dice of sky": table["dice_sky"].mean(),
        "dice of sky, Otsu": scored.baselines["otsu"].table()["dice_sky"].mean(),
        "error of openness": table["density_error"].mean(),
    }


def copies_of(learning: Sequence[FileSample], folder: Path) -> list[FileSample]:
    """Write six copies of each image; those of one image stay together later."""
    turned = CopySettings(angles=(0, 90, 180, 270), flip=True, flop=True)
    pairs = [(sample.path, sample.masks) for sample in learning]
    labels = [sample.labels for sample in learning]
    task = write_copies_task(pairs, turned, folder, labels=labels)
    table = imageseg.drain(task)
    source = {
        Path(copy).stem: Path(image).stem
        for copy, image in zip(table["image"], table["source"], strict=True)
    }
    copies = imageseg.read_samples(folder, imageseg.CANOPY, coding="labels")
    return [replace(copy, group=source[copy.name]) for copy in copies]


def difference(
    model: imageseg.SegmentationModel, path: Path, sample: FileSample
) -> float:
    """Return how far the model in a file is from the one that was saved: not at all."""
    first = imageseg.predict(model, sample.image)
    second = imageseg.predict(imageseg.load_model(path), sample.image)
    return float(np.abs(first.probabilities - second.probabilities).max())


if __name__ == "__main__":
    main()
