"""Part 1: canopy density with a model that is ready.

You learn to predict photographs with the bundled model ``canopy``, to look at what it
says, and to read openness and cover off it, in the whole picture and in a circle; at
the end the same by hand, from the probabilities.

Seed: part 1 of the vignette of the R package imageseg. Its pretrained model is an
88 MB download; ours comes with the program. The seed resizes photographs to 256² and
measures there; here they are predicted, and measured, at their own size.

    python docs/tutorials/imageseg_part_1.py --data DATA/canopy_sky

Data: photographs in DATA/canopy_sky/images. Where masks/ has their sky, the truth is
told as well. Without --data, canopies are made whose sky is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from shared import data_folder, flags, tell

import imageseg
from imageseg.batch import Outputs
from imageseg.figures import FigureFiles, density_figure
from imageseg.illustration import sheets_task
from imageseg.samples import canopy_scene, shrink


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Predict photographs and return their mean densities."""
    options = flags("imageseg_part_1", __doc__).parse_args(argv)
    out: Path = options.out
    made, factor = (2, 4) if options.quick else (4, 2)
    scenes = (
        shrink(canopy_scene((512, 512), seed=options.seed + i), factor)
        for i in range(made)
    )
    data = data_folder(options, scenes)
    photos = imageseg.find_images([data / "images"])[: made if options.quick else None]
    model = imageseg.load_model("canopy")

    # One row a photograph; label images and overlays go to a folder.
    outputs = Outputs(folder=out / "classified", table=out / "whole.csv")
    whole = imageseg.density_table(photos, model, outputs=outputs)
    circle = imageseg.density_table(
        photos, model, region="circle", outputs=Outputs(table=out / "circle.csv")
    )
    print(whole[["image", "openness", "canopy_cover"]].to_string(index=False))

    # Input, probability of sky, and classes: outside the circle they are grey.
    figures = FigureFiles(folder=out)
    imageseg.drain(sheets_task(photos, model, figures, region="circle"))
    figures.save("densities", density_figure(whole, imageseg.CANOPY))

    by_hand = pd.DataFrame(densities_by_hand(model, photo) for photo in photos)
    by_hand.to_csv(out / "by_hand.csv", index=False)

    numbers = {
        "photographs": len(photos),
        "openness": whole["openness"].mean(),
        "canopy cover": whole["canopy_cover"].mean(),
        "openness, circle": circle["openness"].mean(),
        "canopy closure, circle": circle["canopy_closure"].mean(),
        "openness, by hand": by_hand["openness"].mean(),
        "openness of circle, by hand": by_hand["openness, circle"].mean(),
    }
    if (data / "masks").is_dir():
        numbers |= against_masks(model, data, photos)
    return tell(numbers)


def densities_by_hand(
    model: imageseg.SegmentationModel, photo: Path
) -> dict[str, str | float]:
    """Read the densities off the probabilities, as the vignette's last step does."""
    image = imageseg.read_image(photo)
    prediction = imageseg.predict(model, image)
    # The second class of this model is the sky. At p = 0.5 the seed calls it canopy.
    sky = prediction.probabilities[1] >= 0.5
    rows, columns = np.indices(sky.shape)
    middle = (np.array(sky.shape) - 1) / 2
    radius = min(sky.shape) / 2
    inside = (rows - middle[0]) ** 2 + (columns - middle[1]) ** 2 <= radius**2
    return {
        "image": photo.name,
        "openness": float(sky.mean()),
        "canopy cover": float(1 - sky.mean()),
        "openness, circle": float(sky[inside].mean()),
    }


def against_masks(
    model: imageseg.SegmentationModel, data: Path, photos: Sequence[Path]
) -> dict[str, float]:
    """Compare with the sky that the masks show.

    The model has learned from the photographs of the R package, so on those this says
    only that nothing went wrong on the way: docs/canopy-model.md has honest scores.
    """
    samples = imageseg.read_samples(data, imageseg.CANOPY)
    wanted = [sample for sample in samples if sample.path in photos]
    found = imageseg.evaluate(model, wanted, baselines=["otsu"])
    sky = found.densities().set_index("class").loc["sky"]
    return {
        "mean dice of sky": found.table()["dice_sky"].mean(),
        "mean dice of sky, Otsu": found.baselines["otsu"].table()["dice_sky"].mean(),
        "mean absolute error of openness": float(sky["mae"]),
    }


if __name__ == "__main__":
    main()
