"""The tutorials as a reader runs them: by their file, with arguments."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Protocol

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "tutorials"


class Tutorial(Protocol):
    """Runs ``docs/tutorials/NAME.py`` and returns the numbers it printed."""

    def __call__(self, name: str, *argv: str | Path) -> dict[str, float]: ...


@pytest.fixture
def tutorial(monkeypatch: pytest.MonkeyPatch) -> Tutorial:
    """Return what runs a tutorial: ``tutorial("carvana", "--quick", "--out", tmp)``."""
    monkeypatch.syspath_prepend(FOLDER)  # as Python does for a script
    return _run


def _run(name: str, *argv: str | Path) -> dict[str, float]:
    spec = spec_from_file_location(f"tutorial_{name}", FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    numbers: dict[str, float] = module.main([str(a) for a in argv])
    return numbers
