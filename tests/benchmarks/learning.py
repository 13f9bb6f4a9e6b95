"""What a U-Net learns on the real data sets: Dice and IoU on their test images.

    python tests/benchmarks/learning.py DATA SET [--seed N] [--trial]

DATA holds one folder a set, each with images/, masks/ and a dataset.json that says
how it is split. Trains from scratch on the training images with the recipe of the set,
then scores the given test images once. `--trial` leaves the test images alone and
scores every fifth training image instead, which the training then does not see: for
whoever changes a recipe. Any setting of the recipe can be changed on the command
line, as in `--set epochs=5 filters=8`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from imageseg.augmentation import AugmentSettings, preset
from imageseg.classes import ClassScheme
from imageseg.evaluation import Evaluation, evaluate_task
from imageseg.images import find_images, read_image
from imageseg.masks import read_labels
from imageseg.settings import PredictSettings, TrainSettings, UNetSettings
from imageseg.tables import write_table
from imageseg.tasks import drain
from imageseg.training import EpochProgress, Sample, TrainingResult, train_task


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a set is learned, and what is asked of it.

    Attributes
    ----------
    aim
        Mean over test images of the Dice of the foreground classes, or of the
        thresholded IoU.
    learn
        Training images, evenly spread; 0 takes all.
    flips
        Whether test images are predicted with their mirrored copies.
    """

    aim: float
    measure: str = "dice"
    learn: int = 0
    flips: bool = True
    training: TrainSettings
    network: UNetSettings = field(default_factory=UNetSettings)
    augment: AugmentSettings | None = None


MICROGRAPHS = TrainSettings(
    epochs=14,
    steps=40,
    patience=0,
    batch=8,
    patch=256,
    validation=0.1,
    augmentation="microscopy",
)
RECIPES = {
    "wbc_yellow": Recipe(
        aim=0.95,
        training=TrainSettings(
            epochs=20, steps=60, patience=0, batch=8, patch=128, validation=0.1
        ),
    ),
    "nuclei_fluo": Recipe(
        aim=0.95, training=replace(MICROGRAPHS, epochs=20, normalisation="percentile")
    ),
    "em_membrane": Recipe(aim=0.78, training=MICROGRAPHS),
    "pavement_cracks": Recipe(
        aim=0.60,
        training=TrainSettings(
            epochs=14, steps=40, patience=0, batch=8, patch=256, validation=0.1
        ),
    ),
    "whale_flukes": Recipe(
        aim=0.75,
        measure="iou",
        learn=14,
        training=TrainSettings(
            epochs=22, steps=40, patience=0, batch=4, patch=384, validation=0.0
        ),
        network=UNetSettings(blocks=5, dropout=0.1),
        augment=AugmentSettings(
            flip_horizontal=0.5,
            rotation=15.0,
            scale_min=0.7,
            scale_max=1.5,
            shear=8.0,
            brightness=25.0,
            contrast=25.0,
            saturation=100.0,
            hue=5.0,
            gamma=1.5,
            blur=1.0,
            noise=0.04,
        ),
    ),
}


def names_of(facts: dict[str, Any], part: str, *, trial: bool) -> list[str]:
    """Return the images of a part; of a trial, both parts are training images."""
    if not trial:
        return list(facts["split"][part])
    known = sorted(facts["split"]["train"])
    return [n for i, n in enumerate(known) if (i % 5 == 2) == (part == "test")]


def samples(folder: Path, facts: dict[str, Any], names: list[str]) -> list[Sample]:
    """Read these images and their masks."""
    files = [
        [f for f in find_images([folder / kind]) if f.stem in names]
        for kind in ("images", "masks")
    ]
    labels = read_labels(files[1], len(facts["classes"]), coding="ids")
    return [
        Sample(read_image(file), mask, file.stem)
        for file, mask in zip(files[0], labels, strict=True)
    ]


def spread(names: list[str], count: int) -> list[str]:
    """Return so many of the names, evenly spread; all for 0."""
    if not count:
        return names
    at = np.linspace(0, len(names) - 1, count).round().astype(int)
    return [sorted(names)[i] for i in at]


def train(
    training: list[Sample], scheme: ClassScheme, recipe: Recipe
) -> TrainingResult:
    """Train and tell every epoch."""
    task = train_task(
        training,
        recipe.training,
        scheme=scheme,
        network=recipe.network,
        augment=recipe.augment,
    )
    while True:
        try:
            progress = next(task)
        except StopIteration as stop:
            result: TrainingResult = stop.value
            return result
        if isinstance(progress, EpochProgress):
            row = progress.row
            dice = ", ".join(f"{d:.3f}" for d in row.dice)
            print(
                f"epoch {row.epoch}: loss {row.loss:.4f}, held out "
                f"{row.validation_loss or np.nan:.4f} [{dice}], {row.seconds:.0f} s",
                file=sys.stderr,
                flush=True,
            )


def reached(tested: Evaluation) -> dict[str, float]:
    """Return foreground Dice and IoU: mean over images, and of all pixels together."""
    own = list(tested.scores.values())
    return {
        "dice": float(np.mean([np.nanmean(s.dice[1:]) for s in own])),
        "iou": float(np.mean([np.nanmean(s.iou[1:]) for s in own])),
        "pooled dice": float(np.nanmean(tested.pooled.dice[1:])),
        "pooled iou": float(np.nanmean(tested.pooled.iou[1:])),
    }


def changed(recipe: Recipe, values: list[str]) -> Recipe:
    """Change a recipe by NAME=VALUE of any of its settings."""
    for text in values:
        name, value = text.split("=")
        for part in ("training", "network", "augment"):
            settings = getattr(recipe, part) or preset(recipe.training.augmentation)
            if name in {f.name for f in fields(settings)}:
                kind = type(getattr(settings, name))
                recipe = replace(
                    recipe, **{part: replace(settings, **{name: kind(value)})}
                )
                break
        else:
            kind = type(getattr(recipe, name))
            recipe = replace(recipe, **{name: kind(json.loads(value))})
    return recipe


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("set", choices=RECIPES)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--trial", action="store_true", help="without the test images")
    parser.add_argument("--set", nargs="+", default=[], dest="values", metavar="N=V")
    parser.add_argument("--out", type=Path, help="folder for model and scores")
    options = parser.parse_args()
    recipe = changed(RECIPES[options.set], [f"seed={options.seed}", *options.values])
    folder = options.data / options.set
    facts = json.loads((folder / "dataset.json").read_text("utf-8"))
    scheme = ClassScheme.from_names([c["name"] for c in facts["classes"]])
    train_names, test_names = (
        names_of(facts, part, trial=options.trial) for part in ("train", "test")
    )
    learned = samples(folder, facts, spread(train_names, recipe.learn))
    began = time.perf_counter()
    trained = train(learned, scheme, recipe)
    seconds = time.perf_counter() - began
    model = trained.model
    where = PredictSettings(flips=recipe.flips)
    tested = drain(evaluate_task(model, samples(folder, facts, test_names), where))
    if options.out:
        model.save(options.out / f"{options.set}.safetensors")
        write_table(options.out / f"{options.set}.csv", tested.table())
    print(
        f"{options.set}, seed {options.seed}: {len(learned)} images, "
        f"{seconds / 60:.1f} min, {len(test_names)} tested: "
        + ", ".join(f"{name} {value:.3f}" for name, value in reached(tested).items())
        + f" (aim: {recipe.measure} {recipe.aim})"
    )
