"""Outlines of no class are named with the classes they need."""

from __future__ import annotations

from pathlib import Path

from imageseg.datasets.outlined import unnamed

DRAWN = {Path("a.json"): ("leaf", "Stone", "leaf"), Path("b.json"): ("stone", "bark")}


def test_every_file_gets_the_same_proposal() -> None:
    first, second = unnamed(DRAWN, ["soil", "Leaf"])

    assert (first.path, second.path) == tuple(DRAWN)
    assert "it outlines 'Stone', which" in first.what
    assert "it outlines 'stone', 'bark', which" in second.what
    assert first.advice == second.advice
    assert first.advice.endswith("--classes soil Leaf Stone bark")


def test_names_are_told_apart_without_regard_to_case() -> None:
    assert not list(unnamed(DRAWN, ["soil", "LEAF", "STONE", "BARK"]))
