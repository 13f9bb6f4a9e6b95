"""Lab 10: many classes at once, and what nobody labelled.

You learn to read a set of many classes whose masks have a code for "unlabelled", to cut
it into tiles without tearing the split apart, to keep the best epoch, and to look at
every class by itself: accuracy is made by the large ones.

Seed: Lab 10 of GEOG 5160/6160 (Utah): aerial tiles of Dubai, 128², five classes and
"unlabeled", which it learns as a sixth; U-Net of 16 filters with dropout 0.1 inside its
blocks (1,941,190 parameters for 6 classes), RMSprop 1e-3, sparse categorical
cross-entropy, batches of 32, 25 epochs, the best held-out loss kept. Its 500 tiles to
validate are drawn among all, so that neighbours stand on both sides; here images are.
It scores by accuracy alone; here what is unlabelled neither teaches nor counts.

    python docs/tutorials/lab_10.py --data DATA/street_scene

Data: colour images with masks of class numbers from 0, described by a dataset.json
(classes, ignore_index, split). The streets of street_scene stand in for Dubai. Without
--data, cells of three classes are made.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from shared import (
    cells,
    data_folder,
    flags,
    keep_back,
    keep_history,
    tell,
    tiles_of,
)

import imageseg
from imageseg.architectures import count_parameters, write_graph
from imageseg.architectures.classic import Lab10Settings
from imageseg.figures import FigureFiles
from imageseg.illustration import comparisons_task
from imageseg.tables import write_table
from imageseg.training import AnySample, train_task

CELLS = imageseg.ClassScheme.from_names(["background", "cytoplasm", "nucleus"])


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Train on tiles and return the scores on whole images."""
    parser = flags("lab_10", __doc__)
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--steps", type=int, help="batches of an epoch; usually all")
    options = parser.parse_args(argv)
    quick, out = options.quick, Path(options.out)
    side = 32 if quick else 128
    size, count = (64, 5) if quick else (256, 40)
    made = (cells(options.seed + i, size) for i in range(count))

    # What stands for "unlabelled" becomes 0: it neither teaches nor counts.
    data = data_folder(options, made)
    scheme, coding = described(data)
    images = imageseg.read_samples(data, scheme, coding=coding)
    learning, test = keep_back(images, data, share=0.2, seed=options.seed)
    if quick:
        learning, test = learning[:4], test[:1]

    # Tiles of one image are a group, and a group is held out whole.
    tiles = [tile for image in learning for tile in tiles_of(image, side)]
    tiles = [tile for tile in tiles if tile.labels.any()]
    batch = 2 if quick else options.batch
    settings = imageseg.TrainSettings(
        epochs=1 if quick else options.epochs,
        steps=1 if quick else options.steps or -(-len(tiles) * 4 // (5 * batch)),
        patience=0,
        batch=batch,
        patch=side,
        validation=0.2,
        augmentation="none",
        loss="ce",
        optimiser="rmsprop",
        keras_defaults=True,
        rate=1e-3,
        schedule="constant",
        averaging=0,
        seed=options.seed,
    )
    network = Lab10Settings()
    task = train_task(tiles, settings, scheme=scheme, network=network, name="lab_10")
    result = imageseg.drain(task)
    path = result.model.save(out / "lab_10.safetensors")

    # The seed opens the best epoch's file again and predicts with that.
    model = imageseg.load_model(path)
    numbers: dict[str, float] = {
        "parameters": parameters(len(scheme)),
        "parameters of 6 classes": parameters(6),
        "images to learn from": len(learning),
        "tiles to learn from": len(tiles),
        "test images": len(test),
    }
    numbers |= keep_history(result, out)
    return tell(numbers | scored(model, test, out))


def scored(
    model: imageseg.SegmentationModel, test: Sequence[AnySample], out: Path
) -> dict[str, float]:
    """Score whole images class by class, and draw image, truth and prediction."""
    figures = FigureFiles(folder=out)
    imageseg.drain(comparisons_task(test[:8], model, figures))
    found = imageseg.evaluate(model, test, baselines=["majority"])
    write_table(out / "scores.csv", found.table())
    write_table(out / "classes.csv", found.classes())
    majority = found.baselines["majority"].pooled
    iou = zip(found.scheme.names, found.pooled.iou, strict=True)
    return {
        "accuracy": found.pooled.accuracy,
        "accuracy, majority": majority.accuracy,
        "mean IoU": found.pooled.mean_iou,
        "mean IoU, majority": majority.mean_iou,
    } | {f"IoU of {name}": float(value) for name, value in iou}


def described(data: Path) -> tuple[imageseg.ClassScheme, str]:
    """Return the classes of a data set and what the values of its masks mean."""
    stated = data / "dataset.json"
    if not stated.exists():
        return CELLS, "ids"
    facts = json.loads(stated.read_text("utf-8"))
    void = facts.get("ignore_index")
    names = [c["name"] for c in facts["classes"] if c["id"] != void]
    coding = "ids" if void is None else f"ids,void={void}"
    return imageseg.ClassScheme.from_names(names), coding


def parameters(classes: int) -> int:
    """Count the parameters of Lab 10's network for colour images."""
    graph = write_graph("lab10", 3, classes, Lab10Settings().to_dict())
    return count_parameters(graph)[0]


if __name__ == "__main__":
    main()
