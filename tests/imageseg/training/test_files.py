"""Samples in files: the same numbers as in memory, in little memory."""

from __future__ import annotations

import os
import tracemalloc
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imageseg.classes import ClassScheme
from imageseg.errors import ImageReadError, ShapeMismatchError
from imageseg.images import ReadCache
from imageseg.settings import TrainSettings, UNetSettings
from imageseg.tasks import drain
from imageseg.training import FileSample, Sample, TrainingResult, train_task
from imageseg.training.sample import annotated_parts

SCHEME = ClassScheme.from_names(["dark", "bright"])
QUICK = TrainSettings(
    epochs=2,
    steps=3,
    batch=2,
    patch=32,
    validation=0.3,
    device="cpu",
    precision="fp32",
)


def labels_of(path: Path) -> np.ndarray:
    """Return class 2 where an image is bright."""
    return np.where(np.asarray(Image.open(path))[..., 0] > 127, 2, 1).astype(np.uint8)


def stored(folder: Path, count: int, side: int, room: int = 10**9) -> list[FileSample]:
    """Write noise and return it as samples that share a cache."""
    rng, cache, samples = np.random.default_rng(0), ReadCache(room), []
    for i in range(count):
        path = folder / f"{i:03}.png"
        blocks = rng.integers(0, 256, (side // 8, side // 8, 3), dtype=np.uint8)
        Image.fromarray(blocks.repeat(8, 0).repeat(8, 1)).save(path)
        read = partial(labels_of, path)
        samples.append(FileSample(path, read, (path,), path.stem, cache=cache))
    return samples


def train(samples: list[FileSample] | list[Sample]) -> TrainingResult:
    network = UNetSettings(filters=2, blocks=2)
    return drain(train_task(samples, QUICK, scheme=SCHEME, network=network))


@pytest.mark.parametrize("count", [6, 2], ids=["by image", "by blocks"])
def test_files_train_the_same_weights_as_memory(tmp_path: Path, count: int) -> None:
    files = stored(tmp_path, count, 160, room=100_000)
    memory = [Sample(s.image, s.labels, s.name) for s in files]
    one, two = train(files), train(memory)

    assert one.model.digest() == two.model.digest()
    assert one.held_out == two.held_out
    assert [r.validation_loss for r in one.history] == [
        r.validation_loss for r in two.history
    ]


def test_files_that_were_read_to_find_their_parts_are_not_read_to_look(
    tmp_path: Path,
) -> None:
    parts = annotated_parts(stored(tmp_path, 2, 64, room=0), 3, "percentile")
    for path in tmp_path.iterdir():
        path.unlink()
    for part in parts:
        part.look()

    with pytest.raises(ImageReadError):
        _ = parts[0].pixels


def test_many_photographs_need_the_memory_of_few(tmp_path: Path) -> None:
    """Sixty images of 512 x 512 are 47 MB, their masks 16 MB."""
    files = stored(tmp_path, 60, 512, room=4_000_000)
    train(files[:2])  # what is imported and built once
    tracemalloc.start()
    try:
        train(files)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 30_000_000


def test_the_digest_follows_the_files(tmp_path: Path) -> None:
    [sample] = stored(tmp_path, 1, 16)
    before = sample.digest()

    assert sample.digest() == before
    os.utime(sample.path, ns=(1, 1))
    assert sample.digest() != before


def test_the_digest_of_arrays_follows_pixels_labels_and_name() -> None:
    image, labels = np.zeros((4, 4, 3), np.uint8), np.ones((4, 4), np.uint8)
    other = labels.copy()
    other[0, 0] = 2
    samples = [
        Sample(image, labels, "a"),
        Sample(image + 1, labels, "a"),
        Sample(image, other, "a"),
        Sample(image, labels, "b"),
    ]

    assert len({sample.digest() for sample in samples}) == 4
    assert samples[0].digest() == Sample(image.copy(), labels.copy(), "a").digest()


def test_a_mask_of_another_size_is_named(tmp_path: Path) -> None:
    [sample] = stored(tmp_path, 1, 16)
    small = FileSample(sample.path, lambda: np.ones((8, 8), np.uint8), name="leaf")

    with pytest.raises(ShapeMismatchError, match="leaf: the mask has shape"):
        small.parts(3, "range")
