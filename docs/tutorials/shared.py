"""What the tutorials share: their flags, images of their own, and what is kept back.

Nothing here is needed to use imageseg; it keeps each tutorial to its subject.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

import imageseg
from imageseg.figures import FigureFiles, history_figure
from imageseg.images import write_image
from imageseg.preparation import cut_tiles, tile_boxes, tile_name
from imageseg.samples import SampleImage, microscopy_scene
from imageseg.tables import write_table
from imageseg.training import (
    AnySample,
    FileSample,
    Sample,
    TrainingResult,
    split_three,
)


def flags(name: str, doc: str | None) -> ArgumentParser:
    """Return the flags that all tutorials have; each may add its own."""
    parser = ArgumentParser(prog=name, description=(doc or "").partition("\n")[0])
    parser.add_argument(
        "--data",
        type=Path,
        help="folder with images/ and masks/; without it images are made",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("tutorial-out", name),
        help="folder for figures, tables and models",
    )
    parser.add_argument("--quick", action="store_true", help="a look, in seconds")
    parser.add_argument("--seed", type=int, default=0, help="of all random numbers")
    return parser


def data_folder(options: Namespace, scenes: Iterable[SampleImage]) -> Path:
    """Return the folder given, or write scenes to one: masks hold 0 to K - 1."""
    if options.data is not None:
        return Path(options.data)
    folder = Path(options.out, "data")
    for i, scene in enumerate(scenes):
        write_image(folder / f"images/scene_{i:02}.png", scene.image)
        write_image(folder / f"masks/scene_{i:02}.png", scene.labels - 1)
    return folder


def cells(seed: int, side: int) -> SampleImage:
    """Make cells as a colour camera sees them: 8 bit, three equal channels."""
    scene = microscopy_scene((side, side), seed=seed)
    grey = np.rint(255 * (scene.image / scene.image.max())).astype(np.uint8)
    return replace(scene, image=imageseg.to_channels(grey, 3))


def tiles_of(sample: AnySample, side: int) -> list[Sample]:
    """Cut an image and its labels into tiles, a group of its name.

    Tiles that reach over the edge show the image mirrored, without labels.
    """
    boxes = tile_boxes(sample.labels.shape[:2], side)
    images = cut_tiles(sample.image, boxes)
    labels = cut_tiles(sample.labels, boxes, beyond="zero")
    return [
        Sample(image, label, name=tile_name(sample.name, box), group=sample.name)
        for image, label, box in zip(images, labels, boxes, strict=True)
    ]


def keep_back(
    samples: Sequence[FileSample], data: Path, *, share: float, seed: int
) -> tuple[list[FileSample], list[FileSample]]:
    """Part images into those to learn from and those for the test.

    The test images are those that ``dataset.json`` names, or a share of all.
    """
    stated = data / "dataset.json"
    if stated.exists():
        test = set(json.loads(stated.read_text("utf-8"))["split"]["test"])
    else:
        _, _, drawn = split_three(len(samples), 0, share, seed=seed)
        test = {samples[i].name for i in drawn}
    learning = [sample for sample in samples if sample.name not in test]
    return learning, [sample for sample in samples if sample.name in test]


def keep_history(result: TrainingResult, out: Path) -> dict[str, float]:
    """Write the history of a training as table and figure; tell the epochs."""
    write_table(out / "history.csv", result.table())
    figure = history_figure(result.history, best_epoch=result.best_epoch)
    FigureFiles(folder=out).save("history", figure)
    return {"epochs": len(result.history), "best epoch": result.best_epoch}


def tell(numbers: Mapping[str, float]) -> dict[str, float]:
    """Print numbers by name and return them."""
    for name, value in numbers.items():
        shown = f"{value:,}" if isinstance(value, int) else f"{value:.4f}"
        print(f"{name:36} {shown}")
    return {name: float(value) for name, value in numbers.items()}
