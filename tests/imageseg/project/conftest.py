"""Small projects."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from imageseg.classes import ClassScheme
from imageseg.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEME = ClassScheme.from_names(["soil", "leaf", "stem"])


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Write three photographs of different sizes."""
    folder = tmp_path / "photos"
    folder.mkdir()
    rng = np.random.default_rng(3)
    for i, size in enumerate([(20, 30), (24, 24), (16, 40)], start=1):
        pixels = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"plot_{i}.png")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return where the project is."""
    return tmp_path / "project"


@pytest.fixture
def project(folder: Path, photos: Path) -> Iterator[Project]:
    """Return an open project of three photographs."""
    with Project.create(folder, SCHEME) as made:
        made.add_images(sorted(photos.iterdir()))
        yield made


@pytest.fixture
def strokes() -> np.ndarray:
    """Return labels of the first photograph: a stroke of each class."""
    labels = np.zeros((20, 30), np.uint8)
    labels[2, 3:9] = 1
    labels[5:7, 10:20] = 2
    labels[15, :] = 3
    return labels
