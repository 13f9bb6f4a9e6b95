"""Of an annotated stack only the annotated slices are read."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from imageseg.classes import ClassScheme
from imageseg.errors import PixelValueError, ShapeMismatchError
from imageseg.images import (
    ChannelChoice,
    ReadCache,
    Stack,
    WholeImage,
    open_image,
)
from imageseg.settings import TrainSettings, UNetSettings
from imageseg.tasks import drain
from imageseg.training import Sample, StackSample, train_task
from imageseg.training.sample import annotated_parts


class Counted:
    """A stack of 200 slices that notes which are read."""

    def __init__(self, pixels: np.ndarray) -> None:
        self.pixels, self.shape, self.dtype = pixels, pixels.shape, pixels.dtype
        self.read: set[int] = set()

    def __getitem__(self, key: Any) -> np.ndarray:
        self.read |= set(np.arange(self.shape[0])[key[0]].ravel().tolist())
        return self.pixels[key]


@pytest.fixture
def stack(rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 256, (200, 32, 32), dtype=np.uint8)


@pytest.fixture
def labels() -> np.ndarray:
    """Two classes on slices 20 and 150."""
    labels = np.zeros((200, 32, 32), np.uint8)
    labels[20, :8], labels[150, 8:16] = 1, 2
    return labels


def test_only_annotated_slices_and_their_neighbours_are_read(stack, labels) -> None:
    array = Counted(stack)
    sample = StackSample(Stack([array]), labels)
    parts = sample.parts(1, "range", 2, 1)
    assert array.read == set()  # until somebody looks

    usual = Sample(stack, labels).parts(1, "range", 2, 1)
    for part, same in zip(parts, usual, strict=True):
        np.testing.assert_array_equal(part.pixels, same.pixels)
        np.testing.assert_array_equal(part.labels, same.labels)
        assert (part.scale, part.name) == (same.scale, same.name)
    assert array.read == {19, 20, 21, 149, 150, 151}


def test_volumes_are_read_whole(stack, labels) -> None:
    (part,) = StackSample(Stack([stack]), labels).parts(1, "range", 3)

    np.testing.assert_array_equal(part.pixels[..., 0], stack)


def test_facts_come_without_pixels(stack, labels) -> None:
    array = Counted(stack)
    sample = StackSample(Stack([array]), labels)

    assert (sample.channels, sample.dtype) == (1, np.uint8)
    assert sample.counts[:3].tolist() == [labels.size - 512, 256, 256]
    assert array.read == set()


def test_the_digest_changes_with_what_is_annotated(stack, labels) -> None:
    digest = StackSample(Stack([stack]), labels).digest()
    other = labels.copy()
    other[20, 0, 0] = 2

    assert StackSample(Stack([stack]), other).digest() != digest
    brighter = stack.copy()
    brighter[150, 0, 0] += 1
    assert StackSample(Stack([brighter]), labels).digest() != digest
    assert StackSample(Stack([stack]), labels).digest() == digest


@pytest.mark.parametrize("identity", ["", "embryo.tif 1 2"])
def test_the_key_tells_planes_volumes_and_ways_to_look_at_them_apart(
    rng, identity
) -> None:
    flat = rng.integers(0, 256, (32, 32), dtype=np.uint8)
    labels = np.ones_like(flat)

    def keys(pixels: np.ndarray) -> list[str]:
        shown = np.broadcast_to(labels, pixels.shape)
        sample = StackSample(Stack([pixels]), shown, identity=identity)
        looks = [("range", 2), ("percentile", 2), ("range", 2, 1), ("range", 3)]
        return [part.key for look in looks for part in sample.parts(1, *look)]

    assert len(set(keys(flat))) == len(keys(flat)) == 4
    film = np.stack([[flat, 255 - flat], [flat // 2, flat // 3]])
    assert len(set(keys(film))) == len(keys(film)) == 4 + 4 + 4 + 2
    assert keys(film) == keys(film.copy())


def test_a_copy_with_other_pixels_knows_nothing_of_the_first(stack, labels) -> None:
    first = StackSample(Stack([stack]), labels)
    _ = [(part.pixels, part.key) for part in first.parts(1, "percentile")]
    darker = replace(first, stack=Stack([stack // 2]))

    fresh = Sample(stack // 2, labels).parts(1, "percentile")
    for part, own in zip(darker.parts(1, "percentile"), fresh, strict=True):
        np.testing.assert_array_equal(part.pixels, own.pixels)
        assert part.scale == own.scale


def test_what_does_not_fit_is_named(stack, labels) -> None:
    with pytest.raises(ShapeMismatchError, match="embryo: the mask has shape"):
        StackSample(Stack([stack]), labels[1:], "embryo").parts(1, "range")
    with pytest.raises(ShapeMismatchError, match=r"embryo has 1 channel.* takes 3"):
        StackSample(Stack([stack]), labels, "embryo").parts(3, "range")
    broken = np.full(stack.shape, np.nan, np.float32)
    part, _ = StackSample(Stack([broken]), labels, "embryo").parts(1, "range")
    with pytest.raises(PixelValueError, match="embryo"):
        _ = part.scale


def test_pixels_that_are_no_numbers_are_found_where_the_scale_is_not_measured(
    labels, rng
) -> None:
    """It rests on sixteen slices; slice 150 is none of them."""
    pixels = rng.random((200, 32, 32), np.float32)
    pixels[150, 31, 31] = np.inf
    sample = StackSample(Stack([Counted(pixels)]), labels, "embryo")
    good, bad = sample.parts(1, "range")
    good.look()
    _ = bad.scale

    with pytest.raises(PixelValueError, match="embryo: 1 of its 1024"):
        bad.look()


def test_looking_reads_all_that_is_asked_for_later(stack, labels) -> None:
    array = Counted(stack)
    parts = StackSample(Stack([array]), labels).parts(1, "percentile", 2, 1)
    for part in parts:
        part.look()
    assert array.read >= {19, 20, 21, 149, 150, 151}

    array.read.clear()
    _ = [(part.pixels, part.scale) for part in parts]
    assert array.read == set()


def photographs(
    folder: Path, count: int, choice: ChannelChoice, cache: ReadCache
) -> list[StackSample]:
    """Write noise and return it as samples that are read as wholes, and then kept."""
    rng, samples = np.random.default_rng(0), []
    labels = np.repeat(np.arange(4, dtype=np.uint8) % 3, 24 * 96).reshape(96, 96)
    for i in range(count):
        path = folder / f"{i:02}.png"
        Image.fromarray(rng.integers(0, 256, (96, 96, 3), np.uint8)).save(path)
        with open_image(path) as image:
            whole = WholeImage(image, cache)
        stack = Stack([whole], channel_axis=-1, choice=choice)
        samples.append(StackSample(stack, labels, path.stem, cache=cache))
    return samples


@pytest.mark.parametrize("choice", [ChannelChoice(), ChannelChoice(grey=True)], ids=str)
def test_photographs_that_are_read_again_train_the_same_weights(
    tmp_path, choice
) -> None:
    """The cache has room for two of six."""
    settings = TrainSettings(epochs=2, steps=4, batch=2, patch=32, device="cpu")
    files = photographs(tmp_path, 6, choice, ReadCache(room=60_000))
    kept = [Sample(s.image, s.labels, s.name) for s in files]
    digests = {
        drain(
            train_task(
                samples,
                settings,
                scheme=ClassScheme.from_names(["a", "b"]),
                network=UNetSettings(filters=2, blocks=1),
            )
        ).model.digest()
        for samples in (files, kept)
    }

    assert len(digests) == 1


@pytest.mark.parametrize("choice", [ChannelChoice(), ChannelChoice(grey=True)], ids=str)
def test_looking_at_many_photographs_takes_the_memory_of_few(tmp_path, choice) -> None:
    """Forty are 1.1 MB, or 1.5 MB with a grey copy of each."""
    samples = photographs(tmp_path, 40, choice, ReadCache(room=100_000))
    parts = annotated_parts(samples, samples[0].channels, "range")
    parts[0].look()  # what is imported and built once
    tracemalloc.start()
    try:
        for part in parts:
            part.look()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 400_000


def test_a_model_learns_from_chosen_channels_of_slices_with_neighbours(rng) -> None:
    pixels = rng.integers(0, 256, (6, 5, 32, 32), dtype=np.uint8)  # Z, C, Y, X
    labels = np.zeros((6, 32, 32), np.uint8)
    labels[2, :8], labels[3, 8:16] = 1, 2
    stack = Stack([pixels], channel_axis=1, choice=ChannelChoice((4, 0)))
    settings = TrainSettings(
        epochs=1,
        steps=1,
        batch=1,
        patch=32,
        validation=0.0,
        neighbours=1,
        device="cpu",
    )
    result = drain(
        train_task(
            [StackSample(stack, labels)],
            settings,
            scheme=ClassScheme.from_names(["a", "b"]),
            network=UNetSettings(filters=2, blocks=1),
        )
    )

    spec = result.model.spec
    assert (spec.channels, spec.neighbours, spec.inputs) == (2, 1, 6)
