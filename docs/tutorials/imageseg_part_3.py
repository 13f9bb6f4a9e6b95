"""Part 3: go on with a model.

You learn to train a model further on your own photographs, with all of its layers or
with its encoder left as it is, and to see on photographs kept back whether it helped.

Seed: part 3 of the vignette of the R package imageseg, which loads a model and fits it
again: loss bce_dice, Adam as Keras has it, batches of 8. The old model is left alone
here: what comes out is a new one that knows its parent.

    python docs/tutorials/imageseg_part_3.py --data DATA/canopy_sky \
        --start tutorial-out/imageseg_part_2/canopy_new.safetensors --epochs 10

Data: as in part 2. --start is the model of part 2, any model file, or a bundled name.
The bundled model ``canopy`` has already learned from the photographs of the R package:
on those, go on with your own model if scores are to mean something.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from shared import data_folder, flags, keep_back, keep_history, tell

import imageseg
from imageseg.figures import FigureFiles
from imageseg.illustration import comparisons_task
from imageseg.samples import canopy_scene, shrink
from imageseg.tables import write_table
from imageseg.training import train_task


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Train a model further and return its scores before and after."""
    parser = flags("imageseg_part_3", __doc__)
    parser.add_argument("--start", default="canopy", help="bundled name or model file")
    parser.add_argument("--freeze", action="store_true", help="leave the encoder alone")
    parser.add_argument("--epochs", type=int, default=10)
    options = parser.parse_args(argv)
    quick, out = options.quick, Path(options.out)
    count, factor = (4, 4) if quick else (8, 2)
    scenes = (
        shrink(canopy_scene((512, 512), seed=options.seed + i), factor)
        for i in range(count)
    )
    data = data_folder(options, scenes)
    samples = imageseg.read_samples(data, imageseg.CANOPY)
    learning, test = keep_back(samples, data, share=0.25, seed=options.seed)
    if quick:
        learning, test = learning[:3], test[:1]

    start = imageseg.load_model(options.start)
    result = imageseg.drain(train_task(learning, gentle(options), start=start))
    result.model.save(out / "canopy_tuned.safetensors")
    imageseg.drain(comparisons_task(test, result.model, FigureFiles(folder=out)))

    losses = [row.loss for row in result.history]
    numbers = {"test photographs": len(test)} | keep_history(result, out)
    numbers |= {"first loss": losses[0], "last loss": losses[-1]}
    for when, model in (("before", start), ("after", result.model)):
        table = imageseg.evaluate(model, test).table()
        write_table(out / f"{when}.csv", table)
        numbers[f"dice of sky, {when}"] = table["dice_sky"].mean()
        numbers[f"error of openness, {when}"] = table["density_error"].mean()
    return tell(numbers)


def gentle(options: Namespace) -> imageseg.TrainSettings:
    """Return settings that change a model, at a tenth of the rate of a new one."""
    quick = options.quick
    return imageseg.TrainSettings(
        epochs=1 if quick else options.epochs,
        patience=5,
        steps=2 if quick else 5,
        batch=2 if quick else 8,
        patch=64 if quick else 256,
        validation=0.2,
        augmentation="photo",
        loss="bce_dice",
        optimiser="adam",
        keras_defaults=True,
        rate=1e-4,
        schedule="constant",
        averaging=0,
        memory=0,  # every pixel has a label: there is nothing to remember by
        freeze="encoder" if options.freeze else "none",
        seed=options.seed,
    )


if __name__ == "__main__":
    main()
