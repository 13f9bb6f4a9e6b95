"""The pixel classifier on the real data sets: its Dice, and seconds to an answer.

    python tests/benchmarks/pixel_classifier.py DATA [--sets NAME …] [--weka]

DATA holds one folder a set, each with images/, masks/ and a dataset.json that says
how it is split. Learns from whole masks of some training images, as the floors in
dataset.json do, and scores the given test images: mean foreground Dice. Then draws
strokes of two classes on a photograph of 512 × 512 pixels and takes the time from
there to its prediction: the least of three runs.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from simulated import strokes

from imageseg.classes import ClassScheme
from imageseg.evaluation import evaluate_task
from imageseg.forest import INSTANT, ForestSettings
from imageseg.images import find_images, read_image
from imageseg.inference import predict_task
from imageseg.masks import read_labels
from imageseg.tasks import drain
from imageseg.training import Sample, fit_forest_task

SETS = ("wbc_yellow", "nuclei_fluo", "em_membrane", "pavement_cracks", "canopy_sky")
SIDE = 512


def samples(folder: Path, facts: dict[str, Any], part: str, most: int) -> list[Sample]:
    """Read some images of a part, evenly spread, and their masks."""
    names = facts["split"][part]
    count = min(most, len(names))
    chosen = {
        names[i] for i in np.linspace(0, len(names) - 1, count).round().astype(int)
    }
    files = [
        [f for f in find_images([folder / kind]) if f.stem in chosen]
        for kind in ("images", "masks")
    ]
    labels = read_labels(files[1], len(facts["classes"]), coding="ids")
    return [
        Sample(read_image(file), mask, file.stem)
        for file, mask in zip(files[0], labels, strict=True)
    ]


def score(folder: Path, settings: ForestSettings, learn: int, test: int) -> str:
    """Return a line of a table: name, Dice, floor, seconds."""
    facts = json.loads((folder / "dataset.json").read_text("utf-8"))
    scheme = ClassScheme.from_names([c["name"] for c in facts["classes"]])
    training = samples(folder, facts, "train", learn)
    began = time.perf_counter()
    model = drain(fit_forest_task(training, settings, scheme=scheme)).model
    spent = time.perf_counter() - began
    tested = drain(evaluate_task(model, samples(folder, facts, "test", test)))
    own = [np.nanmean(s.dice[1:]) for s in tested.scores.values()]
    floor = facts.get("pixel_classifier_floor", {}).get("mean_dice", float("nan"))
    pooled = np.nanmean(tested.pooled.dice[1:])
    return (
        f"| {folder.name} | {len(training)} | {len(own)} | {np.mean(own):.3f} | "
        f"{pooled:.3f} | {floor:.3f} | {spent:.1f} |"
    )


def answer(folder: Path, settings: ForestSettings) -> str:
    """Return the seconds from strokes to a prediction of 512 × 512 pixels."""
    facts = json.loads((folder / "dataset.json").read_text("utf-8"))
    sample = samples(folder, facts, "train", 1)[0]
    times = [-(-SIDE // side) for side in sample.labels.shape]
    image = np.tile(sample.image, (*times, 1))[:SIDE, :SIDE]
    truth = np.tile(sample.labels, times)[:SIDE, :SIDE]
    scheme = ClassScheme.from_names([c["name"] for c in facts["classes"]])
    annotated = Sample(image, strokes(truth, 0))
    spent = []
    for _ in range(3):
        began = time.perf_counter()
        model = drain(fit_forest_task([annotated], settings, scheme=scheme)).model
        middle = time.perf_counter()
        drain(predict_task(model, image))
        spent.append((middle - began, time.perf_counter() - middle))
    fit, predict = (min(values) for values in zip(*spent, strict=True))
    return f"fit {fit:.2f} s, predict {predict:.2f} s, both {fit + predict:.2f} s"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--learn", type=int, default=20, help="training images")
    parser.add_argument("--test", type=int, default=20, help="test images")
    parser.add_argument("--weka", action="store_true", help="not the instant preset")
    chosen = parser.parse_args()
    forest = ForestSettings() if chosen.weka else INSTANT
    print("512 × 512, from strokes:", answer(chosen.data / "canopy_sky", forest))
    print("| set | training | test | Dice | pooled | floor | fit, s |")
    print("|---|---|---|---|---|---|---|")
    for name in chosen.sets:
        print(score(chosen.data / name, forest, chosen.learn, chosen.test), flush=True)
