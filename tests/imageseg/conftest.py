"""Fixtures of the engine's tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def real_data() -> Path:
    """Return the folder of the real data sets: one folder each, see its README."""
    folder = Path(os.environ.get("IMAGESEG_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the real data sets are not here")
    return folder
