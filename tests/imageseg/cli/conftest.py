"""Tiny data and models for the command line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imageseg.classes import CANOPY
from imageseg.model import SegmentationModel

QUICK = (
    *("--epochs", "1", "--steps", "2", "--batch", "1", "--patch", "32"),
    *("--validation", "0", "--device", "cpu", "--precision", "fp32"),
)
TINY = ("--filters", "2", "--blocks", "2")


# What is started in the background ignores Ctrl-C, and so does what it starts.
INTERRUPTIBLE = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from imageseg.cli import main; sys.exit(main())"
)


@pytest.fixture
def interruptible() -> list[str]:
    """Return the command that starts the program so that Ctrl-C reaches it."""
    return [sys.executable, "-c", INTERRUPTIBLE]


@dataclass(frozen=True)
class Photos:
    """Photographs whose first rows are bright sky, and their masks."""

    images: Path
    masks: Path

    @property
    def data(self) -> list[str]:
        """The flags that name them."""
        return ["--images", str(self.images), "--masks", str(self.masks)]


@pytest.fixture
def photos(tmp_path: Path) -> Photos:
    """Write two photographs, a quarter and a half of them sky."""
    found = Photos(tmp_path / "images", tmp_path / "masks")
    rng = np.random.default_rng(1)
    for name, sky in (("1", 10), ("2", 20)):
        truth = np.zeros((40, 40), np.uint8)
        truth[:sky] = 255
        noise = rng.integers(0, 40, (40, 40, 3), dtype=np.uint8)
        image = np.where(truth[..., None], 200, 30).astype(np.uint8) + noise
        for folder, pixels, file in (
            (found.images, image, f"{name}.png"),
            (found.masks, truth, f"{name}_mask.png"),
        ):
            folder.mkdir(exist_ok=True)
            Image.fromarray(pixels).save(folder / file)
    return found


@pytest.fixture
def quick() -> list[str]:
    """Return the flags of a training that takes no time."""
    return [*QUICK, *TINY]


@pytest.fixture
def by_brightness(
    monkeypatch: pytest.MonkeyPatch,
    threshold_model: Callable[..., SegmentationModel],
) -> SegmentationModel:
    """Open the threshold model for canopies, whatever model is asked for."""
    model = threshold_model(CANOPY)
    monkeypatch.setattr("imageseg.model.load_model", lambda _: model)
    return model


@pytest.fixture
def model_file(tmp_path: Path, make_model: Callable[..., SegmentationModel]) -> Path:
    """Save an untrained model of two classes."""
    return make_model(filters=2, blocks=1).save(tmp_path / "tiny.safetensors")
