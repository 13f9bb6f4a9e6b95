"""The tutorials as a reader runs them: by their file, with arguments."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Protocol

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "tutorials"


class Tutorial(Protocol):
    """Runs ``docs/tutorials/NAME.py`` and returns the numbers it printed."""

    def __call__(self, name: str, *argv: str | Path) -> dict[str, float]: ...


@pytest.fixture
def tutorial() -> Tutorial:
    """Return what runs a tutorial: ``tutorial("carvana", "--quick", "--out", tmp)``."""
    return run_tutorial


@pytest.fixture
def tutorial_docs() -> Path:
    """Return the folder of the tutorials."""
    return FOLDER


def run_tutorial(name: str, *argv: str | Path) -> dict[str, float]:
    numbers: dict[str, float] = load_tutorial(name).main([str(a) for a in argv])
    return numbers


def load_tutorial(name: str) -> ModuleType:
    spec = spec_from_file_location(f"tutorial_{name}", FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
