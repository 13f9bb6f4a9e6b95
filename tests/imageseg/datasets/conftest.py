"""Small data sets, sound until a test damages them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from imageseg.datasets import Finding, Pairing, Report, check_task, find_samples
from imageseg.tasks import drain


@dataclass(frozen=True)
class DataSet:
    """Pictures with a bright square, and masks that say where it is."""

    root: Path

    @property
    def pairing(self) -> Pairing:
        """Find what is there now."""
        return find_samples(self.root)

    def image(self, k: int) -> Path:
        """Return an image file."""
        return self.root / "images" / f"{k}.png"

    def mask(self, k: int) -> Path:
        """Return its mask file."""
        return self.root / "masks" / f"{k}.png"

    def write_mask(self, k: int, values: Any) -> Path:
        """Put another mask in place."""
        Image.fromarray(np.asarray(values)).save(self.mask(k))
        return self.mask(k)

    def read_mask(self, k: int) -> np.ndarray:
        """Return a mask's values."""
        return np.asarray(Image.open(self.mask(k)))

    def check(self, *arguments: Any, **options: Any) -> Report:
        """Check what is there now."""
        return drain(check_task(self.pairing, *arguments, **options))

    def found(self, *arguments: Any, **options: Any) -> list[tuple[str, str, str]]:
        """Return severity, kind and file name of what a check finds."""
        report = self.check(*arguments, **options)
        return [
            (f.severity, f.kind, f.path.name if f.path else "") for f in report.findings
        ]


@pytest.fixture
def make_set(tmp_path: Path) -> Callable[..., DataSet]:
    """Write data sets: so many pairs, the codes of dark and bright."""

    def make(n: int = 6, codes: tuple[int, ...] = (0, 255), **kind: Any) -> DataSet:
        rng = np.random.default_rng(3)
        made = DataSet(tmp_path / "set")
        for folder in ("images", "masks"):
            (made.root / folder).mkdir(parents=True)
        for k in range(n):
            truth = np.zeros((30, 40), int)
            for i in range(1, len(codes)):
                truth[2 + k : 12 + k, 10 * i : 10 * i + 8] = i
            image = rng.integers(0, 60, (30, 40, 3)) + 60 * truth[..., None]
            Image.fromarray(image.astype(np.uint8)).save(made.image(k))
            dtype = kind.get("dtype", np.uint8)
            made.write_mask(k, np.array(codes, dtype)[truth])
        return made

    return make


@pytest.fixture
def one() -> Callable[[Report, str], Finding]:
    """Pick the only finding of a kind."""

    def pick(report: Report, kind: str) -> Finding:
        (found,) = (f for f in report.findings if f.kind == kind)
        return found

    return pick
