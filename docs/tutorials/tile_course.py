"""Tile course: what fills each square of a photograph.

You learn to cut photographs into tiles, to train three small networks that give every
tile one class, and to lay their answers over a photograph as a map.

Seed: tutorial 16 of the "DSE" course of Wageningen: tiles of 50² from photographs of
vegetation, 50 of bush and 50 of anything else, doubled by mirroring, 100 more held
out; networks of 231,802, 27,002 and 11,032 parameters, SGD 0.01, binary cross-entropy,
batches of 10, 100 epochs. The seed's tiles of one photograph stand on both sides; here
photographs are split first. A tile's class is here that of most of its pixels, taken
from a mask; the seed's were sorted by hand. That its map has blocky borders is the
price of tiles: the last numbers say what it costs.

    python docs/tutorials/tile_course.py --data DATA/canopy_sky

Data: colour photographs with masks (0 canopy, 1 sky). Without --data, canopies are
made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from shared import data_folder, flags, keep_back, keep_history, tell

import imageseg
from imageseg.architectures import count_parameters, write_graph
from imageseg.architectures.tiles import Tile1Settings, Tile2Settings, Tile3Settings
from imageseg.evaluation import compare_task
from imageseg.figures import (
    faded_tiles,
    models_figure,
    mosaic_figures,
    save_figure,
)
from imageseg.images import write_image
from imageseg.preparation import cut_tiles, tile_boxes, tile_name
from imageseg.samples import canopy_scene, shrink
from imageseg.tables import write_table
from imageseg.training import AnySample, Sample, train_task

SCHEME = imageseg.CANOPY
SIDE = 50
NETWORKS = {"tile1": Tile1Settings, "tile2": Tile2Settings, "tile3": Tile3Settings}


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Train the three networks, draw their maps and return their scores."""
    parser = flags("tile_course", __doc__)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--each", type=int, default=50, help="tiles of each class")
    options = parser.parse_args(argv)
    quick, out = options.quick, Path(options.out)
    size, count = ((300, 400), 3) if quick else ((600, 800), 8)
    scenes = (
        shrink(canopy_scene(size, seed=options.seed + i), 2) for i in range(count)
    )
    data = data_folder(options, scenes)

    photos = imageseg.read_samples(data, SCHEME)
    learning, test = keep_back(photos, data, share=0.34, seed=options.seed)
    if quick:
        learning, test = learning[:2], test[:1]
    tiles = balanced(learning, options.each, options.seed)

    settings = imageseg.TrainSettings(
        epochs=2 if quick else options.epochs,
        patience=0,
        steps=2 if quick else -(-len(tiles) // 10),
        batch=10,
        patch=SIDE,
        validation=0.5 if quick else 0.34,  # of the photographs, all their tiles
        augmentation="none",
        loss="bce",
        optimiser="sgd",
        keras_defaults=True,
        rate=0.01,
        schedule="constant",
        averaging=0,
        seed=options.seed,
    )
    models, held_out = {}, {}
    numbers: dict[str, float] = {"tiles to learn from": len(tiles)}
    for name, kind in NETWORKS.items():
        network = kind(side=SIDE)
        task = train_task(tiles, settings, scheme=SCHEME, network=network)
        result = imageseg.drain(task)
        keep_history(result, out / name)
        models[name] = result.model
        held_out[name] = result.scores.accuracy if result.scores else 0.0
        graph = write_graph(name, 3, 1, network.to_dict())
        numbers[f"parameters, {name}"] = count_parameters(graph)[0]

    # The map is drawn by the network that the held-out photographs favour.
    best = models[max(models, key=held_out.__getitem__)]
    best.save(out / "best.safetensors")
    numbers |= tiles_right(models, test, out)
    return tell(numbers | maps(best, test, out))


def tiles_of(photo: AnySample) -> list[Sample]:
    """Cut a photograph into tiles of one class each, a group of its name."""
    boxes = tile_boxes(photo.labels.shape[:2], SIDE, edge="drop")
    found = []
    for box, image in zip(boxes, cut_tiles(photo.image, boxes), strict=True):
        labels = majority(photo.labels[box.slices])
        name = tile_name(photo.name, box)
        found.append(Sample(image, labels, name=name, group=photo.name))
    return found


def majority(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Give every whole tile the class of most of its pixels; the rest is 0."""
    result = np.zeros_like(labels)
    for box in tile_boxes(labels.shape[:2], SIDE, edge="drop"):
        result[box.slices] = np.bincount(labels[box.slices].ravel())[1:].argmax() + 1
    return result


def balanced(photos: Sequence[AnySample], each: int, seed: int) -> list[Sample]:
    """Draw equally many tiles of every class, and mirror them."""
    tiles = [tile for photo in photos for tile in tiles_of(photo)]
    order = np.random.default_rng(seed).permutation(len(tiles))
    by_class = {
        c.id: [tiles[i] for i in order if tiles[i].labels[0, 0] == c.id] for c in SCHEME
    }
    each = min(each, *map(len, by_class.values()))
    chosen = [tile for found in by_class.values() for tile in found[:each]]
    return [*chosen, *map(mirrored, chosen)]


def mirrored(tile: Sample) -> Sample:
    """Return the mirror image of a tile, which stays with its photograph."""
    image = np.ascontiguousarray(tile.image[:, ::-1])
    return replace(tile, image=image, name=f"{tile.name} mirrored")


def tiles_right(
    models: dict[str, imageseg.SegmentationModel], test: Sequence[AnySample], out: Path
) -> dict[str, float]:
    """Compare every tile with the class of most of its pixels: the share right.

    The mean recall is the mean of the shares right of each class: the larger class
    alone, which a majority always gets right, makes 0.5 of it.
    """
    grids = [Sample(p.image, majority(p.labels), name=p.name) for p in test]
    compared = imageseg.drain(compare_task(models, grids, baselines=["majority"]))
    write_table(out / "comparison.csv", compared.table())
    found = compared.evaluations
    shares = {name: list(e.table()["accuracy"]) for name, e in found.items()}
    dots = models_figure(shares, label="share of tiles right, by photograph")
    save_figure(out / "scores.png", dots)
    right = {f"tiles right, {name}": e.pooled.accuracy for name, e in found.items()}
    recall = {f"mean recall, {n}": e.pooled.recall.mean() for n, e in found.items()}
    return right | recall


def maps(
    model: imageseg.SegmentationModel, test: Sequence[AnySample], out: Path
) -> dict[str, float]:
    """Draw the maps of all photographs; return counts of tiles and shares of pixels."""
    counts = pd.DataFrame(draw_map(model, photo, out) for photo in test)
    write_table(out / "counts.csv", counts)
    tiles = counts.filter(like="tiles of").sum().astype(int).to_dict()
    return tiles | counts.filter(like="pixels").mean().to_dict()


def draw_map(
    model: imageseg.SegmentationModel, photo: AnySample, out: Path
) -> dict[str, str | float]:
    """Draw a photograph once a class, tiles faded by what speaks against it; count."""
    prediction = imageseg.predict(model, photo.image)
    rows, columns = (side // SIDE for side in photo.labels.shape[:2])
    whole = np.s_[: rows * SIDE, : columns * SIDE]
    image, truth = photo.image[whole], photo.labels[whole]
    pictures = {photo.name: image}
    row: dict[str, str | float] = {"image": photo.name}
    for c in SCHEME:
        # A network of tiles answers equally for all pixels of one: look at the first.
        p = prediction.probabilities[c.id - 1][whole][::SIDE, ::SIDE]
        pictures[c.name] = faded_tiles(image, p, SIDE)
        write_image(out / f"map_{photo.name}_{c.name}.png", pictures[c.name])
        own = majority(truth)[::SIDE, ::SIDE] == c.id
        row[f"tiles of {c.name}"] = int(own.sum())
        row[f"tiles of {c.name}, predicted"] = int((p > 0.5).sum())
    for page in mosaic_figures(pictures.items(), columns=3):
        save_figure(out / f"map_{photo.name}.png", page, dpi=300)
    row["pixels right"] = float((prediction.labels[whole] == truth).mean())
    row["pixels right, had all tiles been right"] = float(
        (majority(truth) == truth).mean()
    )
    return row


if __name__ == "__main__":
    main()
