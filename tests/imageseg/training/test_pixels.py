"""Which annotated pixels are drawn, and what is remembered of them."""

from __future__ import annotations

import numpy as np
import pytest

from imageseg.forest import INSTANT, ForestSettings, PixelMemory
from imageseg.images import Stack
from imageseg.tasks import drain
from imageseg.training import Sample, StackSample
from imageseg.training.pixels import DrawnPixels, describe_pixels_task
from imageseg.training.sample import annotated_parts

FEW = ForestSettings(features="basic", trees=2, pixels=400)


def drawn(
    sample: Sample | StackSample, settings: ForestSettings = INSTANT
) -> DrawnPixels:
    planes = annotated_parts([sample], 3, "percentile")
    return drain(describe_pixels_task(planes, settings, seed=0, total=3))


@pytest.fixture
def image(rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 256, (700, 90, 3), dtype=np.uint8)


@pytest.fixture
def labels() -> np.ndarray:
    labels = np.zeros((700, 90), np.uint8)
    labels[10:20], labels[600:640, :30] = 1, 2
    return labels


def spots(pixels: DrawnPixels, label: int) -> set[tuple[int, ...]]:
    return set(map(tuple, pixels.places[pixels.classes == label - 1, 1:].tolist()))


def test_what_is_drawn_stays_drawn_when_strokes_are_added(image, labels) -> None:
    before = drawn(Sample(image, labels), FEW)
    more = labels.copy()
    more[300:303] = 1
    after = drawn(Sample(image, more), FEW)

    old = {spot for spot in spots(after, 1) if not 300 <= spot[0] < 303}
    assert old < spots(before, 1)
    kept = len(spots(after, 2) & spots(before, 2))
    assert kept == min(len(spots(after, 2)), len(spots(before, 2)))


def test_every_pixel_is_as_likely_to_be_drawn(image, labels) -> None:
    places = drawn(Sample(image, labels), FEW).places
    rows = np.bincount(places[places[:, 1] < 20, 1] - 10, minlength=10)
    share = rows.sum() / 900

    spread = np.sqrt(90 * share * (1 - share))
    assert np.all(np.abs(rows - 90 * share) < 4 * spread)


def test_what_is_remembered_is_what_would_be_computed(image, labels) -> None:
    memory = PixelMemory()
    known = StackSample(Stack([image], channel_axis=2), labels, memory=memory)
    drawn(known)
    labels[50:53, 10:80] = 2
    known = StackSample(Stack([image], channel_axis=2), labels, memory=memory)

    fresh = drawn(Sample(image, labels))
    np.testing.assert_array_equal(drawn(known).features, fresh.features)
    np.testing.assert_array_equal(drawn(known).places, fresh.places)


def test_changed_pixels_are_described_anew(image, labels) -> None:
    memory = PixelMemory()
    drawn(StackSample(Stack([image], channel_axis=2), labels, memory=memory))
    changed = image.copy()
    changed[15, 15] ^= 255
    known = StackSample(Stack([changed], channel_axis=2), labels, memory=memory)

    fresh = drawn(Sample(changed, labels))
    np.testing.assert_array_equal(drawn(known).features, fresh.features)


def test_nothing_is_read_of_what_is_known(image, labels) -> None:
    class Unreadable:
        shape, dtype = image.shape, image.dtype

        def __getitem__(self, key: object) -> np.ndarray:
            raise OSError("nobody may read")

    memory = PixelMemory()
    first = StackSample(
        Stack([image], channel_axis=2), labels, memory=memory, identity="plot.jpg"
    )
    features = drawn(first).features
    again = StackSample(
        Stack([Unreadable()], channel_axis=2),
        labels,
        memory=memory,
        identity="plot.jpg",
    )
    np.testing.assert_array_equal(drawn(again).features, features)


def test_planes_draw_different_places(rng) -> None:
    labels = np.ones((60, 60), np.uint8)
    labels[30:] = 2
    stack = rng.integers(0, 256, (20, 60, 60, 3), dtype=np.uint8)
    places = drawn(Sample(stack, np.stack([labels] * 20)), FEW).places

    assert len(np.unique(places[:, 1:], axis=0)) > 0.9 * len(places)
