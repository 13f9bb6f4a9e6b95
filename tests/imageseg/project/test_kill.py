"""A writer may be killed at any moment: what it leaves is whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("killed_writers.py")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_writers_killed_at_random_moments_lose_nothing(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), str(tmp_path / "project"), "15", "7"]

    process = subprocess.run(  # noqa: S603  our own script
        command, capture_output=True, text=True, check=False, timeout=300
    )

    assert process.stdout == "15 killed\n", process.stderr
