"""Workshop 2: tiles of large images, two losses, two optimisers.

You learn to cut images into tiles without tearing the split apart, to compare settings
on equal terms, and to predict whole images without seams.

Seed: notebook 2 of Nick Hamilton's U-Net workshop: the 30 micrographs of ISBI 2012 at
their 512², split into 15 / 8 / 7, cut into 16 tiles of 128² each; custom_unet of
64 filters, batches of 10, 12 epochs of 100, the epoch of the lowest held-out loss;
jaccard_distance against binary cross-entropy and Adam (1e-3) against SGD (0.01,
momentum 0.99). The images are neighbouring sections of one block, so the test images
here are the last quarter rather than drawn at random. keras-unet's jaccard_distance
sums over the maps of single pixels, which makes it nearly the absolute error.

    python docs/tutorials/workshop_2.py --data DATA/em_membrane --filters 64

Data: grey images of one size with masks of 0 (interior) and 1 (membrane). Without
--data, planes of a stack are made, whose nuclei stand in for membranes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from shared import data_folder, flags, keep_history, tell, tiles_of
from workshop_1 import CHANGES, SCHEME, planes

import imageseg
from imageseg.architectures.keras_unet import CustomSettings
from imageseg.evaluation import compare_task
from imageseg.figures import models_figure, mosaic_figures, save_figure
from imageseg.preparation import cut_tiles, join_tiles, tile_boxes
from imageseg.tables import write_table
from imageseg.training import AnySample, Sample, TrainingResult, train_task

LOSSES = {"jaccard": "jaccard_distance", "bce": "bce"}
OPTIMISERS = {
    "adam": {"optimiser": "adam", "rate": 1e-3},
    "sgd": {"optimiser": "sgd", "rate": 0.01, "momentum": 0.99},
}
LESS_SHEAR = replace(CHANGES, shear=20)
METRICS = ("iou", "iou_thresholded")


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Train four models on tiles, and return their scores on whole images."""
    parser = flags("workshop_2", __doc__)
    parser.add_argument("--filters", type=int, default=16, help="64 in the seed")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--steps", type=int, default=100, help="batches of an epoch")
    options = parser.parse_args(argv)
    quick, out = options.quick, Path(options.out)
    side = 32 if quick else 128

    # 50 / 25 / 25 by image, then tiles. Those of one image are a group, which is held
    # out whole: no image has tiles on both sides.
    count, size = (4, 64) if quick else (24, 256)
    data = data_folder(options, planes(options.seed, count, size))
    images = imageseg.read_samples(data, SCHEME)[: count if quick else None]
    tests, held_out = len(images) // 4, len(images) // 2 - len(images) // 4
    learning, test = images[:-tests], images[-tests:]
    tiles = [tile for image in learning for tile in tiles_of(image, side)]
    write_table(out / "split.csv", split_table(tiles, test))

    base = imageseg.TrainSettings(
        epochs=1 if quick else options.epochs,
        steps=1 if quick else options.steps,
        patience=0,
        batch=10,
        patch=side,
        validation=held_out / len(learning),
        augmentation="none",
        keras_defaults=True,
        schedule="constant",
        averaging=0,
        seed=options.seed,
    )
    network = CustomSettings(
        filters=4 if quick else options.filters, dropout=0.2, batch_normalization=False
    )
    results = {}
    for loss, optimiser in product(LOSSES, OPTIMISERS):
        name = f"{loss}_{optimiser}"
        settings = replace(base, loss=LOSSES[loss], **OPTIMISERS[optimiser])
        task = train_task(
            tiles, settings, scheme=SCHEME, network=network, augment=LESS_SHEAR
        )
        results[name] = imageseg.drain(task)
        keep_history(results[name], out / name)

    models = {name: result.model for name, result in results.items()}
    table = compared(models, test, out)
    print(table.to_string(index=False))
    draw(models, test[0], out)
    best = max(results.values(), key=held_out_dice).model
    numbers: dict[str, float] = {
        "images to learn from": len(learning) - held_out,
        "images held out": held_out,
        "test images": len(test),
        "tiles of an image": len(tiles) // len(learning),
    }
    for row in table.to_dict("records"):
        numbers |= {f"{metric}, {row['model']}": row[metric] for metric in METRICS}
    return tell(numbers | seams(best, test[0].image, side))


def held_out_dice(result: TrainingResult) -> float:
    """Return what may choose a model: the test images may not."""
    return result.scores.mean_dice if result.scores else 0.0


def split_table(tiles: Sequence[Sample], test: Sequence[AnySample]) -> pd.DataFrame:
    """Tell which image serves what; held-out images are drawn from the first."""
    rows = [{"tile": t.name, "image": t.group, "part": "learning"} for t in tiles]
    rows += [{"tile": "", "image": image.name, "part": "test"} for image in test]
    return pd.DataFrame(rows)


def seams(
    model: imageseg.SegmentationModel, image: np.ndarray, side: int
) -> dict[str, float]:
    """Rebuild an image from tiles, ours and the seed's, and compare with the whole.

    The seed predicts every tile as if nothing lay beside it; where tiles meet, the
    result has seams. `imageseg.predict` computes each tile with its neighbourhood.
    """
    whole = imageseg.predict(model, image).probabilities[1]
    small = imageseg.PredictSettings(tile=side)
    ours = imageseg.predict(model, image, small).probabilities[1]
    boxes = tile_boxes(image.shape[:2], side)
    alone = [
        imageseg.predict(model, tile).probabilities[1]
        for tile in cut_tiles(image, boxes)
    ]
    rebuilt = join_tiles(alone, boxes, whole.shape)
    return {
        "largest seam, ours": float(np.abs(ours - whole).max()),
        "largest seam, the seed's": float(np.abs(rebuilt - whole).max()),
        "rebuilt rows": rebuilt.shape[0],
        "rebuilt columns": rebuilt.shape[1],
    }


def compared(
    models: dict[str, imageseg.SegmentationModel], test: Sequence[AnySample], out: Path
) -> pd.DataFrame:
    """Score the models on whole images; return the means over images."""
    comparison = imageseg.drain(compare_task(models, test, metrics=METRICS))
    scores = {name: e.table() for name, e in comparison.evaluations.items()}
    columns = [*METRICS, "dice_membrane", "accuracy"]
    rows = [{"model": n} | t[columns].mean().to_dict() for n, t in scores.items()]
    dice = {name: list(table["dice_membrane"]) for name, table in scores.items()}
    dots = models_figure(dice, label="Dice of membrane, test images")
    save_figure(out / "comparison.png", dots)
    table = pd.DataFrame(rows)
    write_table(out / "comparison.csv", table)
    return table


def draw(
    models: dict[str, imageseg.SegmentationModel], sample: AnySample, out: Path
) -> None:
    """Draw what each model makes of one image."""
    labels = {n: imageseg.predict(m, sample.image).labels for n, m in models.items()}
    shown = {"truth": sample.labels} | labels
    overlays = {
        name: imageseg.draw_overlay(sample.image, found, SCHEME)
        for name, found in shown.items()
    }
    pictures = {"image": sample.image} | overlays
    for page in mosaic_figures(pictures.items(), columns=3):
        save_figure(out / "predictions.png", page, dpi=300)


if __name__ == "__main__":
    main()
