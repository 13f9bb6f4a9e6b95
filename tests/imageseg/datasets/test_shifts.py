"""Masks that count from another number are told from masks that lack a class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from imageseg.datasets.shifts import shifted_masks
from imageseg.masks import Census


def masks(*codes: tuple[int, ...]) -> dict[Path, Census]:
    return {
        Path(f"{i}.png"): Census.of(np.array([found], np.int32))
        for i, found in enumerate(codes)
    }


@pytest.mark.parametrize(
    ("usual", "odd", "coding"),
    [((0, 1, 2), (1, 3), "labels"), ((1, 2, 3), (0, 2), "ids")],
    ids=["from 1", "from 0"],
)
def test_a_shifted_mask_is_found_with_its_coding(
    usual: tuple[int, ...], odd: tuple[int, ...], coding: str
) -> None:
    (found,) = shifted_masks(masks(*[usual] * 4, odd)).values()

    assert found.path == Path("4.png")
    assert found.repair is not None
    assert str(found.repair.coding) == coding


@pytest.mark.parametrize(
    "codes",
    [
        [(0, 1, 2)] * 9 + [(1, 2)],
        [(0, 1)] * 3 + [(1, 2)],
        [(1, 2)] * 9 + [(0, 1, 2)],
        [(0, 255)] * 9 + [(1, 256)],
        [(0, 1)] * 9,
    ],
    ids=["lacks a class", "too few", "partly annotated", "no ids", "all alike"],
)
def test_what_may_be_right_is_left_alone(codes: list[tuple[int, ...]]) -> None:
    assert shifted_masks(masks(*codes)) == {}
