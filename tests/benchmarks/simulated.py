"""Strokes as a person would paint them, drawn from a known mask."""

from __future__ import annotations

from typing import Any

import numpy as np
from skimage.draw import disk, line

STROKES = 10
RADIUS, LENGTH = 2, 30  # px
Labels = np.ndarray[Any, np.dtype[np.uint8]]


def strokes(truth: Labels, seed: int) -> Labels:
    """Draw strokes, half of them in each class, that never leave their class."""
    rng = np.random.default_rng(seed)
    labels = np.zeros_like(truth)
    for i in range(STROKES):
        own = truth == 1 + i % 2
        start = rng.permutation(np.argwhere(own))[0]
        angle = rng.uniform(0, 2 * np.pi)
        stop = start + LENGTH * np.array([np.sin(angle), np.cos(angle)])
        for point in zip(*line(*start, *stop.round().astype(int)), strict=True):
            spot = disk(point, RADIUS + 0.5, shape=truth.shape)
            labels[spot] = np.where(own[spot], truth[spot], labels[spot])
    return labels
