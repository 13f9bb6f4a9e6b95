"""What ten strokes on two photographs do to the others, with and without memory.

    python tests/benchmarks/memory.py IMAGES MASKS --start MODEL

Fine-tunes on simulated strokes on two photographs and prints the mean Dice of
the last class over all others: before, after, and after without the setting
*memory*. The start model must not have been trained on these photographs.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np
from simulated import strokes

from imageseg import SegmentationModel, evaluate, find_images, load_model, train
from imageseg.images import read_image
from imageseg.masks import read_labels
from imageseg.settings import TrainSettings
from imageseg.training import Sample

PAIRS = ((0, 3), (2, 7))
SETTINGS = TrainSettings(epochs=12, patience=6, rate=5e-4)


def mean_dice(model: SegmentationModel, samples: list[Sample]) -> float:
    """Return the mean Dice of the last class over the images."""
    scores = evaluate(model, samples).scores.values()
    return float(np.mean([score.dice[-1] for score in scores]))


def compare(model: SegmentationModel, samples: list[Sample], pair: tuple[int, int]):
    """Return a line of figures for strokes on two of the images."""
    painted = [
        replace(samples[i], labels=strokes(samples[i].labels, seed))
        for seed, i in enumerate(pair)
    ]
    others = [sample for i, sample in enumerate(samples) if i not in pair]
    before = mean_dice(model, others)
    after = {
        memory: mean_dice(
            train(painted, replace(SETTINGS, memory=memory), start=model), others
        )
        for memory in (1.0, 0.0)
    }
    names = " and ".join(sample.name for sample in painted)
    return (
        f"strokes on {names}: Dice of the {len(others)} others {before:.3f} -> "
        f"{after[1.0]:.3f}, without memory {after[0.0]:.3f}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images")
    parser.add_argument("masks")
    parser.add_argument("--start", default="canopy")
    chosen = parser.parse_args()
    files = find_images([chosen.images])
    truths = read_labels(find_images([chosen.masks]), 2)
    photographs = [
        Sample(image=read_image(file), labels=truth, name=file.stem)
        for file, truth in zip(files, truths, strict=True)
    ]
    for picked in PAIRS:
        print(compare(load_model(chosen.start), photographs, picked))
