"""How well expected changes foretell the true ones: `imageseg.guidance` on real sets.

    python tests/benchmarks/guidance.py DATA SET [--side 64] [--seed 0]

DATA holds one folder a set, each with images/, masks/ and a dataset.json that says how
it is split. Teaches the instant pixel classifier two training images, predicts ten test
images, and compares what `rank_regions` and `summarise_image` expect with what looking
at the masks would change: Spearman's correlation over squares and over images, for the
expected effect and for plain uncertainty, and the sum of the expected changes over that
of the true ones.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pixel_classifier import samples
from scipy.stats import spearmanr

from imageseg.classes import ClassScheme
from imageseg.guidance import rank_regions, summarise_image
from imageseg.inference import Prediction, predict_task
from imageseg.interactive import instant_task
from imageseg.tasks import drain

LEARNED, TESTED = 2, 10


def changed(found: NDArray[np.uint8], truth: NDArray[np.uint8], classes: int) -> float:
    """Return the pixels by which the classes' areas differ, each counted once."""
    areas = [np.bincount(a.ravel(), minlength=classes + 1)[1:] for a in (found, truth)]
    return float(np.abs(areas[0] - areas[1]).sum()) / 2


def squares(
    prediction: Prediction, truth: NDArray[np.uint8], side: int
) -> list[tuple[float, float, float]]:
    """Return expected effect, uncertainty and true change of every square."""
    labels, classes = prediction.labels, len(prediction.scheme)
    rows = []
    for region in rank_regions(prediction, side=side, most=labels.size):
        at = slice(region.y0, region.y1), slice(region.x0, region.x1)
        true = changed(labels[at], truth[at], classes) / labels.size
        rows.append((region.effect, region.uncertain, true))
    return rows


def main(folder: Path, side: int, seed: int) -> str:
    """Return a line of a table."""
    facts = json.loads((folder / "dataset.json").read_text("utf-8"))
    scheme = ClassScheme.from_names([c["name"] for c in facts["classes"]])
    learned = samples(folder, facts, "train", LEARNED)
    model = drain(instant_task(learned, scheme, seed=seed)).model
    parts, wholes = [], []
    for sample in samples(folder, facts, "test", TESTED):
        prediction = drain(predict_task(model, sample.image))
        parts += squares(prediction, sample.labels, side)
        summary = summarise_image(sample.name, prediction)
        true = changed(prediction.labels, sample.labels, len(scheme))
        true /= sample.labels.size
        wholes.append((summary.effect, summary.uncertain, true))
    few, many = np.array(parts), np.array(wholes)
    rho = [
        spearmanr(table[:, i], table[:, 2]).statistic
        for table in (few, many)
        for i in (0, 1)
    ]
    size = few[:, 0].sum() / few[:, 2].sum()
    return (
        f"| `{folder.name}`, squares of {side} px | {len(few)} | {rho[0]:.2f} | "
        f"{rho[1]:.2f} | {size:.1f} | {rho[2]:.2f} | {rho[3]:.2f} |"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("set")
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(main(options.data / options.set, options.side, options.seed))
