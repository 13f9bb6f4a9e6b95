"""Part 5: grey images, two classes, masks in several files, and a threshold of 0.8.

You learn to train on images of one channel, to unite several mask files of one image,
and what it means to call a pixel foreground from a probability of 0.5 or 0.8 on.

Seed: part 5 of the vignette of the R package imageseg: 763 of 780 breast ultrasound
images, grey, 256², U-Net of 32 filters (7,771,297 parameters), binary cross-entropy,
Adam as Keras has it, early stopping (patience 5, best weights restored), learning rate
times 0.2 after 3 epochs without improvement, batches of 8, 20 epochs, threshold 0.8.
The seed drops the images with several mask files; here these are united. It squeezes
images to 256²; here patches of 256² are cut, and images are predicted at their size.
16 filters (1,946,705 parameters) are what two CPU cores train in minutes.

    python docs/tutorials/imageseg_part_5.py --data DATA/nuclei_fluo --epochs 20

Data: grey images with masks, one file each or several (1_mask_1.png, 1_mask_2.png …).
The nuclei of nuclei_fluo stand in for the ultrasound. Without --data, cells are made,
with a mask file for every nucleus.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from shared import flags, keep_back, keep_history, tell
from skimage.measure import label

import imageseg
from imageseg.figures import FigureFiles, threshold_figure
from imageseg.illustration import comparisons_task, sheets_task
from imageseg.images import write_image
from imageseg.networks.table import count_parameters
from imageseg.samples import SampleImage, microscopy_scene
from imageseg.tables import write_table
from imageseg.training import FileSample, train_task

SCHEME = imageseg.ClassScheme.from_names(["background", "nucleus"])


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Train on grey images and score two thresholds."""
    parser = flags("imageseg_part_5", __doc__)
    parser.add_argument("--filters", type=int, default=16, help="32 in the seed")
    parser.add_argument("--epochs", type=int, default=20)
    options = parser.parse_args(argv)
    quick, out = options.quick, Path(options.out)
    data = options.data or made_cells(out / "data", options.seed, quick=quick)
    samples = imageseg.read_samples(data, SCHEME)  # several masks become one
    learning, test = keep_back(samples, data, share=0.2, seed=options.seed)
    if quick:
        learning, test = learning[:5], test[:2]

    settings = settings_of_the_seed(options, len(learning))
    network = imageseg.UNetSettings(filters=options.filters)
    task = train_task(learning, settings, scheme=SCHEME, network=network, name="nuclei")
    result = imageseg.drain(task)
    model = result.model
    model.save(out / "nuclei.safetensors")

    figures, shown = FigureFiles(folder=out), test[:8]  # one page
    imageseg.drain(comparisons_task(shown, model, figures))
    imageseg.drain(sheets_task([s.path for s in shown], model, figures))

    numbers = {"parameters": count_parameters(model.network)[0]}
    numbers |= {"images to learn from": len(learning), "test images": len(test)}
    numbers |= keep_history(result, out) | scores(model, test, out)

    # By hand, for one image: fewer pixels reach 0.8.
    nucleus = imageseg.predict(model, test[0].image).probabilities[1]
    for threshold in (0.5, 0.8):
        share = (nucleus >= threshold).mean()
        numbers[f"share from {threshold}, first image"] = float(share)
    return tell(numbers)


def settings_of_the_seed(options: Namespace, images: int) -> imageseg.TrainSettings:
    """Return how the vignette trains, with an eighth of the images held out."""
    quick = options.quick
    return imageseg.TrainSettings(
        epochs=2 if quick else options.epochs,
        patience=5,
        steps=2 if quick else max(1, round(0.88 * images / 8)),
        batch=2 if quick else 8,
        patch=64 if quick else 256,
        validation=0.2 if quick else 0.12,
        augmentation="none",
        loss="bce",
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
    """Score all thresholds at once, and read two of them off the curve."""
    scored = imageseg.evaluate(model, test, baselines=["otsu"])
    write_table(out / "scores.csv", scored.table())
    curves = scored.curves()
    write_table(out / "thresholds.csv", curves)
    figure = threshold_figure(scored.probabilities, SCHEME)
    FigureFiles(folder=out).save("thresholds", figure)

    curve = curves[curves["class"] == "nucleus"].set_index("thresholds")
    numbers = {"binary accuracy": scored.pooled.accuracy}
    for threshold in (0.5, 0.8):
        for what in ("dice", "precision", "recall"):
            numbers[f"{what} from {threshold}"] = float(curve.loc[threshold, what])
    numbers["dice, Otsu"] = float(scored.baselines["otsu"].pooled.dice[1])
    return numbers


def made_cells(folder: Path, seed: int, *, quick: bool) -> Path:
    """Write made-up cells with a mask file for every nucleus, and return the folder."""
    side, count = (64, 6) if quick else (256, 20)
    for i in range(count):
        scene = microscopy_scene((side, side), seed=seed + i)
        write_image(folder / f"images/cells_{i:02}.png", eight_bit(scene))
        nuclei = label(scene.labels == 3)
        for k in range(1, nuclei.max() + 1):
            mask = np.where(nuclei == k, 255, 0).astype(np.uint8)
            write_image(folder / f"masks/cells_{i:02}_mask_{k}.png", mask)
    return folder


def eight_bit(scene: SampleImage) -> np.ndarray:
    """Stretch a micrograph over 8 bits, as viewers save it."""
    return np.rint(255 * (scene.image / scene.image.max())).astype(np.uint8)


if __name__ == "__main__":
    main()
